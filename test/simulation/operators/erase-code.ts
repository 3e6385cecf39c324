import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { readReached } from '../../../src/ledger/deliveries/targets.ts'
import { countRowsOfCode, countSetAsideOfCode } from '../../../src/ledger/erasure/erase-code.ts'
import { erase } from '../../../src/worker/erase.ts'
import { operator } from '../../support/ledger/operator.ts'
import { codeIdOf } from '../destinations/warehouse-model.ts'
import { minuteMs } from '../durations.ts'
import type { Actor } from '../machines/virtual-time.ts'
import type { World } from '../world.ts'
import { Commands } from './commands.ts'

/** The share of codes that nobody erases. */
const leftShare = 0.6

/**
 * `qrsync erase`: a process that has read the config file when it started. It asks before it erases, and the file may change until
 * somebody answers. Some people end it before it is done.
 */
export function eraseCode(world: World, changeConfig: () => void): boolean {
  const { api, database, destinations, invariants, story, time } = world
  const random = world.random.of(`erase ${time.steps}`)
  const codes = api.codes.filter(({ id }) => !invariants.erasures.isAsked(id))
  // Most stay, so that there is something to sync.
  if (codes.length <= api.codes.length * leftShare) return false
  const { id: qrCodeId } = random.pickSkewed(codes)
  const actor: Actor = { name: 'erase', isAlive: true, clockAheadMs: 0, frozenUntilMs: 0 }
  const answersAfterMs = random.spread(500, 2 * minuteMs)
  const { connector } = world.setting.config
  const ledger = database.connect()
  const opened = destinations.openAll(ledger, Date.now)
  const run = async () => {
    try {
      if (!(await isKnown(ledger, world, qrCodeId))) return
      const gone = [...(await readReached(ledger, connector))].filter((name) => !opened.has(name))
      await Promise.race([time.pause(answersAfterMs), isSentTo])
      invariants.erasures.asked(qrCodeId)
      const erased = await erase(ledger, { connector, qrCodeId }, { destinations: opened, gone }, operator)
      for (const { destination, problem } of erased.destinations) {
        story.tell('erase', `${qrCodeId} in ${destination}: ${problem ?? 'done'}`)
      }
    } catch (error) {
      story.tell('erase', `ends: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      for (const destination of opened.values()) await destination.close()
      actor.isAlive = false
    }
  }
  const end = () => {
    if (!actor.isAlive) return
    story.tell('operator', 'ends erase')
    actor.isAlive = false
    destinations.crashed(actor)
    return database.crashed(actor)
  }
  const isSentTo = random.chance(0.5) ? whenSent(world, qrCodeId) : never
  story.tell('operator', `erase --code ${qrCodeId}`)
  time.after(0, run, actor)
  if (random.chance(0.3)) time.after(random.between(1, answersAfterMs), changeConfig, null)
  if (random.chance(0.2)) time.after(answersAfterMs + random.spread(1, minuteMs), end, null)
  return true
}

const never = new Promise<never>(() => undefined)

/** The warehouse is being filled again, and rows of the code are on their way to it: they arrive before the erasure, or after it. */
function whenSent(world: World, qrCodeId: string): Promise<null> {
  const { time, warehouse } = world
  const { promise, resolve } = Promise.withResolvers<null>()
  warehouse.onSent = (rows) => {
    if (rows.some((row) => codeIdOf(row) === qrCodeId)) resolve(null)
  }
  const fill = () => new Commands(world).deliverAnew(warehouse.name, { resend: true })
  // Temporal or the ledger may be away.
  time.after(0, () => fill().catch(() => undefined), null)
  return promise
}

/** The command asks nothing for a code that the ledger does not have. */
async function isKnown(ledger: Ledger, { setting }: World, qrCodeId: string): Promise<boolean> {
  const of = { connector: setting.config.connector, qrCodeId }
  const rows = Object.values(await countRowsOfCode(ledger, of))
  return rows.some((count) => count > 0) || (await countSetAsideOfCode(ledger, of)) > 0
}

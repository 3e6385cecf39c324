import type { Command } from 'commander'
import type { ResyncPrice } from '../../../insight/source/price-of-resync.ts'
import { toTimeOrNull } from '../../../model/to-time.ts'
import { addCommand } from '../../add-command.ts'
import { print, printAside, printJson } from '../../print.ts'
import { exitCodes, NoAnswer, WrongUse } from '../../run-to-exit.ts'
import type { KnownAccount } from '../../with-account.ts'

export function addResync(program: Command): void {
  addCommand(program, {
    name: 'resync',
    description: 'read the scans of some days of a code again from the API; shows the price in calls first',
    example: 'qrsync resync --code 8f14e45f --from 2026-03-01 --to 2026-03-07',
  })
    .requiredOption('--code <id>', 'the id of the code')
    .requiredOption('--from <day>', 'the first day, such as 2026-03-01 (UTC)')
    .requiredOption('--to <day>', 'the last day, inclusive')
    .option('-y, --yes', 'do not ask', false)
    .action(resync)
}

interface ResyncOptions {
  config: string
  code: string
  from: string
  to: string
  yes: boolean
  json: boolean
}

/**
 * Reads days again for late scans that no search has found. Leaves landed rows unchanged. It makes the calls
 * itself, counted like every other, and never more than the price that it has shown.
 */
async function resync(options: ResyncOptions): Promise<void> {
  const range = rangeOf(options)
  const { readPriceOfResync } = await import('../../../insight/source/price-of-resync.ts')
  const { resync: readAgain } = await import('../../../worker/resync.ts')
  const { createConsole } = await import('../../views/console.ts')
  const { number, time } = await import('../../views/format.ts')
  const { whoRunsThis } = await import('../../who.ts')
  const { mustBeSynced, withAccountAndSecrets } = await import('../../with-account.ts')
  await withAccountAndSecrets(options.config, async (account) => {
    mustBeSynced(account)
    const { config, ledger, state } = account
    await mustBeLanded(account, range.qrCodeId)
    const price = await readPriceOfResync(ledger, state, config.budget, range, Date.now())
    await mustAgree(options, price)
    const screen = await createConsole()
    const allowed = { mostCalls: price.calls, onProgress: screen.status, actor: whoRunsThis() }
    const done = await readAgain(config, ledger, range, allowed).finally(screen.stop)
    const why = (untilMs: number | null) =>
      untilMs === null
        ? 'There are more scans than expected.'
        : `No call may be made before ${time(untilMs)}.`
    const isTold = done.landed > 0 && (await tellDestinations(account))
    if (!done.isDone) process.exitCode = exitCodes.failed
    if (options.json) {
      printJson({
        connector: state.connector,
        qr_code_id: range.qrCodeId,
        price_calls: price.calls,
        calls: done.calls,
        landed_scans: done.landed,
        complete: done.isDone,
        waits_until: toTimeOrNull(done.waitsUntilMs),
      })
      return
    }
    print(
      `${number(done.calls)} calls, ${number(done.landed)} scans landed that were missing` +
        (done.isDone ? '.' : `. ${why(done.waitsUntilMs)} The next syncs read the rest of the days.`),
    )
    if (done.landed > 0) {
      print(isTold ? 'They are on their way to the destinations.' : 'The next sync delivers them.')
    }
  })
}

/** @throws WrongUse */
function rangeOf({ code, from, to }: ResyncOptions): { qrCodeId: string; day: string; toDay: string } {
  for (const [option, day] of Object.entries({ '--from': from, '--to': to })) {
    const isDay = /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day))
    if (!isDay || new Date(day).toISOString().slice(0, 10) !== day) {
      throw new WrongUse(`${option} ${day} is no day such as 2026-03-01.`)
    }
  }
  if (from > to) throw new WrongUse(`--from ${from} is after --to ${to}.`)
  return { qrCodeId: code, day: from, toDay: to }
}

/** @throws NoAnswer for an unknown code, or one whose history is still being collected */
async function mustBeLanded({ ledger, state: { connector } }: KnownAccount, id: string): Promise<void> {
  const code = await ledger
    .selectFrom('qr_codes')
    .select(['deleted', 'collected_at_ms'])
    .where('connector', '=', connector)
    .where('id', '=', id)
    .executeTakeFirst()
  if (code === undefined) {
    throw new NoAnswer(`The ledger has no code ${id}: "qrsync usage" and the table qr_codes list them.`)
  }
  if (code.deleted === 1) {
    throw new NoAnswer(`The code ${id} is deleted: the API has no scans of it any more.`)
  }
  const history = await ledger
    .selectFrom('code_histories')
    .select('page')
    .where('connector', '=', connector)
    .where('qr_code_id', '=', id)
    .executeTakeFirst()
  if (code.collected_at_ms === null || history !== undefined) {
    throw new NoAnswer(
      `The history of ${id} is still being collected, so there is nothing to read again yet: "qrsync backfill status" shows how far it is.`,
    )
  }
}

/**
 * @throws NoAnswer if the calls are not available or the user declines, WrongUse if there is no terminal to ask
 *   on
 */
async function mustAgree({ yes, json }: ResyncOptions, price: ResyncPrice): Promise<void> {
  const { number, time } = await import('../../views/format.ts')
  const { calls, left, landed, monthEndsMs } = price
  const text =
    `This takes at most ${number(calls)} calls; ${number(left)} are left of the month, until ${time(monthEndsMs)}. ` +
    `${number(landed)} scans of these days are landed.`
  if (calls > left) throw new NoAnswer(`${text} Choose fewer days, or wait for the next month.`)
  if (!json) printAside(text)
  if (yes) return
  if (json || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new WrongUse(`${json ? `${text} ` : ''}Add --yes to make these calls.`)
  }
  const { askYesNo } = await import('../../init/prompts.ts')
  if (!(await askYesNo('Make these calls?', false))) throw new NoAnswer('No call was made.')
}

/** Returns whether a worker was signalled: without one, the next sync delivers the rows. */
async function tellDestinations({ config }: KnownAccount): Promise<boolean> {
  const { findPlace } = await import('../../../temporal/place.ts')
  const { signalDelivery } = await import('../../../temporal/signal-delivery.ts')
  const { withTemporal } = await import('../../with-temporal.ts')
  const { connector } = config
  try {
    await withTemporal(config, async (client) => {
      const place = await findPlace(client, connector)
      for (const name of Object.keys(config.destinations)) {
        await signalDelivery(place, connector, name, true)
      }
    })
    return true
  } catch {
    return false
  }
}

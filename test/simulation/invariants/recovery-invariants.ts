import { sql, type Selectable } from 'kysely'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { minuteOf } from '../../../src/ledger/calls/minute.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { FailureTable } from '../../../src/ledger/failures/failure-tables.ts'
import { minuteMs } from '../durations.ts'
import { startsAgain, wrongClocks } from '../swarm.ts'
import type { World } from '../world.ts'

/** The whole minute is used again ten minutes after the last refusal. The ledger learns of that refusal a little later. */
const minuteIsBackMs = 11 * minuteMs
/** A page that lands clears the failure of its target right after that, and a list once its last page has landed. */
const clearedWithinMs = 4 * minuteMs

/** 5. Once the API refuses no call, the connector makes as many calls in a minute as the plan allows, and `status` says so. */
export async function checkMinute(world: World, ledger: Ledger): Promise<void> {
  const { setting, swarm, time, violations } = world
  const quietMs = time.nowMs - world.invariants.calls.refusedAtMs
  if (quietMs < minuteIsBackMs || swarm.hasAny([...wrongClocks, 'freeze', 'freeze_at_write'])) return
  const state = await readConnector(ledger, setting.config.connector)
  const { calls, limit } = minuteOf(state, time.nowMs)
  if (calls < limit) {
    violations.add(
      'liveness',
      `${calls} of ${limit} calls a minute are made, ${Math.round(quietMs / minuteMs)} minutes after the last refusal`,
    )
  }
}

/** 6. The list of failures names nothing that has worked since. */
export async function checkFailures(world: World, ledger: Ledger): Promise<void> {
  const { swarm, violations } = world
  // A process that ends after a page has landed, and before it clears the failure, leaves that to the next retry.
  if (swarm.hasAny([...wrongClocks, ...startsAgain])) return
  const failures = await ledger
    .selectFrom('failures')
    .selectAll()
    .where('attempts', '>', 0)
    // Pages without progress fail although each of their calls works.
    .where('stalls', '=', 0)
    .execute()
  for (const failure of failures) {
    const workedMs = await lastWorked(world, ledger, failure)
    if (workedMs === null || workedMs <= failure.failed_at_ms) continue
    const at = new Date(workedMs).toISOString()
    const target = `${failure.endpoint} ${failure.qr_code_id}`
    violations.add('truth', `${target} is named as failing, and has worked at ${at}`)
  }
}

type Target = Pick<Selectable<FailureTable>, 'endpoint' | 'qr_code_id'>

/** When the last call of a target was sent that has worked, and that was not answered just now. */
async function lastWorked({ setting, time }: World, ledger: Ledger, target: Target): Promise<number | null> {
  const latestMs = time.nowMs - clearedWithinMs
  if (target.endpoint === 'GET /qr-codes') {
    // It works once it was read to its end.
    const { listed_at_ms: listedMs } = await readConnector(ledger, setting.config.connector)
    return listedMs !== null && listedMs < latestMs ? listedMs : null
  }
  const { sentMs } = await ledger
    .selectFrom('calls')
    .select((eb) => eb.fn.max('sent_at_ms').as('sentMs'))
    .where('outcome', '=', 'ok')
    .where('settled_at_ms', '<', latestMs)
    .where(targetOfCall, '=', target.endpoint)
    .where(sql<string>`coalesce(qr_code_id, '')`, '=', target.qr_code_id)
    .executeTakeFirstOrThrow()
  return sentMs
}

/** Histories and searches for late scans have failures of their own (`FailureTarget`). */
const targetOfCall = sql<string>`case calls.purpose
  when 'history' then calls.endpoint || ' (history)'
  when 'late scans' then calls.endpoint || ' (late scans)'
  else calls.endpoint end`

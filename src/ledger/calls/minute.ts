import type { Transaction } from 'kysely'
import { afterRefusal, callsPerMinuteAt, paceMs, type ReducedMinute } from '../../budget/minute.ts'
import type { ConnectorState } from '../connector/connector-state.ts'
import type { LedgerSchema } from '../base/schema.ts'

export interface MinuteStanding {
  /** Calls that we make in a minute at present. */
  calls: number
  /** What the plan, or the config file, allows. */
  limit: number
  /** Time from one call to the next; 0 where the whole minute is ours. */
  paceMs: number
}

type MinuteColumns = Pick<ConnectorState, 'calls_per_minute' | 'minute_reduced_to' | 'minute_reduced_at_ms'>

export function minuteOf(state: MinuteColumns, nowMs: number): MinuteStanding {
  const limit = state.calls_per_minute
  const calls = callsPerMinuteAt(limit, reducedOf(state), nowMs)
  return { calls, limit, paceMs: paceMs(limit, calls) }
}

function reducedOf(state: MinuteColumns): ReducedMinute | null {
  const { minute_reduced_to: to, minute_reduced_at_ms: atMs } = state
  return to === null || atMs === null ? null : { to, atMs }
}

/**
 * The API's minute was full although ours was not: it allows fewer calls than the plan says, or others make some. We make
 * fewer for a while. Calls that were on their way when that was learned say the same thing again, and count once.
 */
export async function learnSmallerMinute(
  transaction: Transaction<LedgerSchema>,
  state: ConnectorState,
  { sentAtMs, nowMs }: { sentAtMs: number; nowMs: number },
): Promise<void> {
  const { connector, minute_reduced_at_ms: reducedAtMs } = state
  if (reducedAtMs !== null && sentAtMs <= reducedAtMs) return
  const { taken } = await transaction
    .selectFrom('calls')
    .select((eb) => eb.fn.countAll<number>().as('taken'))
    .where('connector', '=', connector)
    .where('window_until_ms', '>=', nowMs)
    .where('outcome', 'in', ['ok', 'failed'])
    .executeTakeFirstOrThrow()
  const { calls, limit } = minuteOf(state, nowMs)
  if (taken >= limit) return
  await transaction
    .updateTable('accounts')
    .set({ minute_reduced_to: afterRefusal(limit, calls, taken), minute_reduced_at_ms: nowMs })
    .where('connector', '=', connector)
    .execute()
}

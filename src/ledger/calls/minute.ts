import type { Transaction } from 'kysely'
import { afterRefusal, callsPerMinuteAt, paceMs, type ReducedMinute } from '../../budget/minute.ts'
import type { ConnectorState } from '../connector/connector-state.ts'
import type { LedgerSchema } from '../base/schema.ts'

export interface MinuteStanding {
  /** Calls that qrsync makes in a minute now. */
  calls: number
  /** Calls in a minute that the plan or the config file allows. */
  limit: number
  /** The least time from one call to the next; 0 if the whole minute is ours. */
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
 * Reduces the minute for a while, because the API refused a call although our minute was not full. The API allows fewer calls
 * than the plan says, or others make some of them. Refused calls that were in flight during an earlier reduction do not
 * reduce it again.
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

import type { Transaction } from 'kysely'
import { prepared } from '../base/prepared.ts'
import type { LedgerSchema } from '../base/schema.ts'

/**
 * Ends windows that are later than `latestMs`. No call can occupy its place that long, not even a call of a worker whose clock is
 * a minute ahead. Such a call was made before our clock was set back. Nobody knows how long ago, so it counts as made now.
 */
export const endImpossibleWindows = prepared<{ connector: string; latestMs: number }, unknown>(
  (ledger, place) =>
    ledger
      .updateTable('calls')
      .set({ window_until_ms: place('latestMs') })
      .where('connector', '=', place('connector'))
      .where('window_until_ms', '>', place('latestMs'))
      .compile(),
)

/** @returns the time at which the minute has room for a call again (epoch ms), or null if it has room now */
export async function minuteFullUntil(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  perMinute: number,
  nowMs: number,
): Promise<number | null> {
  const [atLimit] = await selectCallAtLimit(transaction, { connector, nowMs, newer: perMinute - 1 })
  return atLimit?.window_until_ms ?? null
}

const selectCallAtLimit = prepared<
  { connector: string; nowMs: number; newer: number },
  { window_until_ms: number }
>((ledger, place) =>
  ledger
    .selectFrom('calls')
    .select('window_until_ms')
    .where('connector', '=', place('connector'))
    .where('window_until_ms', '>=', place('nowMs'))
    .orderBy('window_until_ms', 'desc')
    .offset(place('newer'))
    .limit(1)
    .compile(),
)

/** @returns the earliest time of the next call that keeps the pace (epoch ms), or 0 if there is no pace */
export async function pacedUntil(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  paceMs: number,
  nowMs: number,
): Promise<number> {
  if (paceMs === 0) return 0
  const last = await transaction
    .selectFrom('calls')
    .select('sent_at_ms')
    .where('connector', '=', connector)
    .where('window_until_ms', '>=', nowMs)
    .where('sent_at_ms', '<=', nowMs)
    .orderBy('sent_at_ms', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last === undefined ? 0 : last.sent_at_ms + paceMs
}

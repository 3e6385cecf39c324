import { prepared } from '../base/prepared.ts'
import type { Ledger } from '../base/schema.ts'

/** Short enough not to delay other transactions; the next run of the planner continues. */
const callsPerRun = 5_000

/**
 * Deletes calls that are older than `keepMs`. The budget needs none of them: the minute needs the last calls, and a month is a counter of
 * its own (`months`). The last call always stays, because it says when the API was last called.
 *
 * @param keepMs at least two months, so that every call of the account's month is there
 * @returns how many calls were deleted; more may be left
 */
export async function forgetOldCalls(
  ledger: Ledger,
  connector: string,
  { keepMs, nowMs }: { keepMs: number; nowMs: number },
): Promise<number> {
  // Almost every run finds none.
  if ((await selectOldCall(ledger, { connector, beforeMs: nowMs - keepMs })).length === 0) return 0
  const last = await ledger
    .selectFrom('calls')
    .select((eb) => eb.fn.max('id').as('id'))
    .where('connector', '=', connector)
    .executeTakeFirst()
  const old = ledger
    .selectFrom('calls')
    .select('id')
    .where('connector', '=', connector)
    .where('sent_at_ms', '<', nowMs - keepMs)
    .where('id', '<', last?.id ?? 0)
    .orderBy('sent_at_ms')
    .limit(callsPerRun)
  const { numDeletedRows } = await ledger.deleteFrom('calls').where('id', 'in', old).executeTakeFirst()
  return Number(numDeletedRows)
}

const selectOldCall = prepared<{ connector: string; beforeMs: number }, { id: number }>((ledger, place) =>
  ledger
    .selectFrom('calls')
    .select('id')
    .where('connector', '=', place('connector'))
    .where('sent_at_ms', '<', place('beforeMs'))
    .limit(1)
    .compile(),
)

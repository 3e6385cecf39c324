import type { Ledger } from '../ledger/base/schema.ts'

/**
 * When the API last answered a call of a sync (epoch ms): until then, syncs work. Null before the first. A call
 * to /me does not count, because it shows nothing about a sync.
 */
export async function readLastAnswer(ledger: Ledger, connector: string): Promise<number | null> {
  const call = await ledger
    .selectFrom('calls')
    .select('sent_at_ms')
    .where('connector', '=', connector)
    .where('outcome', '=', 'ok')
    .where('purpose', '!=', 'identify')
    .orderBy('sent_at_ms', 'desc')
    .limit(1)
    .executeTakeFirst()
  return call?.sent_at_ms ?? null
}

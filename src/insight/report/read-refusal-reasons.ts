import type { Ledger } from '../../ledger/base/schema.ts'

/** Rows of a stream that a destination has refused for the same reason. */
export interface RefusalReason {
  destination: string
  stream: string
  /** In the vendor's words. */
  reason: string
  rows: number
  lastRefusedMs: number
}

/** Returns the reasons with the most rows first. */
export async function readRefusalReasons(
  ledger: Ledger,
  connector: string,
  limit: number,
): Promise<RefusalReason[]> {
  return ledger
    .selectFrom('rejects')
    .select((eb) => [
      ...(['destination', 'stream', 'reason'] as const),
      eb.fn.countAll<number>().as('rows'),
      eb.fn.max('rejected_at_ms').as('lastRefusedMs'),
    ])
    .where('connector', '=', connector)
    .groupBy(['destination', 'stream', 'reason'])
    .orderBy('rows', 'desc')
    .orderBy('lastRefusedMs', 'desc')
    .orderBy('destination')
    .orderBy('stream')
    .orderBy('reason')
    .limit(limit)
    .execute()
}

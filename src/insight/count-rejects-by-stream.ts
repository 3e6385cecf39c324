import type { Ledger } from '../ledger/base/schema.ts'

/** Rows that a destination has refused and that have not arrived since. */
export interface RejectCount {
  connector: string
  destination: string
  stream: string
  rows: number
  /** When the destination last refused a row that it had not refused before; null if all were refused again since. */
  lastNewRejectMs: number | null
}

export async function countRejectsByStream(
  ledger: Ledger,
  connectors: readonly string[],
): Promise<RejectCount[]> {
  return ledger
    .selectFrom('rejects')
    .select((eb) => [
      ...(['connector', 'destination', 'stream'] as const),
      eb.fn.countAll<number>().as('rows'),
      // A row that is refused again each day is no news.
      eb.fn.max('rejected_at_ms').filterWhere('attempts', '=', 1).as('lastNewRejectMs'),
    ])
    .where('connector', 'in', connectors)
    .groupBy(['connector', 'destination', 'stream'])
    .execute()
}

import type { Ledger } from '../ledger/base/schema.ts'

/** Rows that a destination has refused and that have not arrived since. */
export interface RejectCount {
  connector: string
  destination: string
  stream: string
  rows: number
  /** When the destination last refused one. */
  lastRejectedMs: number
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
      eb.fn.max('rejected_at_ms').as('lastRejectedMs'),
    ])
    .where('connector', 'in', connectors)
    .groupBy(['connector', 'destination', 'stream'])
    .execute()
}

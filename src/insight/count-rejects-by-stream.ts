import type { Ledger } from '../ledger/base/schema.ts'

/** Rows that a destination has refused and that are still not there. */
export interface RejectCount {
  connector: string
  destination: string
  stream: string
  rows: number
  /** When one was last refused. */
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

import { prepared } from '../base/prepared.ts'
import type { Ledger } from '../base/schema.ts'

/** The scans that are known and have not landed. */
export interface WaitingScans {
  /** Those of codes' histories included. */
  scans: number
  /** Since when new scans may wait (epoch ms); null if none does. */
  sinceMs: number | null
}

export async function readWaitingScans(ledger: Ledger, connector: string): Promise<WaitingScans> {
  const [row] = await selectWaiting(ledger, { connector })
  return { scans: (row?.news ?? 0) + (row?.history ?? 0), sinceMs: row?.since ?? null }
}

interface Row {
  news: number | null
  since: number | null
  history: number | null
}

const selectWaiting = prepared<{ connector: string }, Row>((ledger, place) =>
  ledger
    .selectFrom('qr_codes')
    .select((eb) => [
      eb.fn.sum<number | null>('pending').as('news'),
      // They arrived after the last time at which none was known to wait.
      eb.fn.min('empty_at_ms').as('since'),
      ledger
        .selectFrom('code_histories')
        .innerJoin('qr_codes as codes', (join) =>
          join
            .onRef('codes.connector', '=', 'code_histories.connector')
            .onRef('codes.id', '=', 'code_histories.qr_code_id'),
        )
        .select((of) => of.fn.sum<number | null>('code_histories.pending').as('history'))
        .where('code_histories.connector', '=', place('connector'))
        .where('codes.deleted', '=', 0)
        .as('history'),
    ])
    .where('connector', '=', place('connector'))
    .where('deleted', '=', 0)
    .where('pending', '>', 0)
    .compile(),
)

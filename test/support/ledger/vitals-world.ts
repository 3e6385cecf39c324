import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { readResets } from '../../../src/ledger/deliveries/resets.ts'
import { settleBatch } from '../../../src/ledger/deliveries/settle-batch.ts'
import { isSummary, type DeliveredStream } from '../../../src/streams/streams.ts'
import type { Watched } from '../../../src/observability/vitals.ts'

export const connector = 'test'
export const destination = 'crm'
export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const startMs = Date.parse('2026-11-10T12:00:00Z')

export function watchedIn(ledger: Ledger, given: Partial<Watched> = {}): Watched {
  const destinations = new Map([[destination, { streams: ['qr_codes', 'scans'] as const, gatherMs: 0 }]])
  return { connector, ledger, destinations, settingsOf: null, ...given }
}

/** The destination confirms every landed row of a stream, except the rejected ones. */
export async function takeAll(
  ledger: Ledger,
  stream: DeliveredStream,
  nowMs: number,
  rejected: string[] = [],
): Promise<void> {
  const state = await ledger.selectFrom('positions').selectAll().executeTakeFirstOrThrow()
  let upToSeq = stream === 'scans' ? state.scans_seq : state.qr_codes_seq
  if (isSummary(stream)) {
    upToSeq = state.qr_codes_seq + state.scans_seq
  }
  const delivery = await ledger
    .selectFrom('deliveries')
    .select('watermark_seq')
    .where('stream', '=', stream)
    .executeTakeFirst()
  await settleBatch(
    ledger,
    { connector, destination, stream },
    {
      resets: await readResets(ledger, { connector, destination }),
      rows: rejected.map((id) => ({ seq: 1, id, json: '{}' })),
      rejected: rejected.map((id) => ({ id, reason: 'no such contact' })),
      fingerprints: new Map(),
      move: { fromSeq: delivery?.watermark_seq ?? 0, upToSeq, isLast: true, readAtMs: nowMs },
    },
    nowMs,
  )
}

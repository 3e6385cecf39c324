import { readPendingRows } from '../src/ledger/deliveries.ts'
import { readReplays } from '../src/ledger/rejects.ts'
import type { StreamName } from '../src/model/stream.ts'
import { handOver, keyOf, type DeliveryAtWork } from './hand-over.ts'

/**
 * Hands over what is to be replayed, and then the rows past the watermark, in the order in which they were landed.
 *
 * @returns whether all is delivered
 */
export async function deliverStream(work: DeliveryAtWork, stream: StreamName): Promise<boolean> {
  const { ledger } = work.deps
  const { rowsPerBatch } = work.destination
  const key = keyOf(work, stream)
  for (;;) {
    const rows = await readReplays(ledger, key, rowsPerBatch)
    if (rows.length === 0) break
    if (work.mustStop()) return false
    await handOver(work, key, rows, null)
  }
  for (;;) {
    if (work.mustStop()) return false
    const { rows, move } = await readPendingRows(ledger, key, rowsPerBatch)
    await handOver(work, key, rows, move)
    if (move.isLast) return true
  }
}

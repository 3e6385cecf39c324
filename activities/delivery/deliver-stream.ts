import { rowsPerBatch } from '../../src/destinations/destination.ts'
import { readPendingRows } from '../../src/ledger/deliveries/deliveries.ts'
import { readReplays } from '../../src/ledger/deliveries/rejects.ts'
import { readResets } from '../../src/ledger/deliveries/resets.ts'
import type { StreamName } from '../../src/streams/streams.ts'
import { handOver, keyOf, readChanged, type DeliveryAtWork } from './hand-over.ts'

/**
 * Writes the rows that are to be replayed, and then the rows past the watermark, in the order in which they
 * landed.
 *
 * @returns whether every row is delivered
 */
export async function deliverStream(work: DeliveryAtWork, stream: StreamName): Promise<boolean> {
  const { ledger } = work.deps
  const { destination } = work
  const batchRows = rowsPerBatch(destination.batch, stream)
  // The destination may already have many of these rows, so read more than a batch.
  const rowsPerRead = destination.fingerprints === undefined ? batchRows : 10 * batchRows
  const key = keyOf(work, stream)
  for (;;) {
    const resets = await readResets(ledger, key)
    const rows = await readReplays(ledger, key, batchRows)
    if (rows.length === 0) break
    if (work.mustStop()) return false
    await handOver(work, { key, resets }, await readChanged(work, key, rows), null)
  }
  for (;;) {
    if (work.mustStop()) return false
    const nowMs = work.deps.clock.now()
    const { rows, move, resets } = await readPendingRows(ledger, key, rowsPerRead, nowMs)
    await handOver(work, { key, resets }, await readChanged(work, key, rows), move)
    if (move.isLast) return true
  }
}

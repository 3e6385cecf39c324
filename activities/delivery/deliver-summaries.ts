import { rowsPerBatch } from '../../src/destinations/destination.ts'
import { readConnector } from '../../src/ledger/connector/connector-state.ts'
import { lastSeqOf, readDelivery } from '../../src/ledger/deliveries/deliveries.ts'
import { readResets } from '../../src/ledger/deliveries/resets.ts'
import { readCodeSummaries } from '../../src/ledger/summaries/read-summaries.ts'
import { rollUpScans } from '../../src/ledger/summaries/roll-up-scans.ts'
import type { SummaryName } from '../../src/streams/streams.ts'
import { handOverLinkedScans } from './hand-over-linked-scans.ts'
import { handOverLinkedCodes } from './hand-over-linked-codes.ts'
import { handOverLinks } from './hand-over-links.ts'
import { batchesOf, handOver, keyOf, readChanged, type ChangedRow, type DeliveryAtWork } from './hand-over.ts'

/**
 * Compares all summaries, as they are now, with what the destination confirmed last, and writes those that
 * differ. A pass that was interrupted costs little to repeat.
 *
 * @returns whether the pass is complete
 */
export async function deliverSummaries(work: DeliveryAtWork, stream: SummaryName): Promise<boolean> {
  const { deps, destination, mustStop } = work
  const { ledger, connector } = deps
  const nowMs = deps.clock.now()
  const key = keyOf(work, stream)
  const read = { key, resets: await readResets(ledger, key) }
  const fromSeq = (await readDelivery(ledger, key))?.watermarkSeq ?? 0
  // Read before the rows: they then include at least everything up to this position.
  const upToSeq = lastSeqOf(await readConnector(ledger, connector), stream)
  if (!(await rollUpScans(ledger, connector, nowMs, mustStop))) return false
  if (stream !== 'code_summaries') {
    if (!(await handOverLinked(work, stream, read.resets, nowMs))) return false
    await handOver(work, read, [], { fromSeq, upToSeq, isLast: true, readAtMs: nowMs })
    return true
  }
  // Changes of many codes share batches, because each batch is a call.
  let changed: ChangedRow[] = []
  for await (const rows of readCodeSummaries(ledger, connector, nowMs)) {
    changed.push(...(await readChanged(work, key, rows)))
    const batches = [...batchesOf(work, stream, changed)]
    // Keep the last batch open: the next rows may fill it.
    changed = batches.at(-1)?.length === rowsPerBatch(destination.batch, stream) ? [] : (batches.pop() ?? [])
    for (const batch of batches) {
      if (mustStop()) return false
      await handOver(work, read, batch, null)
    }
  }
  await handOver(work, read, changed, { fromSeq, upToSeq, isLast: true, readAtMs: nowMs })
  return true
}

/** @returns whether every row is written; false if the slice had to stop */
function handOverLinked(
  work: DeliveryAtWork,
  stream: Exclude<SummaryName, 'code_summaries'>,
  resets: number,
  nowMs: number,
): Promise<boolean> {
  switch (stream) {
    case 'link_summaries':
      return handOverLinks(work, { key: keyOf(work, stream), resets }, nowMs)
    case 'link_codes':
      return handOverLinkedCodes(work, { key: keyOf(work, stream), resets })
    case 'link_scans':
      return handOverLinkedScans(work, { key: keyOf(work, stream), resets })
  }
}

import type { DeliveryKey } from '../../src/ledger/deliveries/batch.ts'
import { readKnownIds } from '../../src/ledger/deliveries/read-fingerprints.ts'
import { linkedCodeOf, parseLinkedCodeId } from '../../src/ledger/summaries/read-summaries.ts'
import type { LandedRow } from '../../src/streams/streams.ts'
import { readNamedPairs } from './named-pairs.ts'
import { batchesOf, handOver, readChanged, type DeliveryAtWork, type Read } from './hand-over.ts'

type LinkedCodeDelivery = DeliveryKey<'link_codes'>

/**
 * Writes all pairs of a record and a code that names it, and withdraws pairs that were written and no longer
 * exist. The last delivery of `link_summaries` determined which record a key names.
 *
 * @returns whether every pair is written; false if the slice had to stop
 */
export async function handOverLinkedCodes(work: DeliveryAtWork, read: Read<'link_codes'>): Promise<boolean> {
  const { key } = read
  const rows = await readLinkedCodes(work, key)
  for (const batch of batchesOf(work, key.stream, await readChanged(work, key, rows))) {
    if (work.mustStop()) return false
    await handOver(work, read, batch, null)
  }
  return true
}

async function readLinkedCodes(work: DeliveryAtWork, key: LinkedCodeDelivery): Promise<LandedRow[]> {
  const rows = new Map<string, LandedRow>()
  for (const { qrCodeId, ...record } of await readNamedPairs(work, key)) {
    const row = linkedCodeOf(record, qrCodeId, true)
    rows.set(row.id, row)
  }
  const names = new Set(work.destination.linkRules?.map(({ name }) => name))
  for (const id of await readKnownIds(work.deps.ledger, key)) {
    const pair = parseLinkedCodeId(id)
    if (pair === null || rows.has(id) || !names.has(pair.rule)) continue
    rows.set(id, linkedCodeOf(pair, pair.qrCodeId, false))
  }
  return [...rows.values()]
}

import type { DeliveryKey } from '../../src/ledger/deliveries/batch.ts'
import { readKnownIds } from '../../src/ledger/deliveries/read-fingerprints.ts'
import { readLinkKeys } from '../../src/ledger/summaries/link-keys.ts'
import { linkedCodeOf, parseLinkedCodeId, sumLinkKeys } from '../../src/ledger/summaries/read-summaries.ts'
import type { LandedRow } from '../../src/streams/streams.ts'
import { batchesOf, handOver, readChanged, type DeliveryAtWork, type Read } from './hand-over.ts'

type LinkedCodeDelivery = DeliveryKey<'link_codes'>

/**
 * Goes once through all pairs of a record and a code that names it, and through those that were handed over as such before. Which
 * record a key names is what the delivery of `link_summaries` has last seen.
 *
 * @returns whether all is handed over: false where it had to stop
 */
export async function handOverLinkedCodes(work: DeliveryAtWork, read: Read<'link_codes'>): Promise<boolean> {
  const { key } = read
  const rows = await readLinkedCodes(work, key)
  for (const batch of batchesOf(work, await readChanged(work, key, rows))) {
    if (work.mustStop()) return false
    await handOver(work, read, batch, null)
  }
  return true
}

async function readLinkedCodes(work: DeliveryAtWork, key: LinkedCodeDelivery): Promise<LandedRow[]> {
  const { ledger, connector } = work.deps
  const rules = work.destination.linkRules ?? []
  const known = await readLinkKeys(ledger, key)
  const rows = new Map<string, LandedRow>()
  for (const [id, { rule, codes }] of await sumLinkKeys(ledger, connector, rules)) {
    const record = known.get(id)?.recordId ?? null
    if (record === null) continue
    for (const code of codes) {
      const row = linkedCodeOf({ rule, record }, code.id, true)
      rows.set(row.id, row)
    }
  }
  const names = new Set(rules.map(({ name }) => name))
  for (const id of await readKnownIds(ledger, key)) {
    const pair = parseLinkedCodeId(id)
    if (pair === null || rows.has(id) || !names.has(pair.rule)) continue
    rows.set(id, linkedCodeOf(pair, pair.qrCodeId, false))
  }
  return [...rows.values()]
}

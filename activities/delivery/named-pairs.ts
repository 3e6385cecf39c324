import { readLinkKeys, type LinkPlace } from '../../src/ledger/summaries/link-keys.ts'
import type { LinkedPair } from '../../src/ledger/summaries/linked-pairs.ts'
import { sumLinkKeys } from '../../src/ledger/summaries/read-summaries.ts'
import type { DeliveryAtWork } from './hand-over.ts'

export interface NamedPair extends LinkedPair {
  codeName: string
}

/**
 * Returns each code with each record that it names, as far as the delivery of `link_summaries` has found the
 * record.
 */
export async function readNamedPairs(
  { deps, destination }: DeliveryAtWork,
  place: LinkPlace,
): Promise<NamedPair[]> {
  const { ledger, connector } = deps
  const known = await readLinkKeys(ledger, place)
  const pairs: NamedPair[] = []
  for (const [id, { rule, codes }] of await sumLinkKeys(ledger, connector, destination.linkRules ?? [])) {
    const record = known.get(id)?.recordId ?? null
    if (record === null) continue
    for (const code of codes) pairs.push({ rule, record, qrCodeId: code.id, codeName: code.name })
  }
  return pairs
}

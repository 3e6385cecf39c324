import type { DeliveryKey } from './batch.ts'
import { partsOf } from '../base/parts-of.ts'
import type { Ledger } from '../base/schema.ts'
import { storedId } from '../base/stored-id.ts'

const idsPerRead = 5_000

/** Returns, by row, what the destination confirmed last, and what it has refused since and would refuse again. */
export async function readFingerprints(
  ledger: Ledger,
  { connector, destination, stream }: DeliveryKey,
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  const known = new Map<string, string[]>()
  const idOf = new Map(ids.map((id) => [storedId(id), id]))
  for (const part of partsOf([...idOf.keys()], idsPerRead)) {
    for (const table of ['confirmations', 'rejects'] as const) {
      const rows = await ledger
        .selectFrom(table)
        .select(['row_id', 'fingerprint'])
        .where('connector', '=', connector)
        .where('destination', '=', destination)
        .where('stream', '=', stream)
        .where('row_id', 'in', part)
        .execute()
      for (const { row_id: stored, fingerprint } of rows) {
        const id = idOf.get(stored) ?? stored
        if (fingerprint !== null) known.set(id, [...(known.get(id) ?? []), fingerprint])
      }
    }
  }
  return known
}

/** Returns the ids of all rows of a stream that a destination has confirmed or refused. */
export async function readKnownIds(
  ledger: Ledger,
  { connector, destination, stream }: DeliveryKey,
): Promise<string[]> {
  const ids = new Set<string>()
  for (const table of ['confirmations', 'rejects'] as const) {
    const rows = await ledger
      .selectFrom(table)
      .select('row_id')
      .where('connector', '=', connector)
      .where('destination', '=', destination)
      .where('stream', '=', stream)
      .execute()
    for (const { row_id: id } of rows) ids.add(id)
  }
  return [...ids]
}

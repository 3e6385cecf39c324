import type { Destination } from '../src/destinations/destination.ts'
import type { DeliveryKey } from '../src/ledger/deliveries.ts'
import { settleBatch, type Move } from '../src/ledger/settle-batch.ts'
import { readFingerprints } from '../src/ledger/read-fingerprints.ts'
import type { DeliveredStream, LandedRow } from '../src/model/stream.ts'
import type { DeliverySlice } from './contract.ts'
import type { ActivityDeps } from './deps.ts'

/** A delivery at work: to whom, and how far it is. */
export interface DeliveryAtWork {
  deps: ActivityDeps
  destinationName: string
  destination: Destination
  result: DeliverySlice
  mustStop: () => boolean
}

export function keyOf<Stream extends DeliveredStream>(
  { deps, destinationName }: DeliveryAtWork,
  stream: Stream,
): DeliveryKey<Stream> {
  return { connector: deps.connector, destination: destinationName, stream }
}

/**
 * Hands rows to the destination, without those of which it has confirmed the same before, and writes down what became of
 * each.
 *
 * @param move of the watermark, once all of them are accounted for
 */
export async function handOver(
  work: DeliveryAtWork,
  key: DeliveryKey,
  rows: readonly LandedRow[],
  move: Move | null,
): Promise<void> {
  const { deps, destination, result } = work
  const { changed, fingerprints } = await changedRows(work, key, rows)
  const { connector, observer } = deps
  const batch = { connector, destination: key.destination, stream: key.stream, rows: changed.length }
  const outcome =
    changed.length === 0
      ? nothing
      : await observer.upsert(batch, () => destination.upsert(key.stream, changed))
  const { confirmed, rejected } = outcome
  if (confirmed + rejected.length !== changed.length)
    throw new Error(
      `${key.destination}: of ${changed.length} ${key.stream}, ${confirmed} confirmed and ${rejected.length} rejected: ` +
        'a destination must account for every row',
    )
  await settleBatch(deps.ledger, key, { rows: changed, rejected, fingerprints, move }, deps.clock.now())
  result.delivered += confirmed
  result.rejected += rejected.length
}

const nothing: Awaited<ReturnType<Destination['upsert']>> = { confirmed: 0, rejected: [] }

async function changedRows(
  { deps, destination }: DeliveryAtWork,
  key: DeliveryKey,
  rows: readonly LandedRow[],
) {
  if (destination.fingerprint === undefined || rows.length === 0)
    return { changed: rows, fingerprints: new Map<string, string>() }
  const known = await readFingerprints(
    deps.ledger,
    key,
    rows.map(({ id }) => id),
  )
  const fingerprints = new Map<string, string>()
  const changed = rows.filter((row) => {
    const fingerprint = destination.fingerprint?.(key.stream, row) ?? ''
    if (known.get(row.id)?.includes(fingerprint)) return false
    fingerprints.set(row.id, fingerprint)
    return true
  })
  return { changed, fingerprints }
}

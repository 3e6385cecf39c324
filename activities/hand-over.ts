import type { Destination } from '../src/destinations/destination.ts'
import type { DeliveryKey } from '../src/ledger/deliveries.ts'
import { settleBatch, type Move } from '../src/ledger/settle-batch.ts'
import { partsOf } from '../src/ledger/parts-of.ts'
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

/** A row that the destination has not confirmed, or refused, as it is now. */
export interface ChangedRow {
  row: LandedRow
  /** Of what is written for it; undefined where the destination does not tell, which is then handed every row. */
  fingerprint: string | undefined
}

export async function readChanged(
  { deps, destination }: DeliveryAtWork,
  key: DeliveryKey,
  rows: readonly LandedRow[],
): Promise<ChangedRow[]> {
  if (destination.fingerprint === undefined) return rows.map((row) => ({ row, fingerprint: undefined }))
  const known = await readFingerprints(
    deps.ledger,
    key,
    rows.map(({ id }) => id),
  )
  return rows
    .map((row) => ({ row, fingerprint: destination.fingerprint?.(key.stream, row) ?? '' }))
    .filter(({ row, fingerprint }) => !known.get(row.id)?.includes(fingerprint))
}

/**
 * Hands rows to the destination, batch by batch, and writes down after each what became of every row of it.
 *
 * @param move of the watermark, once all of them are accounted for
 */
export async function handOver(
  work: DeliveryAtWork,
  key: DeliveryKey,
  changed: readonly ChangedRow[],
  move: Move | null,
): Promise<void> {
  const batches = [...partsOf(changed, work.destination.rowsPerBatch)]
  for (const batch of batches.slice(0, -1)) await handOverBatch(work, key, batch, null)
  const last = batches.at(-1) ?? []
  if (last.length > 0 || move !== null) await handOverBatch(work, key, last, move)
}

async function handOverBatch(
  { deps, destination, result }: DeliveryAtWork,
  key: DeliveryKey,
  batch: readonly ChangedRow[],
  move: Move | null,
): Promise<void> {
  const rows = batch.map(({ row }) => row)
  const observed = { ...key, rows: rows.length }
  const { confirmed, rejected } =
    rows.length === 0
      ? nothing
      : await deps.observer.upsert(observed, () => destination.upsert(key.stream, rows))
  if (confirmed + rejected.length !== rows.length)
    throw new Error(
      `${key.destination}: of ${rows.length} ${key.stream}, ${confirmed} confirmed and ${rejected.length} rejected: ` +
        'a destination must account for every row',
    )
  const fingerprints = new Map(
    batch.flatMap(({ row: { id }, fingerprint }) =>
      fingerprint === undefined ? [] : [[id, fingerprint] as const],
    ),
  )
  await settleBatch(deps.ledger, key, { rows, rejected, fingerprints, move }, deps.clock.now())
  result.delivered += confirmed
  result.rejected += rejected.length
}

const nothing: Awaited<ReturnType<Destination['upsert']>> = { confirmed: 0, rejected: [] }

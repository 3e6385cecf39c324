import { rowsPerBatch, type Destination, type Outcome } from '../../src/destinations/destination.ts'
import { partsBySize } from '../../src/destinations/parts-by-size.ts'
import type { DeliveryKey } from '../../src/ledger/deliveries/batch.ts'
import { settleBatch } from '../../src/ledger/deliveries/settle-batch.ts'
import type { Move } from '../../src/ledger/deliveries/batch.ts'
import { readFingerprints } from '../../src/ledger/deliveries/read-fingerprints.ts'
import { isSummary, type DeliveredStream, type LandedRow } from '../../src/streams/streams.ts'
import type { DeliverySlice } from '../contract.ts'
import type { ActivityDeps } from '../deps.ts'

/** A running delivery: its destination, and its progress. */
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

/** A row whose current state the destination has neither confirmed nor refused. */
export interface ChangedRow {
  row: LandedRow
  /**
   * The fingerprint of what is written for the row. Undefined if the destination has no fingerprints; it then
   * gets every row.
   */
  fingerprint: string | undefined
}

export async function readChanged(
  { deps, destination }: DeliveryAtWork,
  key: DeliveryKey,
  rows: readonly LandedRow[],
): Promise<ChangedRow[]> {
  const { fingerprints } = destination
  if (fingerprints === undefined) return rows.map((row) => ({ row, fingerprint: undefined }))
  const known = await readFingerprints(
    deps.ledger,
    key,
    rows.map(({ id }) => id),
  )
  return rows
    .map((row) => ({ row, fingerprint: fingerprints.of(key.stream, row) }))
    .filter(({ row, fingerprint }) => !known.get(row.id)?.includes(fingerprint))
}

/** A stream, and how often its destination had been reset before rows were read. */
export interface Read<Stream extends DeliveredStream = DeliveredStream> {
  key: DeliveryKey<Stream>
  resets: number
}

/**
 * Writes rows to the destination, batch by batch, and settles each row in the ledger when the destination
 * reports its outcome. If an error occurs after some rows, those stay settled.
 *
 * @param changed in the order of their positions
 * @param move of the watermark, once every row has an outcome; until then it follows the settled rows
 */
export async function handOver(
  work: DeliveryAtWork,
  read: Read,
  changed: readonly ChangedRow[],
  move: Move | null,
): Promise<void> {
  const open = new OpenRows(changed, isSummary(read.key.stream) ? null : move)
  for (const batch of batchesOf(work, read.key.stream, open.rows())) {
    await handOverBatch(work, read, batch, open)
  }
  const rest = open.endMove(move)
  if (rest !== null) await settle(work, read, { part: [], rejected: [], move: rest })
}

/** Cuts rows into batches that the destination accepts, in their order. */
export function batchesOf(
  { destination }: DeliveryAtWork,
  stream: DeliveredStream,
  changed: Iterable<ChangedRow>,
): Iterable<ChangedRow[]> {
  const { batch } = destination
  const limits = { items: rowsPerBatch(batch, stream), size: batch.characters }
  return partsBySize(changed, { ...limits, sizeOf: ({ row }) => row.json.length })
}

async function handOverBatch(
  work: DeliveryAtWork,
  read: Read,
  batch: readonly ChangedRow[],
  open: OpenRows,
): Promise<void> {
  const { key } = read
  const { deps, destination, result } = work
  const rows = batch.map(({ row }) => row)
  const ids = new Set(rows.map(({ id }) => id))
  await deps.observer.upsert({ ...key, rows: rows.length }, async (settled) => {
    for await (const outcomes of destination.write(key.stream, rows)) {
      const strange = outcomes.find(({ id }) => !ids.delete(id))
      if (strange !== undefined) throw unaccounted(key, `an outcome too many, of ${strange.id}`)
      const part = open.take(outcomes)
      const rejected = outcomes.filter(isRejected)
      await settle(work, read, { part, rejected, move: open.nextMove() })
      const confirmed = outcomes.length - rejected.length
      settled(confirmed, rejected.length)
      result.delivered += confirmed
      result.rejected += rejected.length
    }
  })
  if (ids.size > 0) throw unaccounted(key, `${ids.size} of ${rows.length} rows without an outcome`)
}

function unaccounted({ destination, stream }: DeliveryKey, what: string): Error {
  return new Error(`${destination}: ${stream}: ${what}: a destination must account for every row`)
}

type Rejected = Extract<Outcome, { is: 'rejected' }>

const isRejected = (outcome: Outcome): outcome is Rejected => outcome.is === 'rejected'

async function settle(
  { deps }: DeliveryAtWork,
  { key, resets }: Read,
  { part, rejected, move }: { part: readonly ChangedRow[]; rejected: readonly Rejected[]; move: Move | null },
): Promise<void> {
  const fingerprints = new Map<string, string>()
  for (const { row, fingerprint } of part) {
    if (fingerprint !== undefined) fingerprints.set(row.id, fingerprint)
  }
  const rows = part.map(({ row }) => row)
  await settleBatch(deps.ledger, key, { resets, rows, rejected, fingerprints, move }, deps.clock.now())
}

/** The rows without an outcome yet, and the watermark, which follows the settled rows. */
class OpenRows {
  readonly #rows: Map<string, ChangedRow>
  readonly #end: Move | null
  #watermarkSeq: number
  #isEnded = false

  constructor(changed: readonly ChangedRow[], end: Move | null) {
    this.#rows = new Map()
    for (const each of changed) {
      const { id, seq } = each.row
      // If an id appears twice, the row with the higher position counts, at its own position.
      if ((this.#rows.get(id)?.row.seq ?? 0) > seq) continue
      this.#rows.delete(id)
      this.#rows.set(id, each)
    }
    this.#end = end
    this.#watermarkSeq = end?.fromSeq ?? 0
  }

  /** Each id once. */
  rows(): ChangedRow[] {
    return [...this.#rows.values()]
  }

  take(outcomes: readonly Outcome[]): ChangedRow[] {
    const taken: ChangedRow[] = []
    for (const { id } of outcomes) {
      const row = this.#rows.get(id)
      if (row !== undefined) taken.push(row)
      this.#rows.delete(id)
    }
    return taken
  }

  /** Moves up to the first open row; null if the watermark stays. */
  nextMove(): Move | null {
    if (this.#end === null) return null
    const [first] = this.#rows.values()
    if (first === undefined) return this.endMove(this.#end)
    const upToSeq = first.row.seq - 1
    if (upToSeq <= this.#watermarkSeq) return null
    const move = { ...this.#end, fromSeq: this.#watermarkSeq, upToSeq, isLast: false }
    this.#watermarkSeq = upToSeq
    return move
  }

  /** Moves over all rows; null if that was done already. */
  endMove(end: Move | null): Move | null {
    if (end === null || this.#isEnded) return null
    this.#isEnded = true
    return { ...end, fromSeq: this.#end === null ? end.fromSeq : this.#watermarkSeq }
  }
}

import { rowsPerBatch, type Destination, type Outcome } from '../../../src/destinations/destination.ts'
import { partsBySize } from '../../../src/destinations/parts-by-size.ts'
import type { DeliveredStream, LandedRow } from '../../../src/streams/streams.ts'

export interface UpsertOutcome {
  /** Confirmed rows; if several have the same id, all but the last count as confirmed. */
  confirmed: number
  rejected: { id: string; reason: string }[]
}

/** A destination that also returns all outcomes of a batch at once. */
export type Upserting<Stream extends DeliveredStream = DeliveredStream> = Destination<Stream> & {
  upsert(stream: Stream, rows: readonly LandedRow[]): Promise<UpsertOutcome>
}

export function withUpsert<Stream extends DeliveredStream>(
  destination: Destination<Stream>,
): Upserting<Stream> {
  return Object.assign(destination, {
    async upsert(stream: Stream, rows: readonly LandedRow[]) {
      const outcomes: Outcome[] = []
      for (const batch of batchesOf(destination, stream, rows)) {
        outcomes.push(...(await outcomesFrom(destination.write(stream, batch))))
      }
      return summedUp(rows, outcomes)
    },
  })
}

/** Batches like those of a delivery: each id once, the row with the highest position. */
function batchesOf(
  { batch }: Pick<Destination, 'batch'>,
  stream: DeliveredStream,
  rows: readonly LandedRow[],
): Iterable<LandedRow[]> {
  const latest = new Map<string, LandedRow>()
  for (const row of rows) {
    if ((latest.get(row.id)?.seq ?? 0) <= row.seq) latest.set(row.id, row)
  }
  const limits = { items: rowsPerBatch(batch, stream), size: batch.characters }
  return partsBySize(latest.values(), { ...limits, sizeOf: ({ json }) => json.length })
}

export async function outcomesFrom(parts: AsyncIterable<readonly Outcome[]>): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for await (const part of parts) outcomes.push(...part)
  return outcomes
}

function summedUp(rows: readonly LandedRow[], outcomes: readonly Outcome[]): UpsertOutcome {
  const ids = new Set(rows.map(({ id }) => id))
  for (const { id } of outcomes) if (!ids.delete(id)) throw new Error(`an outcome too many, of ${id}`)
  if (ids.size > 0) throw new Error(`no outcome of ${[...ids].join(', ')}`)
  const rejected = outcomes
    .filter((outcome) => outcome.is === 'rejected')
    .map(({ id, reason }) => ({ id, reason }))
  return { confirmed: rows.length - rejected.length, rejected }
}

/** Returns all outcomes of a function in a test at once. */
export async function* atOnce(
  rows: readonly LandedRow[],
  rejected: readonly { id: string; reason: string }[] = [],
): AsyncGenerator<Outcome[]> {
  const reasons = new Map(rejected.map(({ id, reason }) => [id, reason]))
  yield await Promise.resolve(
    rows.map(({ id }): Outcome => {
      const reason = reasons.get(id)
      return reason === undefined ? { id, is: 'confirmed' } : { id, is: 'rejected', reason }
    }),
  )
}

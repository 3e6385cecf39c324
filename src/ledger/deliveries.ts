import type { LandedRow, StreamName } from '../model/stream.ts'
import { lockConnector, readConnector } from './connector-state.ts'
import type { Ledger } from './schema.ts'

/** A destination's place in a stream. */
export interface DeliveryKey {
  connector: string
  destination: string
  stream: StreamName
}

export interface PendingRows {
  rows: LandedRow[]
  /** The watermark once every one of these rows is confirmed or rejected. */
  upToSeq: number
  /** No row is left behind these. */
  isLast: boolean
}

export async function readWatermark(ledger: Ledger, key: DeliveryKey): Promise<number> {
  const delivery = await ledger
    .selectFrom('deliveries')
    .select('watermark_seq')
    .where('connector', '=', key.connector)
    .where('destination', '=', key.destination)
    .where('stream', '=', key.stream)
    .executeTakeFirst()
  return delivery?.watermark_seq ?? 0
}

/** The next rows past the destination's watermark, in the order in which they were landed. */
export async function readPendingRows(ledger: Ledger, key: DeliveryKey, limit: number): Promise<PendingRows> {
  const watermark = await readWatermark(ledger, key)
  // The last position is read before the rows: it was committed with them and after all below it, so none can be
  // missing. What lands in between is left for the next time. That needs no lock, and nobody waits for a delivery.
  const lastSeq = (await readConnector(ledger, key.connector))[`${key.stream}_seq`]
  const rows = await ledger
    .selectFrom(key.stream)
    .select(['seq', 'id', 'row as json'])
    .where('connector', '=', key.connector)
    .where('seq', '>', watermark)
    .where('seq', '<=', lastSeq)
    .orderBy('seq')
    .limit(limit)
    .execute()
  const lastRow = rows.at(-1)
  if (rows.length === limit && lastRow) return { rows, upToSeq: lastRow.seq, isLast: false }
  // Positions given to rows that were there already stay empty: behind the last row nothing is left up to here.
  return { rows, upToSeq: lastSeq, isLast: true }
}

/**
 * Moves the watermark over a batch of which every row is confirmed or among the rejected, and keeps the rejected. A
 * watermark never moves back: a worker taken for dead may still report a batch that its successor has passed.
 */
export async function advanceWatermark(
  ledger: Ledger,
  key: DeliveryKey,
  batch: PendingRows,
  rejected: readonly { id: string; reason: string }[],
  nowMs: number,
): Promise<void> {
  const { connector, destination, stream } = key
  const delivered = batch.rows.length - rejected.length
  // PostgreSQL refuses to write a row twice in one statement.
  const lastReasons = [...new Map(rejected.map((reject) => [reject.id, reject])).values()]
  const seqOf = new Map(batch.rows.map((row) => [row.id, row.seq]))
  await ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    if (rejected.length > 0)
      await transaction
        .insertInto('rejects')
        .values(
          lastReasons.map(({ id, reason }) => ({
            ...{ connector, destination, stream, row_id: id, seq: seqOf.get(id) ?? 0, reason },
            ...{ attempts: 1, rejected_at_ms: nowMs },
          })),
        )
        .onConflict((conflict) =>
          conflict.columns(['connector', 'destination', 'stream', 'row_id']).doUpdateSet((eb) => ({
            seq: eb.ref('excluded.seq'),
            reason: eb.ref('excluded.reason'),
            attempts: eb('rejects.attempts', '+', 1),
            rejected_at_ms: nowMs,
          })),
        )
        .execute()
    await transaction
      .insertInto('deliveries')
      .values({
        ...{ connector, destination, stream, watermark_seq: batch.upToSeq },
        ...{ delivered_rows: delivered, updated_at_ms: nowMs },
      })
      .onConflict((conflict) =>
        conflict
          .columns(['connector', 'destination', 'stream'])
          .doUpdateSet((eb) => ({
            watermark_seq: eb.ref('excluded.watermark_seq'),
            delivered_rows: eb('deliveries.delivered_rows', '+', delivered),
            updated_at_ms: nowMs,
          }))
          .whereRef('deliveries.watermark_seq', '<', 'excluded.watermark_seq'),
      )
      .execute()
  })
}

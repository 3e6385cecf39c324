import { sql, type Selectable, type SelectQueryBuilder } from 'kysely'
import { isSummary, type DeliveredStream, type LandedRow, type StreamName } from '../../streams/streams.ts'
import { readConnector, type ConnectorState } from '../connector/connector-state.ts'
import { prepared } from '../base/prepared.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import type { DeliveryKey, Move } from './batch.ts'
import type { DeliveryTable } from './delivery-tables.ts'
import { readResets } from './resets.ts'
import { withOwnId } from '../base/stored-id.ts'

export interface Delivery {
  /** Every row up to this position is confirmed or rejected. */
  watermarkSeq: number
  /** When no row was left after the watermark; null while there are more. */
  drainedAtMs: number | null
}

export interface PendingRows {
  rows: LandedRow[]
  /** The watermark's move over these rows. */
  move: Move
  /** The destination's resets before they were read. */
  resets: number
}

/** @returns the delivery of a stream to a destination, or null if nothing was ever delivered */
export async function readDelivery(ledger: Ledger, key: DeliveryKey): Promise<Delivery | null> {
  const delivery = await ledger
    .selectFrom('deliveries')
    .select(['watermark_seq', 'drained_at_ms'])
    .where('connector', '=', key.connector)
    .where('destination', '=', key.destination)
    .where('stream', '=', key.stream)
    .executeTakeFirst()
  return delivery === undefined ? null : toDelivery(delivery)
}

/** @returns the deliveries to a destination, by stream; a stream of which nothing was ever delivered has none */
export async function readDeliveries(
  ledger: Ledger,
  { connector, destination }: Omit<DeliveryKey, 'stream'>,
): Promise<Map<string, Delivery>> {
  const rows = await selectDeliveries(ledger, { connector, destination })
  return new Map(rows.map((row) => [row.stream, toDelivery(row)]))
}

type DeliveryRow = Pick<Selectable<DeliveryTable>, 'stream' | 'watermark_seq' | 'drained_at_ms'>

const selectDeliveries = prepared<Omit<DeliveryKey, 'stream'>, DeliveryRow>((ledger, place) =>
  ledger
    .selectFrom('deliveries')
    .select(['stream', 'watermark_seq', 'drained_at_ms'])
    .where('connector', '=', place('connector'))
    .where('destination', '=', place('destination'))
    .compile(),
)

export function toDelivery(
  row: Pick<Selectable<DeliveryTable>, 'watermark_seq' | 'drained_at_ms'>,
): Delivery {
  return { watermarkSeq: row.watermark_seq, drainedAtMs: row.drained_at_ms }
}

/** @returns the last position of a stream. Summaries have the positions of the codes and scans from which they are computed */
export function lastSeqOf(state: ConnectorState, stream: DeliveredStream): number {
  return isSummary(stream) ? state.qr_codes_seq + state.scans_seq : state[`${stream}_seq`]
}

/** Whether the watermark is below a stream's last position. The positions between may be empty, if their rows were known already. */
export function isBehind(
  state: ConnectorState,
  stream: DeliveredStream,
  delivery: Pick<Delivery, 'watermarkSeq'> | null,
): boolean {
  return (delivery?.watermarkSeq ?? 0) < lastSeqOf(state, stream)
}

/** How many bytes are read at once: thousands of rows of 1 MB would not fit into the worker's memory. */
const bytesPerRead = 4_000_000

/** Unlike `length`, this does not read the text: the databases store its size. */
export const bytesOfRow = sql<number>`octet_length("row")`

/**
 * Returns how many of the next rows to read at once: at least one, whatever its size. Usually all fit. Their
 * sum shows that, and costs less than their sizes one by one.
 */
export async function countFitting(
  ledger: Ledger,
  sizes: SelectQueryBuilder<LedgerSchema, StreamName, { bytes: number }>,
  limit: number,
): Promise<number> {
  const { total } = await ledger
    .selectFrom(sizes.as('sizes'))
    .select((eb) => eb.fn.sum<number | null>('bytes').as('total'))
    .executeTakeFirstOrThrow()
  if ((total ?? 0) <= bytesPerRead) return limit
  let sum = 0
  let rows = 0
  for (const { bytes } of await sizes.execute()) {
    sum += bytes
    if (rows > 0 && sum > bytesPerRead) break
    rows += 1
  }
  return rows
}

/**
 * Returns the next rows past the destination's watermark, in the order in which they landed.
 *
 * @param limit the most rows; fewer are read if they are long
 * @param readAtMs now (epoch ms)
 */
export async function readPendingRows(
  ledger: Ledger,
  key: DeliveryKey<StreamName>,
  limit: number,
  readAtMs: number,
): Promise<PendingRows> {
  const resets = await readResets(ledger, key)
  const fromSeq = (await readDelivery(ledger, key))?.watermarkSeq ?? 0
  // The last position is read before the rows. It was committed together with them and after all rows below it,
  // so none can be missing. Rows that land in between are left for the next time. This needs no lock, so
  // nothing waits for a delivery.
  const lastSeq = lastSeqOf(await readConnector(ledger, key.connector), key.stream)
  const pending = ledger
    .selectFrom(key.stream)
    .where('connector', '=', key.connector)
    .where('seq', '>', fromSeq)
    .where('seq', '<=', lastSeq)
    .orderBy('seq')
    .limit(limit)
  const fitting = await countFitting(ledger, pending.select(bytesOfRow.as('bytes')), limit)
  const found = await pending.select(['seq', 'id', 'row as json']).limit(fitting).execute()
  const rows = found.map(withOwnId)
  const lastRow = rows.at(-1)
  if (lastRow && (rows.length === limit || fitting < limit)) {
    return { rows, move: { fromSeq, upToSeq: lastRow.seq, isLast: false, readAtMs }, resets }
  }
  // Positions of rows that were known already stay empty: after the last row, nothing is left up to here.
  return { rows, move: { fromSeq, upToSeq: lastSeq, isLast: true, readAtMs }, resets }
}

/** Counts all rows that a destination has confirmed, repeated ones included. */
export async function countDeliveredRows(
  ledger: Ledger,
  { connector, destination }: Omit<DeliveryKey, 'stream'>,
): Promise<number> {
  const { rows } = await ledger
    .selectFrom('deliveries')
    .select((eb) => eb.fn.sum<number | null>('delivered_rows').as('rows'))
    .where((eb) => eb.and({ connector, destination }))
    .executeTakeFirstOrThrow()
  return rows ?? 0
}

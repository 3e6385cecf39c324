import { isSummary, type DeliveredStream, type StreamName } from '../model/stream.ts'
import type { ConnectorState } from './connector-state.ts'
import { lastSeqOf } from './deliveries.ts'
import type { Ledger } from './schema.ts'

/** Where a destination stands in a stream. */
export interface DeliveryStanding {
  stream: DeliveredStream
  /** Every row up to this position is confirmed or refused. */
  watermarkSeq: number
  lastSeq: number
  /** Rows behind the watermark; null of a summary, which is made anew as a whole. */
  rowsBehind: number | null
  /** All that it has taken, rows that came again included. */
  deliveredRows: number
  /** When it last took a batch; null before the first. */
  deliveredAtMs: number | null
  /** Rows that it has refused and that are still not there. */
  refusedRows: number
}

/**
 * A destination's standing in each of these streams, in their order; one without any row is left out.
 *
 * @param streams those that it takes
 */
export async function readDeliveryStandings(
  ledger: Ledger,
  state: ConnectorState,
  destination: string,
  streams: readonly DeliveredStream[],
): Promise<DeliveryStanding[]> {
  const { connector } = state
  const deliveries = await ledger
    .selectFrom('deliveries')
    .selectAll()
    .where((eb) => eb.and({ connector, destination }))
    .execute()
  const refused = await ledger
    .selectFrom('rejects')
    .select((eb) => ['stream', eb.fn.countAll<number>().as('rows')])
    .where((eb) => eb.and({ connector, destination }))
    .groupBy('stream')
    .execute()
  const standings: DeliveryStanding[] = []
  for (const stream of streams) {
    const lastSeq = lastSeqOf(state, stream)
    if (lastSeq === 0) continue
    const delivery = deliveries.find((each) => each.stream === stream)
    const watermarkSeq = delivery?.watermark_seq ?? 0
    standings.push({
      ...{ stream, watermarkSeq, lastSeq },
      rowsBehind: isSummary(stream) ? null : await countRowsBehind(ledger, connector, stream, watermarkSeq),
      deliveredRows: delivery?.delivered_rows ?? 0,
      deliveredAtMs: delivery?.updated_at_ms ?? null,
      refusedRows: refused.find((each) => each.stream === stream)?.rows ?? 0,
    })
  }
  return standings
}

/** Counted, as positions of rows that were known already are empty. */
async function countRowsBehind(
  ledger: Ledger,
  connector: string,
  stream: StreamName,
  watermarkSeq: number,
): Promise<number> {
  const { rows } = await ledger
    .selectFrom(stream)
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where('connector', '=', connector)
    .where('seq', '>', watermarkSeq)
    .executeTakeFirstOrThrow()
  return rows
}

import type { DeliveredStream } from '../../streams/streams.ts'
import type { ConnectorState } from '../../ledger/connector/connector-state.ts'
import { lastSeqOf, toDelivery } from '../../ledger/deliveries/deliveries.ts'
import { readBacklog } from '../read-backlog.ts'
import type { Ledger } from '../../ledger/base/schema.ts'

/** The progress of a destination in a stream. */
export interface StreamStanding {
  stream: DeliveredStream
  /** Every row up to this position is confirmed or refused. */
  watermarkSeq: number
  lastSeq: number
  /** See {@link import('../read-backlog.ts').StreamBacklog}. */
  rowsBehind: number
  /** All rows that it has confirmed, repeated ones included. */
  deliveredRows: number
  /** When it last confirmed a batch; null before the first. */
  deliveredAtMs: number | null
  /** Rows that it has refused and that have not arrived since. */
  refusedRows: number
}

/**
 * Returns a destination's progress in each of these streams, in their order. Leaves out a stream without rows.
 *
 * @param streams those that the destination accepts
 */
export async function readStreamStandings(
  ledger: Ledger,
  state: ConnectorState,
  destination: string,
  streams: readonly DeliveredStream[],
): Promise<StreamStanding[]> {
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
  const standings: StreamStanding[] = []
  for (const stream of streams) {
    const lastSeq = lastSeqOf(state, stream)
    if (lastSeq === 0) continue
    const delivery = deliveries.find((each) => each.stream === stream)
    const place = delivery && toDelivery(delivery)
    standings.push({
      stream,
      watermarkSeq: delivery?.watermark_seq ?? 0,
      lastSeq,
      rowsBehind: (await readBacklog(ledger, state, stream, place ?? null)).rowsBehind,
      deliveredRows: delivery?.delivered_rows ?? 0,
      deliveredAtMs: delivery?.updated_at_ms ?? null,
      refusedRows: refused.find((each) => each.stream === stream)?.rows ?? 0,
    })
  }
  return standings
}

import type { DeliveredStream } from '../streams/streams.ts'
import { readConnectors } from '../ledger/connector/connector-state.ts'
import { toDelivery } from '../ledger/deliveries/deliveries.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { earliest, readBacklog, type StreamBacklog } from './read-backlog.ts'

/** A destination to read the backlog of. */
export interface WatchedDestination {
  connector: string
  destination: string
  streams: readonly DeliveredStream[]
}

/** What a destination still has to receive, over all its streams. */
export interface Backlog extends StreamBacklog {
  connector: string
  destination: string
  /** When it last confirmed a batch; null before the first. */
  deliveredAtMs: number | null
}

/**
 * Reads many destinations at once, because a worker may serve a hundred connectors. A destination without a
 * backlog needs no query of its own.
 */
export async function readBacklogs(
  ledger: Ledger,
  destinations: readonly WatchedDestination[],
): Promise<Backlog[]> {
  const connectors = [...new Set(destinations.map(({ connector }) => connector))]
  const states = await readConnectors(ledger, connectors)
  const stateOf = new Map(states.map((state) => [state.connector, state]))
  const deliveries = await ledger
    .selectFrom('deliveries')
    .selectAll()
    .where('connector', 'in', connectors)
    .execute()
  const backlogs: Backlog[] = []
  for (const { connector, destination, streams } of destinations) {
    const state = stateOf.get(connector)
    if (state === undefined) continue
    const own = deliveries.filter((each) => each.connector === connector && each.destination === destination)
    const backlog: Backlog = {
      connector,
      destination,
      rowsBehind: 0,
      oldestLandedMs: null,
      deliveredAtMs: null,
    }
    for (const { updated_at_ms: deliveredMs } of own) {
      backlog.deliveredAtMs = Math.max(backlog.deliveredAtMs ?? 0, deliveredMs)
    }
    for (const stream of streams) {
      const delivery = own.find((each) => each.stream === stream)
      const { rowsBehind, oldestLandedMs } = await readBacklog(
        ledger,
        state,
        stream,
        delivery === undefined ? null : toDelivery(delivery),
      )
      backlog.rowsBehind += rowsBehind
      backlog.oldestLandedMs = earliest(backlog.oldestLandedMs, oldestLandedMs)
    }
    backlogs.push(backlog)
  }
  return backlogs
}

import type { Selectable } from 'kysely'
import { isSummary, type DeliveredStream, type StreamName } from '../model/stream.ts'
import type { ConnectorState } from '../ledger/connector/connector-state.ts'
import { lastSeqOf } from '../ledger/deliveries/deliveries.ts'
import type { DeliveryTable } from '../ledger/deliveries/delivery-tables.ts'
import type { Ledger } from '../ledger/base/schema.ts'

/** Whose deliveries are looked at. */
export interface WatchedDestination {
  connector: string
  destination: string
  streams: readonly DeliveredStream[]
}

/** What a destination has not taken yet. */
export interface Backlog {
  connector: string
  destination: string
  /** Exact as far as `countedRows`, beyond that by position: a few too many. */
  rowsBehind: number
  /** When the oldest of them was landed; null where there is none, or it is not known. */
  oldestLandedMs: number | null
  /** When it last took a batch; null before the first. */
  deliveredAtMs: number | null
}

/** A new destination is millions of rows behind: they are not all counted for a number that nobody reads to the last digit. */
const countedRows = 10_000

/** A destination with nothing to take costs no query of its own. */
export async function readBacklogs(
  ledger: Ledger,
  destinations: readonly WatchedDestination[],
): Promise<Backlog[]> {
  const connectors = [...new Set(destinations.map(({ connector }) => connector))]
  const states = await ledger
    .selectFrom('connectors')
    .selectAll()
    .where('connector', 'in', connectors)
    .execute()
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
      const behind = lastSeqOf(state, stream) - (delivery?.watermark_seq ?? 0)
      if (behind <= 0) continue
      const { rows, oldestMs } = isSummary(stream)
        ? await readSummaryBacklog(ledger, state, delivery, behind)
        : await readRowBacklog(ledger, state, stream, behind)
      backlog.rowsBehind += rows
      backlog.oldestLandedMs = earliest(backlog.oldestLandedMs, oldestMs)
    }
    backlogs.push(backlog)
  }
  return backlogs
}

interface StreamBacklog {
  rows: number
  oldestMs: number | null
}

async function readRowBacklog(
  ledger: Ledger,
  state: ConnectorState,
  stream: StreamName,
  behind: number,
): Promise<StreamBacklog> {
  const { connector } = state
  const fromSeq = lastSeqOf(state, stream) - behind
  const oldestMs = await readFirstLanded(ledger, connector, stream, fromSeq, 1)
  if (behind > countedRows) return { rows: behind, oldestMs }
  // Positions of rows that were known already are empty.
  const { rows } = await ledger
    .selectFrom(stream)
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where('connector', '=', connector)
    .where('seq', '>', fromSeq)
    .executeTakeFirstOrThrow()
  return { rows, oldestMs }
}

/**
 * A summary is behind with the rows that it is made of. The position of the pass before does not tell which these are, but
 * they are among the last of their streams, and were landed since it ended; where none was, while it was under way.
 */
async function readSummaryBacklog(
  ledger: Ledger,
  state: ConnectorState,
  delivery: Selectable<DeliveryTable> | undefined,
  behind: number,
): Promise<StreamBacklog> {
  const passMs = delivery?.drained_at_ms ?? null
  let oldestMs: number | null = null
  for (const stream of ['qr_codes', 'scans'] as const) {
    const fromSeq = Math.max(lastSeqOf(state, stream) - behind, 0)
    const landedMs = await readFirstLanded(ledger, state.connector, stream, fromSeq, passMs ?? 1)
    oldestMs = earliest(oldestMs, landedMs)
  }
  return { rows: behind, oldestMs: oldestMs ?? passMs }
}

/** When the first row behind a position was landed, of those that were not before a time. */
async function readFirstLanded(
  ledger: Ledger,
  connector: string,
  stream: StreamName,
  afterSeq: number,
  sinceMs: number,
): Promise<number | null> {
  const row = await ledger
    .selectFrom(stream)
    .select('landed_at_ms')
    .where('connector', '=', connector)
    .where('seq', '>', afterSeq)
    .where('landed_at_ms', '>=', sinceMs)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
  return row?.landed_at_ms ?? null
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}

import { dayMs } from '../../src/model/durations.ts'
import type { Destination } from '../../src/destinations/destination.ts'
import { readConnector, type ConnectorState } from '../../src/ledger/connector/connector-state.ts'
import { isBehind, readDeliveries } from '../../src/ledger/deliveries/deliveries.ts'
import {
  forgetDeliveryFailure,
  isRetryDue,
  readDeliveryFailures,
} from '../../src/ledger/deliveries/delivery-failures.ts'
import { hasExceptions } from '../../src/ledger/deliveries/has-exceptions.ts'
import { readDueErasures } from '../../src/ledger/erasure/erasures.ts'
import { hasLinksToFollow } from '../../src/ledger/summaries/links-to-follow.ts'
import { hasReplays, hasDueReplays } from '../../src/ledger/deliveries/rejects.ts'
import { isSummary, type DeliveredStream } from '../../src/streams/streams.ts'
import type { ActivityDeps } from '../deps.ts'

export interface DueStream {
  stream: DeliveredStream
  /** Rows are gathered until then. */
  dueAtMs: number
  /** Whether its last attempt failed. */
  hasFailed: boolean
  /** Whether its last attempt failed and the next one is not due yet. */
  isFailing: boolean
}

interface Asked {
  /** Whether to deliver without gathering. */
  isUrgent: boolean
  /** Whether failing streams are due now. */
  retriesFailed: boolean
}

/** Returns the streams with something to deliver, in the destination's order. */
export async function readDueStreams(
  deps: ActivityDeps,
  name: string,
  destination: Destination,
  asked: Asked,
): Promise<DueStream[]> {
  const { ledger, connector } = deps
  const known = {
    state: await readConnector(ledger, connector),
    mayHaveExceptions: await hasExceptions(ledger, { connector, destination: name }),
  }
  return dueStreams(deps, name, destination, asked, known)
}

interface Known {
  state: ConnectorState
  /** Whether the destination may have failing streams, or rows to send again. */
  mayHaveExceptions: boolean
}

async function dueStreams(
  { ledger, connector, clock }: ActivityDeps,
  destination: string,
  { streams, gatherMs }: Destination,
  { isUrgent, retriesFailed }: Asked,
  { state, mayHaveExceptions }: Known,
): Promise<DueStream[]> {
  const place = { connector, destination }
  const failures = mayHaveExceptions ? await readDeliveryFailures(ledger, place, streams) : []
  const deliveries = await readDeliveries(ledger, place)
  const nowMs = clock.now()
  const due: DueStream[] = []
  for (const stream of streams) {
    const key = { ...place, stream }
    const delivery = deliveries.get(stream) ?? null
    const drainedAtMs = delivery?.drainedAtMs ?? null
    // "Scans of the last 7 days" is another number on another day, even without new scans.
    const isOfAnotherDay =
      isSummary(stream) && Math.floor((drainedAtMs ?? 0) / dayMs) !== Math.floor(nowMs / dayMs)
    const failure = failures.find((each) => each.stream === stream)
    const failing = {
      hasFailed: failure !== undefined,
      isFailing: failure !== undefined && !retriesFailed && !isRetryDue(failure, nowMs),
    }
    if (delivery === null || isBehind(state, stream, delivery) || isOfAnotherDay) {
      const isGathered = !isUrgent && drainedAtMs !== null && failure === undefined
      due.push({ stream, dueAtMs: isGathered ? drainedAtMs + gatherMs : 0, ...failing })
    } else if (
      (mayHaveExceptions && (await hasReplays(ledger, key))) ||
      (await hasLinksToFollow(ledger, key, deliveries, nowMs))
    ) {
      due.push({ stream, dueAtMs: 0, ...failing })
    } else if (failure !== undefined) await forgetDeliveryFailure(ledger, key)
  }
  return due
}

/**
 * Whether a delivery to any destination would find something to do now, gathered rows included.
 *
 * @param state of the connector, which was just read
 */
export async function isAnythingDue(deps: ActivityDeps, state: ConnectorState): Promise<boolean> {
  const { ledger, connector, clock, destinations } = deps
  const asked = { isUrgent: true, retriesFailed: false }
  for (const [name, destination] of destinations) {
    const place = { connector, destination: name }
    const mayHaveExceptions = await hasExceptions(ledger, place)
    const streams = await dueStreams(deps, name, destination, asked, { state, mayHaveExceptions })
    if (streams.some(({ isFailing }) => !isFailing)) return true
    if (!mayHaveExceptions) continue
    if ((await readDueErasures(ledger, place, clock.now())).length > 0) return true
    if (await hasDueReplays(ledger, place, clock.now())) return true
  }
  return false
}

import { dayMs } from '../../src/model/durations.ts'
import type { Destination } from '../../src/destinations/destination.ts'
import { readConnector } from '../../src/ledger/connector/connector-state.ts'
import { readDelivery, isBehind } from '../../src/ledger/deliveries/deliveries.ts'
import type { DeliveryKey } from '../../src/ledger/deliveries/batch.ts'
import {
  forgetDeliveryFailure,
  isRetryDue,
  readDeliveryFailures,
} from '../../src/ledger/deliveries/delivery-failures.ts'
import { readDueErasures } from '../../src/ledger/erasure/erasures.ts'
import { hasDueLooks, hasLooksSince } from '../../src/ledger/summaries/link-keys.ts'
import { readFloor } from '../../src/ledger/summaries/linked-pairs.ts'
import { hasReplays, hasDueReplays } from '../../src/ledger/deliveries/rejects.ts'
import type { Ledger } from '../../src/ledger/base/schema.ts'
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

/**
 * Returns the streams with something to deliver, in the destination's order.
 *
 * @param asked.isUrgent whether to deliver without gathering
 * @param asked.retriesFailed whether failing streams are due now
 */
export async function readDueStreams(
  { ledger, connector, clock }: ActivityDeps,
  destination: string,
  { streams, gatherMs }: Destination,
  { isUrgent, retriesFailed }: { isUrgent: boolean; retriesFailed: boolean },
): Promise<DueStream[]> {
  const state = await readConnector(ledger, connector)
  const failures = await readDeliveryFailures(ledger, { connector, destination }, streams)
  const nowMs = clock.now()
  const due: DueStream[] = []
  for (const stream of streams) {
    const key = { connector, destination, stream }
    const delivery = await readDelivery(ledger, key)
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
    } else if (await hasMore(ledger, key, { nowMs, drainedAtMs: drainedAtMs ?? 0 })) {
      due.push({ stream, dueAtMs: 0, ...failing })
    } else if (failure !== undefined) await forgetDeliveryFailure(ledger, key)
  }
  return due
}

/** Whether a stream has something to do although nothing new has landed in it. */
async function hasMore(
  ledger: Ledger,
  key: DeliveryKey,
  { nowMs, drainedAtMs }: { nowMs: number; drainedAtMs: number },
): Promise<boolean> {
  if (await hasReplays(ledger, key)) return true
  // A record that codes name may have been created since the last lookup.
  if (key.stream === 'link_summaries') return hasDueLooks(ledger, key, nowMs)
  if (key.stream !== 'link_codes' && key.stream !== 'link_scans') return false
  if (key.stream === 'link_scans' && (await hasScansToFollow(ledger, key))) return true
  return (await hasDueLooks(ledger, key, nowMs)) || hasLooksSince(ledger, key, drainedAtMs)
}

/** Whether scans were delivered that the last pass over linked scans could not write yet. */
async function hasScansToFollow(ledger: Ledger, key: DeliveryKey): Promise<boolean> {
  const scans = await readDelivery(ledger, { ...key, stream: 'scans' })
  return scans !== null && (await readFloor(ledger, key)) < scans.watermarkSeq
}

/** Whether a delivery to any destination would find something to do now, gathered rows included. */
export async function isAnythingDue(deps: ActivityDeps): Promise<boolean> {
  const { ledger, connector, clock, destinations } = deps
  const asked = { isUrgent: true, retriesFailed: false }
  for (const [name, destination] of destinations) {
    const streams = await readDueStreams(deps, name, destination, asked)
    if (streams.some(({ isFailing }) => !isFailing)) return true
    const place = { connector, destination: name }
    if ((await readDueErasures(ledger, place, clock.now())).length > 0) return true
    if (await hasDueReplays(ledger, { connector, destination: name }, clock.now())) return true
  }
  return false
}

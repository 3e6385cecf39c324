import type { Destination } from '../src/destinations/destination.ts'
import { readConnector } from '../src/ledger/connector-state.ts'
import { lastSeqOf, readDelivery } from '../src/ledger/deliveries.ts'
import { hasDueLooks } from '../src/ledger/link-keys.ts'
import { hasReplays } from '../src/ledger/rejects.ts'
import { ConnectorError } from '../src/model/connector-error.ts'
import { isSummary, type DeliveredStream } from '../src/model/stream.ts'
import type { DeliveryInput, DeliverySlice } from './contract.ts'
import { deliverStream } from './deliver-stream.ts'
import { deliverSummaries } from './deliver-summaries.ts'
import type { ActivityDeps } from './deps.ts'

const sliceMs = 10_000
const dayMs = 24 * 3_600_000

/**
 * Brings a destination up to the ledger, batch by batch, for a slice of time. A batch that was not written down comes again:
 * the destination's upsert makes that harmless. A destination that has nothing to take is not asked at all.
 */
export async function deliver(
  deps: ActivityDeps,
  { destination: name, isUrgent = false }: Omit<DeliveryInput, 'connector'>,
  signal: AbortSignal,
): Promise<DeliverySlice> {
  const destination = deps.destinations.get(name)
  if (destination === undefined)
    throw new ConnectorError('CONFIG_INVALID', `The config file has no destination ${name} any more.`, {
      retry: 'never',
    })
  const nowMs = deps.clock.now()
  const due = await readDueStreams(deps, name, destination, isUrgent)
  const later = due.filter(({ dueAtMs }) => dueAtMs > nowMs).map(({ dueAtMs }) => dueAtMs)
  const result: DeliverySlice = { delivered: 0, rejected: 0, isDone: true }
  if (later.length > 0) result.gatherUntilMs = Math.min(...later)
  if (later.length === due.length) return result

  const endsAtMs = Date.now() + sliceMs
  const mustStop = () => signal.aborted || Date.now() >= endsAtMs
  try {
    await destination.prepare()
    for (const { stream } of due.filter(({ dueAtMs }) => dueAtMs <= nowMs)) {
      const place = { deps, destination, destinationName: name, result, mustStop }
      result.isDone = isSummary(stream)
        ? await deliverSummaries(place, stream)
        : await deliverStream(place, stream)
      if (!result.isDone) break
    }
    return result
  } catch (error) {
    // What was settled stays so, and ends this slice: the next one is a new activity, so that faults between batches that go
    // well do not make its waits longer and longer.
    const hasProgressed = result.delivered + result.rejected > 0
    if (hasProgressed && error instanceof ConnectorError && error.retry === 'backoff')
      return { ...result, isDone: false }
    throw error
  } finally {
    await destination.close()
  }
}

interface DueStream {
  stream: DeliveredStream
  /** Until then its rows are gathered. */
  dueAtMs: number
}

/** The streams of which something is to be delivered, in the destination's order. */
async function readDueStreams(
  { ledger, connector, clock }: ActivityDeps,
  destination: string,
  { streams, gatherMs }: Destination,
  isUrgent: boolean,
): Promise<DueStream[]> {
  const state = await readConnector(ledger, connector)
  const due: DueStream[] = []
  for (const stream of streams) {
    const key = { connector, destination, stream }
    const delivery = await readDelivery(ledger, key)
    const drainedAtMs = delivery?.drainedAtMs ?? null
    // What was scanned in the last 7 days is another number on another day, also where nobody scans.
    const isOfAnotherDay =
      isSummary(stream) && Math.floor((drainedAtMs ?? 0) / dayMs) !== Math.floor(clock.now() / dayMs)
    const isBehind = delivery === null || delivery.watermarkSeq < lastSeqOf(state, stream)
    if (isBehind || isOfAnotherDay)
      due.push({ stream, dueAtMs: isUrgent || drainedAtMs === null ? 0 : drainedAtMs + gatherMs })
    else if (await hasReplays(ledger, key)) due.push({ stream, dueAtMs: 0 })
    // A record that codes name may have been made since it was last looked for.
    else if (stream === 'link_summaries' && (await hasDueLooks(ledger, key, clock.now())))
      due.push({ stream, dueAtMs: 0 })
  }
  return due
}

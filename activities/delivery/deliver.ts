import type { Destination } from '../../src/destinations/destination.ts'
import { forgetDeliveryFailure } from '../../src/ledger/deliveries/delivery-failures.ts'
import { eraseDue } from '../../src/ledger/erasure/erase-there.ts'
import { concernsAll, ConnectorError } from '../../src/model/connector-error.ts'
import { isSummary } from '../../src/streams/streams.ts'
import { beginDelivery } from './begin-delivery.ts'
import type { DeliveryInput, DeliverySlice } from '../contract.ts'
import { deliverStream } from './deliver-stream.ts'
import { deliverSummaries } from './deliver-summaries.ts'
import type { ActivityDeps } from '../deps.ts'
import { keyOf, type DeliveryAtWork } from './hand-over.ts'
import { readDueStreams, type DueStream } from './read-due-streams.ts'
import { noteFailedStreams, readFailedStreams, type FailedStream } from './stream-failures.ts'

const sliceMs = 10_000

/**
 * Delivers what a destination does not have yet, batch by batch, for a slice of time. If the activity ends before it has recorded a
 * batch, it delivers that batch again, which the destination's upsert makes harmless. It sends nothing to a destination that
 * has every row.
 *
 * A failing stream waits for its own next attempt, and the others continue: the slice then returns a result. It throws only if
 * the whole destination fails.
 */
export async function deliver(
  deps: ActivityDeps,
  input: Omit<DeliveryInput, 'connector'>,
  signal: AbortSignal,
): Promise<DeliverySlice> {
  const name = input.destination
  const destination = deps.destinations.get(name)
  if (destination === undefined) {
    throw new ConnectorError('CONFIG_INVALID', `The config file no longer has a destination ${name}.`, {
      retry: 'never',
    })
  }
  try {
    return await deliverDue(deps, destination, input, signal)
  } finally {
    // Even if no stream was due: `beginDelivery` has asked the destination what it writes to, which may have opened it.
    await destination.close()
  }
}

async function deliverDue(
  deps: ActivityDeps,
  destination: Destination,
  { destination: name, isUrgent = false, retriesFailed = false }: Omit<DeliveryInput, 'connector'>,
  signal: AbortSignal,
): Promise<DeliverySlice> {
  const obstacle = await beginDelivery(deps, name, destination)
  const { ledger, connector, clock } = deps
  const { erasure } = destination
  await eraseDue(ledger, { connector, destination: name }, { erasure, obstacle, now: () => clock.now() })
  const nowMs = deps.clock.now()
  const streams = await readDueStreams(deps, name, destination, { isUrgent, retriesFailed })
  const later = streams.filter(({ dueAtMs }) => dueAtMs > nowMs).map(({ dueAtMs }) => dueAtMs)
  const due = streams.filter(({ dueAtMs, isFailing }) => dueAtMs <= nowMs && !isFailing)
  const result: DeliverySlice = { delivered: 0, rejected: 0, isDone: true }
  if (later.length > 0) result.gatherUntilMs = Math.min(...later)
  if (due.length > 0) {
    const endsAtMs = Date.now() + sliceMs
    const mustStop = () => signal.aborted || Date.now() >= endsAtMs
    if (obstacle !== null) throw obstacle
    await deliverStreams({ deps, destination, destinationName: name, result, mustStop }, due)
  }
  return { ...result, ...(await readFailedStreams(deps, name, destination)) }
}

async function deliverStreams(work: DeliveryAtWork, due: readonly DueStream[]): Promise<void> {
  const { result, destination } = work
  const failed: FailedStream[] = []
  for (const { stream, hasFailed } of due) {
    const settledBefore = settledRows(result)
    try {
      await destination.apply(stream)
      const isDone = isSummary(stream)
        ? await deliverSummaries(work, stream)
        : await deliverStream(work, stream)
      if (hasFailed) await forgetDeliveryFailure(work.deps.ledger, keyOf(work, stream))
      if (!isDone) result.isDone = false
    } catch (error) {
      if (concernsAll(error)) {
        await noteFailedStreams(work, failed)
        endSlice(result, error)
        return
      }
      failed.push({ stream, error, hasProgressed: settledRows(result) > settledBefore })
    }
    if (stream !== due.at(-1)?.stream && work.mustStop()) {
      // The next slice delivers what this one had no time for.
      result.isDone = false
      break
    }
  }
  // All of its streams fail, so the destination as a whole fails.
  if (failed.length === destination.streams.length && settledRows(result) === 0) throw failed[0]?.error
  await noteFailedStreams(work, failed)
}

function settledRows({ delivered, rejected }: DeliverySlice): number {
  return delivered + rejected
}

/**
 * Ends the slice after an error. If some rows were settled and a retry may help, the slice returns, and the next slice is a new
 * activity: occasional faults between good batches then do not make the backoff longer and longer. Otherwise it throws the error.
 */
function endSlice(result: DeliverySlice, error: unknown): void {
  const isToGoOn = settledRows(result) > 0 && error instanceof ConnectorError && error.retry === 'backoff'
  if (!isToGoOn) throw error
  result.isDone = false
}

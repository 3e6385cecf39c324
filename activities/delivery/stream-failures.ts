import type { Destination } from '../../src/destinations/destination.ts'
import { noteDeliveryFailure, readDeliveryFailures } from '../../src/ledger/deliveries/delivery-failures.ts'
import { ConnectorError, type Retry } from '../../src/model/connector-error.ts'
import type { DeliveredStream } from '../../src/streams/streams.ts'
import type { DeliverySlice } from '../contract.ts'
import type { ActivityDeps } from '../deps.ts'
import { keyOf, type DeliveryAtWork } from './hand-over.ts'

export interface FailedStream {
  stream: DeliveredStream
  error: unknown
  /** Whether some of its rows were settled before it failed. */
  hasProgressed: boolean
}

/**
 * Stores failures in the ledger. A stream that made progress before a temporary failure is not stored: it
 * continues with the next slice.
 */
export async function noteFailedStreams(
  work: DeliveryAtWork,
  failed: readonly FailedStream[],
): Promise<void> {
  const { deps, result } = work
  for (const { stream, error, hasProgressed } of failed) {
    const key = keyOf(work, stream)
    const { code, message, retry } = described(error)
    deps.observer.streamFailed({ ...key, code, message })
    if (hasProgressed && error instanceof ConnectorError && retry === 'backoff') result.isDone = false
    else {
      await noteDeliveryFailure(deps.ledger, key, { code, message, retry, hasProgressed }, deps.clock.now())
    }
  }
}

/** An error without a code is a bug; it is retried too. */
function described(error: unknown): { code: string; message: string; retry: Retry } {
  if (error instanceof ConnectorError) return error
  if (error instanceof Error) return { code: error.name, message: error.message, retry: 'backoff' }
  return { code: 'Error', message: String(error), retry: 'backoff' }
}

type FailuresOfSlice = Pick<DeliverySlice, 'failures' | 'retryAtMs'>

/** The destination's failing streams, in the form that the result of a slice has. */
export async function readFailedStreams(
  { ledger, connector }: ActivityDeps,
  destination: string,
  { streams }: Destination,
): Promise<FailuresOfSlice> {
  const failures = await readDeliveryFailures(ledger, { connector, destination }, streams)
  if (failures.length === 0) return {}
  return {
    retryAtMs: Math.min(...failures.map(({ retryAtMs }) => retryAtMs)),
    failures: failures.map(({ stream, code, message, attempts, sinceMs, retryAtMs }) => ({
      stream,
      code,
      message,
      attempts,
      sinceMs,
      retryAtMs,
    })),
  }
}

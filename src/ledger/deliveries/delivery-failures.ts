import type { Retry } from '../../model/connector-error.ts'
import type { DeliveredStream } from '../../streams/streams.ts'
import type { DeliveryKey } from './batch.ts'
import type { Ledger } from '../base/schema.ts'

/** Why a destination does not accept a stream now. */
export interface DeliveryFailure {
  connector: string
  destination: string
  stream: DeliveredStream
  /** The error's code; for a bug, the error's name. */
  code: string
  message: string
  /** Attempts that have failed in a row. */
  attempts: number
  sinceMs: number
  failedAtMs: number
  retryAtMs: number
}

export interface FailedAttempt {
  code: string
  message: string
  retry: Retry
  /** Whether rows were confirmed or rejected before it failed: it is then the first failure of another row. */
  hasProgressed: boolean
}

const firstBackoffMs = 2_000
const longestBackoffMs = 10 * 60_000
/** The backoff if an operator has to change something first. */
const neverBackoffMs = { first: 10 * 60_000, longest: 60 * 60_000 }
const longestMessage = 1_000

/**
 * Records why a stream failed, and when to retry it. The backoff doubles with every attempt.
 *
 * @param nowMs the worker's time
 */
export async function noteDeliveryFailure(
  ledger: Ledger,
  { connector, destination, stream }: DeliveryKey,
  { code, message, retry, hasProgressed }: FailedAttempt,
  nowMs: number,
): Promise<void> {
  const key = { connector, destination, stream }
  const before = await ledger
    .selectFrom('delivery_failures')
    .select(['attempts', 'since_ms'])
    .where((eb) => eb.and(key))
    .executeTakeFirst()
  const isFirst = before === undefined || hasProgressed
  const attempts = isFirst ? 1 : before.attempts + 1
  const values = {
    code,
    message: message.slice(0, longestMessage),
    attempts,
    since_ms: isFirst ? nowMs : before.since_ms,
    failed_at_ms: nowMs,
    retry_at_ms: nowMs + retryDelayMs(retry, attempts),
  }
  await ledger
    .insertInto('delivery_failures')
    .values({ ...key, ...values })
    .onConflict((conflict) => conflict.columns(['connector', 'destination', 'stream']).doUpdateSet(values))
    .execute()
}

function retryDelayMs(retry: Retry, attempts: number): number {
  if (typeof retry === 'object') return retry.afterMs
  const [firstMs, longestMs] =
    retry === 'never' ? [neverBackoffMs.first, neverBackoffMs.longest] : [firstBackoffMs, longestBackoffMs]
  const exactMs = Math.min(firstMs * 2 ** Math.min(attempts - 1, 30), longestMs)
  return Math.round(exactMs * (0.75 + Math.random() / 2))
}

/** Deletes a stream's failure: the destination accepts it again, or nothing is left to deliver. */
export async function forgetDeliveryFailure(
  ledger: Ledger,
  { connector, destination, stream }: DeliveryKey,
): Promise<void> {
  await ledger
    .deleteFrom('delivery_failures')
    .where((eb) => eb.and({ connector, destination, stream }))
    .execute()
}

/**
 * Returns the failing streams of a destination, in its order.
 *
 * @param streams those that it accepts: one that the config file no longer has does not fail any more
 */
export async function readDeliveryFailures(
  ledger: Ledger,
  { connector, destination }: Omit<DeliveryKey, 'stream'>,
  streams: readonly DeliveredStream[],
): Promise<DeliveryFailure[]> {
  return (await readAllDeliveryFailures(ledger, [connector]))
    .filter((failure) => failure.destination === destination && streams.includes(failure.stream))
    .toSorted((a, b) => streams.indexOf(a.stream) - streams.indexOf(b.stream))
}

export async function readAllDeliveryFailures(
  ledger: Ledger,
  connectors: readonly string[],
): Promise<DeliveryFailure[]> {
  const rows = await ledger
    .selectFrom('delivery_failures')
    .selectAll()
    .where('connector', 'in', connectors)
    .execute()
  return rows.map((row) => ({
    connector: row.connector,
    destination: row.destination,
    stream: row.stream as DeliveredStream,
    code: row.code,
    message: row.message,
    attempts: row.attempts,
    sinceMs: row.since_ms,
    failedAtMs: row.failed_at_ms,
    retryAtMs: row.retry_at_ms,
  }))
}

/** Whether to retry a failing stream now. A failure in the future was recorded by a wrong clock, so it is retried now. */
export function isRetryDue({ retryAtMs, failedAtMs }: DeliveryFailure, nowMs: number): boolean {
  return retryAtMs <= nowMs || failedAtMs > nowMs + clockToleranceMs
}

/** The clocks of workers may differ by this much. */
const clockToleranceMs = 60_000

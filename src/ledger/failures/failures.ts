import { dayMs, minuteMs, secondMs } from '../../model/durations.ts'
import type { Transaction } from 'kysely'
import { prepared } from '../base/prepared.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

/** The wait before the first retry: a short fault is over by then. */
const firstRetryMs = 5 * secondMs
/** A correct clock is never behind a stored time by more than this. */
export const clockToleranceMs = 2 * minuteMs
/** The search for a code's late scans. It has its own failures, which do not delay the code's new scans. */
export const lateScansEndpoint = 'GET /qr-codes/{id}/scans (late scans)'

/** The collection of a code's history, with its own failures too. */
export const historyEndpoint = 'GET /qr-codes/{id}/scans (history)'

/** The unit that fails and is retried: an endpoint of a code, or of the account (with an empty id). */
export interface FailureTarget {
  /** As in openapi.yaml, or {@link lateScansEndpoint} or {@link historyEndpoint}. */
  endpoint: string
  qrCodeId: string
}

/** @returns the failing code, so that a code with two failing endpoints counts once, or the endpoint of the account */
export const whoFails = ({ endpoint, qrCodeId }: FailureTarget) => (qrCodeId === '' ? endpoint : qrCodeId)

export interface Failure extends FailureTarget {
  code: string
  message: string
  /** Calls that failed since it last worked. */
  attempts: number
  sinceMs: number
  failedAtMs: number
  /** No planned call is made before this time. */
  retryAtMs: number
  /** The manual sync that tried it last; null if a planned one did. */
  syncId: string | null
}

export interface FailedCall {
  target: FailureTarget
  code: string
  message: string
  sentAtMs: number
  nowMs: number
  /** The manual sync that made the call; null if a planned one did. */
  syncId: string | null
}

/**
 * Computes the backoff after consecutive failures of a target: five seconds, then one minute, doubling up to a day. A code that
 * stays broken costs 12 calls on its first day. A call that took long to fail is not retried at once.
 *
 * @returns ms, with up to a quarter added at random, so that many targets are not retried at the same time
 */
function retryDelayMs(attempts: number, tookMs: number): number {
  const exactMs =
    attempts <= 1 ? Math.max(firstRetryMs, 2 * tookMs) : Math.min(minuteMs * 2 ** (attempts - 2), dayMs)
  return Math.round(exactMs * (1 + Math.random() / 4))
}

/** Records that a call to a target failed, and when to retry it. The caller must hold the connector's lock. */
export async function recordFailure(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  { target, code, message, sentAtMs, nowMs, syncId }: FailedCall,
  { isStall = false }: { isStall?: boolean } = {},
): Promise<void> {
  const known = await findRow(transaction, connector, target)
  // Detecting pages without progress takes several calls, and a short fault does not explain them: skip the first, short retry.
  const attempts = isStall ? Math.max((known?.attempts ?? 0) + 1, 2) : (known?.attempts ?? 0) + 1
  const delayMs = retryDelayMs(attempts, nowMs - sentAtMs)
  const failure = {
    code,
    message,
    attempts,
    since_ms: known === undefined || known.attempts === 0 ? nowMs : Math.min(known.since_ms, nowMs),
    failed_at_ms: nowMs,
    retry_at_ms: nowMs + delayMs,
    sync_id: syncId,
    // Stays set until a collection is complete, because its first pages may work.
    stalls: isStall ? 1 : 0,
  }
  await transaction
    .insertInto('failures')
    .values({ connector, endpoint: target.endpoint, qr_code_id: target.qrCodeId, ...failure })
    .onConflict((conflict) => conflict.columns(['connector', 'endpoint', 'qr_code_id']).doUpdateSet(failure))
    .execute()
}

/** Clears a target's failure because a call worked. A single page does not clear a failure of pages without progress. */
export async function clearFailure(
  ledger: Ledger | Transaction<LedgerSchema>,
  connector: string,
  { endpoint, qrCodeId }: FailureTarget,
  { isWhole }: { isWhole: boolean },
): Promise<void> {
  await ledger
    .deleteFrom('failures')
    .where('connector', '=', connector)
    .where('endpoint', '=', endpoint)
    .where('qr_code_id', '=', qrCodeId)
    .$if(!isWhole, (query) => query.where((eb) => eb.or([eb('stalls', '=', 0), eb('attempts', '=', 0)])))
    .execute()
}

/** @returns the failing targets of a connector, the longest-failing first, without those of deleted codes */
export async function readFailures(ledger: Ledger, connector: string, nowMs: number): Promise<Failure[]> {
  const rows = await ledger
    .selectFrom('failures')
    .leftJoin('qr_codes', (join) =>
      join
        .onRef('qr_codes.connector', '=', 'failures.connector')
        .onRef('qr_codes.id', '=', 'failures.qr_code_id'),
    )
    .selectAll('failures')
    .where('failures.connector', '=', connector)
    .where('attempts', '>', 0)
    .where((eb) => eb.or([eb('deleted', 'is', null), eb('deleted', '=', 0)]))
    .orderBy('since_ms')
    .orderBy('failures.qr_code_id')
    .execute()
  return rows.map((row) => ({
    endpoint: row.endpoint,
    qrCodeId: row.qr_code_id,
    code: row.code,
    message: row.message,
    attempts: row.attempts,
    sinceMs: row.since_ms,
    failedAtMs: row.failed_at_ms,
    // Ignore a retry time that was written by a clock that was ahead.
    retryAtMs: row.failed_at_ms > nowMs + clockToleranceMs ? nowMs : row.retry_at_ms,
    syncId: row.sync_id,
  }))
}

/** Whether there is a failing target, an outage, or a suspicion of one. */
export async function isAnythingFailing(ledger: Ledger, connector: string): Promise<boolean> {
  const any = await selectAnyFailing(ledger, { connector })
  return any.length > 0
}

const selectAnyFailing = prepared<{ connector: string }, { connector: string }>((ledger, place) =>
  ledger
    .selectFrom('failures')
    .select('connector')
    .where('connector', '=', place('connector'))
    .unionAll(ledger.selectFrom('outages').select('connector').where('connector', '=', place('connector')))
    .limit(1)
    .compile(),
)

export async function findRow(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  { endpoint, qrCodeId }: FailureTarget,
) {
  return transaction
    .selectFrom('failures')
    .selectAll()
    .where('connector', '=', connector)
    .where('endpoint', '=', endpoint)
    .where('qr_code_id', '=', qrCodeId)
    .executeTakeFirst()
}

/** Deletes all failures of a code, because the code was deleted. */
export async function clearCode(ledger: Ledger, connector: string, qrCodeId: string): Promise<void> {
  await ledger
    .deleteFrom('failures')
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
    .execute()
}

/** A failing target with its code's name; without a code it is an endpoint of the account. */
export interface NamedFailure extends Failure {
  name: string | null
}

/** Returns what fails, the longest first. */
export async function readNamedFailures(
  ledger: Ledger,
  connector: string,
  nowMs: number,
): Promise<NamedFailure[]> {
  const failures = await readFailures(ledger, connector, nowMs)
  if (failures.length === 0) return []
  const codes = await ledger
    .selectFrom('qr_codes')
    .select(['id', 'row'])
    .where('connector', '=', connector)
    .where('id', 'in', [...new Set(failures.map(({ qrCodeId }) => qrCodeId))])
    .execute()
  const names = new Map(codes.map(({ id, row }) => [id, (JSON.parse(row) as { name: string | null }).name]))
  return failures.map((failure) => ({ ...failure, name: names.get(failure.qrCodeId) ?? null }))
}

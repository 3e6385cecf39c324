import { ApiError } from '../../src/source/api-error.ts'
import { reserveCall, settleCall, type ReservedCall, type Settlement } from '../../src/ledger/calls/calls.ts'
import { noteFailedCall } from '../../src/ledger/failures/outages.ts'
import { hasWorkedSince } from '../../src/ledger/failures/worked-since.ts'
import { isFailureOfTarget, passOutages, targetOf, type CallPurpose } from './call-target.ts'
import { CallsSpent } from './calls-spent.ts'
import type { ActivityDeps } from '../deps.ts'
import type { CallEnd } from '../observer.ts'

/** A wait for the window that is shorter than this sleeps in place; a longer one uses a durable timer. */
const sleptInPlaceMs = 1_500
/** A process that was suspended this long after it reserved a call (a laptop that slept) reserves another one. */
const stalledMs = 5_000

/**
 * Sends one call within the budget. It counts the call before sending it, and settles it if it fails. It stores
 * a failure with its target ({@link isFailureOfTarget}), and during an outage sends only probes. After a
 * success the call is still open: the caller settles it in the transaction that lands its rows.
 *
 * @throws CallsSpent, ApiError
 */
export async function meteredCall<T>(
  deps: ActivityDeps,
  purpose: CallPurpose,
  send: () => Promise<T>,
): Promise<{ call: ReservedCall; answer: T }> {
  const { ledger, connector, clock } = deps
  const { share } = deps.budget
  const timeoutMs = deps.callTimeoutMs + stalledMs
  await passOutages(deps, targetOf(purpose))
  for (;;) {
    const reservation = await reserveCall(ledger, { connector, ...purpose, share, timeoutMs, now: clock.now })
    if (reservation.granted) {
      const { call } = reservation
      if (clock.now() - call.sentAtMs < stalledMs) {
        return { call, answer: await sendReserved(deps, call, purpose, send) }
      }
      await settle(deps, call, {
        outcome: 'not_sent',
        httpStatus: null,
        probe: 'unsent',
        nowMs: clock.now(),
      })
      continue
    }
    const waitMs = reservation.wait.untilMs - clock.now()
    if (waitMs > sleptInPlaceMs) throw new CallsSpent(reservation.wait)
    await clock.sleep(Math.max(waitMs, 1))
  }
}

async function sendReserved<T>(
  deps: ActivityDeps,
  call: ReservedCall,
  callPurpose: CallPurpose,
  send: () => Promise<T>,
): Promise<T> {
  const { endpoint, purpose, qrCodeId } = callPurpose
  const observed = { connector: call.connector, callId: call.id, endpoint, purpose, qrCodeId }
  try {
    return await deps.observer.call(observed, send, endOf)
  } catch (error) {
    const nowMs = deps.clock.now()
    await settleFailed(deps, call, callPurpose, error, nowMs)
    throw longPause(error, nowMs) ?? error
  }
}

/** A longer pause uses a timer of the workflow, which shows the reason; a shorter one uses the activity's retry. */
const longPauseMs = 60_000

function longPause(error: unknown, nowMs: number): CallsSpent | null {
  if (!(error instanceof ApiError) || typeof error.retry !== 'object') return null
  if (error.retry.afterMs <= longPauseMs) return null
  const reason = error.window === 'month' ? 'month' : 'retry_after'
  return new CallsSpent({ reason, untilMs: nowMs + error.retry.afterMs })
}

async function settleFailed(
  { ledger, syncId = null }: ActivityDeps,
  call: ReservedCall,
  purpose: CallPurpose,
  error: unknown,
  nowMs: number,
): Promise<void> {
  await ledger.transaction().execute(async (transaction) => {
    await settleCall(transaction, call, settlementOf(error, nowMs))
    if (!isFailureOfTarget(error)) return
    // Two workers may make the same request at once. If the other one has its answer, the target works.
    const sent = { sentAtMs: call.sentAtMs, nowMs }
    if (await hasWorkedSince(transaction, call.connector, targetOf(purpose), sent)) return
    const { code, message } = error
    const failed = { code, message, sentAtMs: call.sentAtMs, nowMs, syncId }
    await noteFailedCall(transaction, call.connector, { target: targetOf(purpose), ...failed })
  })
}

async function settle({ ledger }: ActivityDeps, call: ReservedCall, settlement: Settlement): Promise<void> {
  await ledger.transaction().execute((transaction) => settleCall(transaction, call, settlement))
}

function endOf(error: unknown): CallEnd {
  if (!(error instanceof ApiError)) return { outcome: 'failed', httpStatus: null, window: null }
  return { outcome: outcomeOf(error), httpStatus: error.status, window: error.window }
}

function outcomeOf({ mayHaveArrived, status }: ApiError) {
  if (!mayHaveArrived) return 'not_sent'
  return status === 429 ? 'refused' : 'failed'
}

function settlementOf(error: unknown, nowMs: number): Settlement {
  const { outcome, httpStatus, window } = endOf(error)
  // A definite answer, such as "this code does not exist", shows that the API works.
  const isAnswer = error instanceof ApiError && error.retry === 'never'
  const settlement: Settlement = { outcome, httpStatus, nowMs, probe: isAnswer ? 'passed' : 'failed' }
  if (!(error instanceof ApiError) || typeof error.retry !== 'object') return settlement
  return {
    ...settlement,
    retryAfterMs: error.retry.afterMs,
    isTimeNamed: error.isTimeNamed,
    reason: error.message,
    window,
  }
}

import type { Transaction } from 'kysely'
import { minuteWindowMs, periodOf, waitBeforeCall, type Period, type Wait } from '../../budget/windows.ts'
import type { DelayMs } from '../../model/delay.ts'
import { lockConnector, type ConnectorState } from '../connector/connector-state.ts'
import { readCallWindow } from './call-window.ts'
import { closeGate, sendProbe, settleProbe, type ProbeResult } from './gate.ts'
import { learnSmallerMinute, minuteOf } from './minute.ts'
import { seeTime } from '../connector/mend-times.ts'
import { addToMonth, correctMonth, readMonth } from './months.ts'
import type { CallOutcome, Ledger, LedgerSchema } from '../base/schema.ts'

/** A call that is counted and may now be sent, once. */
export interface ReservedCall {
  id: number
  connector: string
  sentAtMs: number
  /** The months in which the API may count it, one of them as a rule: near the end of one it may arrive in the next. */
  months: Period[]
}

export interface CallRequest {
  connector: string
  /** As in openapi.yaml: `GET /qr-codes/{id}/scans`. */
  endpoint: string
  /** What the call is for, in the words of `qrsync usage`. */
  purpose: string
  qrCodeId?: string
  /** The time limit of the call: it cannot reach the API later. */
  timeoutMs: number
  /** The connector's share of the month's calls, planned and manual; all of them if not set. */
  share?: number
  /** Calls of the month that this call must leave over. */
  keptBack?: number
  /** The clock; read under the connector's lock, because the call leaves only then. */
  now: () => number
}

export type Reservation = { granted: true; call: ReservedCall } | { granted: false; wait: Wait }

/**
 * Counts a call before it is sent, or returns when the next one may be sent. The call stays counted whatever happens next, also after
 * a crash.
 *
 * A call arrives at the API between its request and its response, so it occupies its place in the minute
 * from the request to 60 s after the response. This makes the window exact without comparing two clocks.
 */
export async function reserveCall(ledger: Ledger, request: CallRequest): Promise<Reservation> {
  const { connector } = request
  return ledger.transaction().execute(async (transaction) => {
    const locked = await lockConnector(transaction, connector)
    const nowMs = request.now()
    const state = await seeTime(transaction, locked, nowMs)
    const claim = { share: request.share ?? 1, keptBack: request.keptBack ?? 0 }
    const { month, passage, window } = await readCallWindow(transaction, state, claim, nowMs)
    await endImpossibleWindows(transaction, connector, nowMs + request.timeoutMs + 2 * minuteWindowMs)
    const minute = minuteOf(state, nowMs)
    const wait = waitBeforeCall({
      ...window,
      minuteFullUntilMs: await minuteFullUntil(transaction, connector, minute.calls, nowMs),
      pacedUntilMs: await pacedUntil(transaction, connector, minute.paceMs, nowMs),
    })
    if (wait !== null) return { granted: false, wait }
    const { id } = await transaction
      .insertInto('calls')
      .values({
        connector,
        endpoint: request.endpoint,
        purpose: request.purpose,
        qr_code_id: request.qrCodeId ?? null,
        sent_at_ms: nowMs,
        settled_at_ms: null,
        window_until_ms: nowMs + request.timeoutMs + minuteWindowMs,
        outcome: 'pending',
        http_status: null,
        rows: null,
        retry_after_ms: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    if (passage === 'probe') {
      await sendProbe(transaction, connector, { callId: id, untilMs: nowMs + request.timeoutMs })
    }
    const lastMonth = periodOf(nowMs + request.timeoutMs, state.month_resets_at_ms)
    const months = lastMonth.key === month.key ? [month] : [month, lastMonth]
    for (const { key } of months) await addToMonth(transaction, connector, key, 1)
    return { granted: true, call: { id, connector, sentAtMs: nowMs, months } }
  })
}

/**
 * No call keeps its place until `latestMs`, not even one of a worker whose clock is a minute ahead. One that does was made before
 * our clock was set back: nobody knows how long ago, so it counts as made now.
 */
async function endImpossibleWindows(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  latestMs: number,
): Promise<void> {
  await transaction
    .updateTable('calls')
    .set({ window_until_ms: latestMs })
    .where('connector', '=', connector)
    .where('window_until_ms', '>', latestMs)
    .execute()
}

/** When the minute has room again, or null when it has room now. */
async function minuteFullUntil(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  perMinute: number,
  nowMs: number,
): Promise<number | null> {
  const atLimit = await transaction
    .selectFrom('calls')
    .select('window_until_ms')
    .where('connector', '=', connector)
    .where('window_until_ms', '>=', nowMs)
    .orderBy('window_until_ms', 'desc')
    .offset(perMinute - 1)
    .limit(1)
    .executeTakeFirst()
  return atLimit?.window_until_ms ?? null
}

/** When the next call keeps to the pace; 0 where there is none. */
async function pacedUntil(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  paceMs: number,
  nowMs: number,
): Promise<number> {
  if (paceMs === 0) return 0
  const last = await transaction
    .selectFrom('calls')
    .select('sent_at_ms')
    .where('connector', '=', connector)
    .where('window_until_ms', '>=', nowMs)
    .where('sent_at_ms', '<=', nowMs)
    .orderBy('sent_at_ms', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last === undefined ? 0 : last.sent_at_ms + paceMs
}

export interface Settlement {
  outcome: Exclude<CallOutcome, 'pending'>
  httpStatus: number | null
  rows?: number
  /** No call is sent before this time, planned or manual … */
  retryAfterMs?: DelayMs
  /** … and whether it is the API's own word (Retry-After). */
  isTimeNamed?: boolean
  reason?: string
  /** The window that a refusal speaks of. */
  window?: 'minute' | 'month' | null
  /** What the call says of the API, if it was the probe: without it, only an `ok` lets the others follow. */
  probe?: ProbeResult
  nowMs: number
}

/**
 * Closes a call's account. Comes first in the transaction that lands what the call brought, since it takes the
 * connector's lock.
 */
export async function settleCall(
  transaction: Transaction<LedgerSchema>,
  call: ReservedCall,
  settlement: Settlement,
): Promise<void> {
  const { outcome, nowMs } = settlement
  const state = await seeTime(transaction, await lockConnector(transaction, call.connector), nowMs)
  await transaction
    .updateTable('calls')
    .set({
      settled_at_ms: nowMs,
      // What never left, takes no place in the window.
      window_until_ms: outcome === 'not_sent' ? call.sentAtMs : nowMs + minuteWindowMs,
      outcome,
      http_status: settlement.httpStatus,
      rows: settlement.rows ?? null,
      retry_after_ms: settlement.retryAfterMs ?? null,
    })
    .where('connector', '=', call.connector)
    .where('id', '=', call.id)
    .execute()
  const isCounted = outcome !== 'refused' && outcome !== 'not_sent'
  for (const { key, startMs } of call.months)
  // An answer before a month has begun settles that the call did not arrive in it.
  {
    if (!isCounted || startMs > nowMs) await addToMonth(transaction, call.connector, key, -1)
  }
  const { retryAfterMs } = settlement
  const leastMs = await settleProbe(transaction, state, {
    callId: call.id,
    result: settlement.probe ?? (outcome === 'ok' ? 'passed' : 'failed'),
    nowMs,
    replacing: retryAfterMs !== undefined,
  })
  if (retryAfterMs === undefined) return
  const untilMs = nowMs + Math.max(retryAfterMs, leastMs)
  const text = settlement.reason ?? 'Retry-After'
  await closeGate(transaction, call.connector, { reason: 'retry_after', untilMs, text, nowMs })
  if (settlement.window === 'month') {
    await learnMonthSpent(
      transaction,
      state,
      settlement.isTimeNamed === true ? nowMs + retryAfterMs : null,
      nowMs,
    )
  } else if (settlement.window === 'minute') {
    await learnSmallerMinute(transaction, state, { sentAtMs: call.sentAtMs, nowMs })
  }
}

/** Clocks differ, and Retry-After is rounded up to seconds. */
const monthToleranceMs = 10 * minuteWindowMs
const shortestRestMs = 60 * minuteWindowMs

/**
 * The API reports that the month's calls are spent, and when they reset: none is left, even if others spent them. If the reset is not
 * the end of our month, the API's months begin at another time.
 */
async function learnMonthSpent(
  transaction: Transaction<LedgerSchema>,
  state: ConnectorState,
  namedMs: number | null,
  nowMs: number,
): Promise<void> {
  const { connector, calls_per_month: limit } = state
  const known = periodOf(nowMs, state.month_resets_at_ms)
  const resetsAtMs = namedMs ?? known.endMs
  const isKnown = Math.abs(known.endMs - resetsAtMs) <= monthToleranceMs
  // Seconds are no end of a month that we did not know of: the gate keeps them.
  if (!isKnown && resetsAtMs - nowMs < shortestRestMs) return
  if (!isKnown) {
    await transaction
      .updateTable('accounts')
      .set({ month_resets_at_ms: resetsAtMs, month_learned_at_ms: nowMs })
      .where('connector', '=', connector)
      .execute()
  }
  const { key } = isKnown ? known : periodOf(nowMs, resetsAtMs)
  const { calls } = await readMonth(transaction, connector, key)
  if (calls < limit) await correctMonth(transaction, connector, key, { counted: limit, unseen: 0 })
}

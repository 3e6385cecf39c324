import type { Transaction } from 'kysely'
import { minuteWindowMs, periodOf, waitBeforeCall, type Period, type Wait } from '../../budget/windows.ts'
import type { DelayMs } from '../../model/delay.ts'
import { lockConnector, type ConnectorState } from '../connector/connector-state.ts'
import { readCallWindow } from './call-window.ts'
import { closeGate, sendProbe, settleProbe, type ProbeResult } from './gate.ts'
import { learnSmallerMinute, minuteOf } from './minute.ts'
import { endImpossibleWindows, minuteFullUntil, pacedUntil } from './minute-room.ts'
import { seeTime } from '../connector/correct-times.ts'
import { addToMonth, correctMonth, readMonth } from './months.ts'
import { prepared } from '../base/prepared.ts'
import type { CallOutcome, Ledger, LedgerSchema } from '../base/schema.ts'

/** A call that is counted and may now be sent, once. */
export interface ReservedCall {
  id: number
  connector: string
  sentAtMs: number
  /** The months in which the API may count it. Usually one; near the end of a month, the call may arrive in the next. */
  months: Period[]
}

export interface CallRequest {
  connector: string
  /** As in openapi.yaml: `GET /qr-codes/{id}/scans`. */
  endpoint: string
  /** What the call is for, in the words of `qrsync usage`. */
  purpose: string
  qrCodeId?: string
  /** The time limit of the call. It cannot reach the API after that. */
  timeoutMs: number
  /** The connector's share of the month's calls, planned and manual; all of them if not set. */
  share?: number
  /** Calls of the month that this call must leave over. */
  keptBack?: number
  /** The clock. It is read under the connector's lock, because the call is sent only after that. */
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
    const latestMs = nowMs + request.timeoutMs + 2 * minuteWindowMs
    await endImpossibleWindows(transaction, { connector, latestMs })
    const minute = minuteOf(state, nowMs)
    const wait = waitBeforeCall({
      ...window,
      minuteFullUntilMs: await minuteFullUntil(transaction, connector, minute.calls, nowMs),
      pacedUntilMs: await pacedUntil(transaction, connector, minute.paceMs, nowMs),
    })
    if (wait !== null) return { granted: false, wait }
    const [inserted] = await insertCall(transaction, {
      connector,
      endpoint: request.endpoint,
      purpose: request.purpose,
      qrCodeId: request.qrCodeId ?? null,
      sentAtMs: nowMs,
      windowUntilMs: nowMs + request.timeoutMs + minuteWindowMs,
    })
    if (inserted === undefined) throw new Error('the ledger did not number a call')
    const { id } = inserted
    if (passage === 'probe') {
      await sendProbe(transaction, connector, { callId: id, untilMs: nowMs + request.timeoutMs })
    }
    const lastMonth = periodOf(nowMs + request.timeoutMs, state.month_resets_at_ms)
    const months = lastMonth.key === month.key ? [month] : [month, lastMonth]
    for (const { key } of months) await addToMonth(transaction, connector, key, 1)
    return { granted: true, call: { id, connector, sentAtMs: nowMs, months } }
  })
}

interface NewCall {
  connector: string
  endpoint: string
  purpose: string
  qrCodeId: string | null
  sentAtMs: number
  windowUntilMs: number
}

const insertCall = prepared<NewCall, { id: number }>((ledger, place) =>
  ledger
    .insertInto('calls')
    .values({
      connector: place('connector'),
      endpoint: place('endpoint'),
      purpose: place('purpose'),
      qr_code_id: place('qrCodeId'),
      sent_at_ms: place('sentAtMs'),
      settled_at_ms: null,
      window_until_ms: place('windowUntilMs'),
      outcome: 'pending',
      http_status: null,
      rows: null,
      retry_after_ms: null,
    })
    .returning('id')
    .compile(),
)

export interface Settlement {
  outcome: Exclude<CallOutcome, 'pending'>
  httpStatus: number | null
  rows?: number
  /** No call is sent before this time, planned or manual … */
  retryAfterMs?: DelayMs
  /** … and whether the API itself named that time (Retry-After). */
  isTimeNamed?: boolean
  reason?: string
  /** The window that the API's refusal names. */
  window?: 'minute' | 'month' | null
  /** What the call shows about the API, if it was the probe. If not set, only the outcome `ok` opens the gate. */
  probe?: ProbeResult
  nowMs: number
}

/**
 * Records the outcome of a call. Must come first in the transaction that lands the call's result, because it takes the
 * connector's lock.
 *
 * @param locked the connector's state, if the transaction already holds its lock
 */
export async function settleCall(
  transaction: Transaction<LedgerSchema>,
  call: ReservedCall,
  settlement: Settlement,
  locked?: ConnectorState,
): Promise<void> {
  const { outcome, nowMs } = settlement
  const state = await seeTime(
    transaction,
    locked ?? (await lockConnector(transaction, call.connector)),
    nowMs,
  )
  await updateSettled(transaction, {
    connector: call.connector,
    id: call.id,
    settledAtMs: nowMs,
    // A call that was never sent takes no place in the window.
    windowUntilMs: outcome === 'not_sent' ? call.sentAtMs : nowMs + minuteWindowMs,
    outcome,
    httpStatus: settlement.httpStatus,
    rows: settlement.rows ?? null,
    retryAfterMs: settlement.retryAfterMs ?? null,
  })
  const isCounted = outcome !== 'refused' && outcome !== 'not_sent'
  for (const { key, startMs } of call.months)
  // If the answer came before a month began, the call did not arrive in that month.
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

interface SettledCall {
  connector: string
  id: number
  settledAtMs: number
  windowUntilMs: number
  outcome: CallOutcome
  httpStatus: number | null
  rows: number | null
  retryAfterMs: number | null
}

const updateSettled = prepared<SettledCall, unknown>((ledger, place) =>
  ledger
    .updateTable('calls')
    .set({
      settled_at_ms: place('settledAtMs'),
      window_until_ms: place('windowUntilMs'),
      outcome: place('outcome'),
      http_status: place('httpStatus'),
      rows: place('rows'),
      retry_after_ms: place('retryAfterMs'),
    })
    .where('connector', '=', place('connector'))
    .where('id', '=', place('id'))
    .compile(),
)

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
  // A reset within the hour is not the end of a month that we did not know of. The gate waits for it.
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

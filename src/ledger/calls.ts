import type { Transaction } from 'kysely'
import { minuteWindowMs, monthOf, waitBeforeCall, type Wait } from '../budget/windows.ts'
import { lockConnector } from './connector-state.ts'
import { addToMonth, callsInMonth } from './months.ts'
import type { CallOutcome, Ledger, LedgerSchema } from './schema.ts'

/** A call that is counted and may now be sent, once. */
export interface ReservedCall {
  id: number
  connector: string
  sentAtMs: number
  /** The call cannot reach the API any later. */
  givenUpAtMs: number
}

export interface CallRequest {
  connector: string
  /** As in openapi.yaml: `GET /qr-codes/{id}/scans`. */
  endpoint: string
  /** What the call is for, in the words of `qrsync usage`. */
  purpose: string
  qrCodeId?: string
  /** The call is given up after this time, so it cannot reach the API any later. */
  timeoutMs: number
  nowMs: number
}

export type Reservation = { granted: true; call: ReservedCall } | { granted: false; wait: Wait }

/**
 * Counts a call before it is sent, or says when one may be. Whatever happens next, a crash too, leaves it counted.
 *
 * We know a call's time of arrival only to lie between its sending and its answer, so it keeps its place in the minute
 * from the one to 60 s after the other. That is what makes the window exact: no two clocks are compared.
 */
export async function reserveCall(ledger: Ledger, request: CallRequest): Promise<Reservation> {
  const { connector, nowMs } = request
  return ledger.transaction().execute(async (transaction) => {
    const state = await lockConnector(transaction, connector)
    const wait = waitBeforeCall({
      nowMs,
      limits: { perMinute: state.calls_per_minute, perMonth: state.calls_per_month },
      callsThisMonth: await callsInMonth(transaction, connector, nowMs),
      gateUntilMs: state.gate_until_ms,
      minuteFullUntilMs: await minuteFullUntil(transaction, connector, state.calls_per_minute, nowMs),
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
    const call = { id, connector, sentAtMs: nowMs, givenUpAtMs: nowMs + request.timeoutMs }
    for (const atMs of monthsOf(call)) await addToMonth(transaction, connector, atMs, 1)
    return { granted: true, call }
  })
}

/** A time in each month in which the API may count the call: near the end of one it may arrive in the next. */
function monthsOf({ sentAtMs, givenUpAtMs }: ReservedCall): number[] {
  return monthOf(sentAtMs) === monthOf(givenUpAtMs) ? [sentAtMs] : [sentAtMs, givenUpAtMs]
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

export interface Settlement {
  outcome: Exclude<CallOutcome, 'pending'>
  httpStatus: number | null
  rows?: number
  /** The API's Retry-After: no call goes out before, whoever makes it. */
  retryAfterMs?: number
  reason?: string
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
  await lockConnector(transaction, call.connector)
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
    .where('id', '=', call.id)
    .execute()
  const isCounted = outcome !== 'refused' && outcome !== 'not_sent'
  for (const atMs of monthsOf(call))
    // An answer within the month of the sending settles in which of the two the call arrived.
    if (!isCounted || monthOf(atMs) > monthOf(nowMs)) await addToMonth(transaction, call.connector, atMs, -1)
  if (settlement.retryAfterMs !== undefined)
    await closeGate(
      transaction,
      call.connector,
      nowMs + settlement.retryAfterMs,
      settlement.reason ?? 'Retry-After',
    )
}

async function closeGate(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  untilMs: number,
  reason: string,
) {
  await transaction
    .updateTable('connectors')
    .set({ gate_until_ms: untilMs, gate_reason: reason })
    .where('connector', '=', connector)
    .where('gate_until_ms', '<', untilMs)
    .execute()
}

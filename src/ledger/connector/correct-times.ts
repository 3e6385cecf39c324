import { sql, type RawBuilder, type Transaction } from 'kysely'
import { minuteWindowMs, periodOf } from '../../budget/windows.ts'
import { lockConnector, readConnector, type ConnectorState } from './connector-state.ts'
import { addToMonth } from '../calls/months.ts'
import { prepared } from '../base/prepared.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

type Tx = Transaction<LedgerSchema>

/** The clocks of workers may differ by this much. A stored time that is ahead by no more needs no correction. */
const toleranceMs = minuteWindowMs
/** The shortest time between two writes of `seen_at_ms`. */
const seenEveryMs = 5_000

/**
 * Compares the clock with the latest time that this connector's transactions have seen. If the clock is behind by more than a
 * minute, a clock was ahead and has been corrected. Every time that was stored meanwhile is then moved back by the same
 * amount, so that nothing waits for it. Call this after `lockConnector`, in the same transaction.
 *
 * @returns the connector's state after the correction
 */
export async function seeTime(
  transaction: Tx,
  state: ConnectorState,
  nowMs: number,
): Promise<ConnectorState> {
  const { connector, seen_at_ms: seenMs } = state
  const isSetBack = seenMs > nowMs + toleranceMs
  if (!isSetBack && nowMs < seenMs + seenEveryMs) return state
  if (isSetBack) await correctTimes(transaction, state, nowMs)
  await keepSeen(transaction, { connector, nowMs })
  return isSetBack ? readConnector(transaction, connector) : { ...state, seen_at_ms: nowMs }
}

const keepSeen = prepared<{ connector: string; nowMs: number }, unknown>((ledger, place) =>
  ledger
    .updateTable('connectors')
    .set({ seen_at_ms: place('nowMs') })
    .where('connector', '=', place('connector'))
    .compile(),
)

/** Call this before reading stored times, unless a call was reserved or a lease taken before. */
export async function checkTime(ledger: Ledger, connector: string, nowMs: number): Promise<void> {
  const { seen_at_ms: seenMs } = await readConnector(ledger, connector)
  if (seenMs <= nowMs + toleranceMs && nowMs < seenMs + seenEveryMs) return
  await ledger.transaction().execute(async (transaction) => {
    await seeTime(transaction, await lockConnector(transaction, connector), nowMs)
  })
}

/** Columns with the time of something that has happened. None can be in the future. */
const pastTimes = {
  connectors: ['connected_at_ms', 'history_paused_at_ms'],
  accounts: ['minute_reduced_at_ms', 'identified_at_ms'],
  gates: ['gate_since_ms', 'gate_closed_at_ms'],
  list_passes: ['list_pass_started_ms', 'listed_at_ms', 'full_listed_at_ms', 'changes_listed_at_ms'],
  sync_health: ['synced_at_ms'],
  calls: ['sent_at_ms', 'settled_at_ms'],
  qr_codes: [
    'collected_at_ms',
    'due_since_ms',
    'first_listed_at_ms',
    'observed_at_ms',
    'pending_at_ms',
    'empty_at_ms',
    'gap_since_ms',
    'gap_searched_at_ms',
    'count_fell_at_ms',
    'analytics_at_ms',
    'missed_at_ms',
    'landed_at_ms',
  ],
  code_histories: ['opened_at_ms'],
  scans: ['landed_at_ms'],
  analytics_daily: ['landed_at_ms'],
  analytics_breakdown: ['landed_at_ms'],
  deliveries: ['updated_at_ms', 'drained_at_ms'],
  rejects: ['rejected_at_ms'],
  forecasts: ['made_at_ms'],
  failures: ['since_ms', 'failed_at_ms'],
  outages: ['first_failed_at_ms', 'since_ms', 'called_at_ms', 'looked_at_ms'],
  delivery_failures: ['since_ms', 'failed_at_ms'],
  destination_targets: ['changed_at_ms'],
  link_keys: ['looked_at_ms'],
  set_aside: ['first_seen_ms', 'last_seen_ms', 'asked_at_ms'],
  alerts: ['began_at_ms'],
  alert_messages: ['made_at_ms', 'due_at_ms'],
  alert_history: ['at_ms'],
  audit_trail: ['at_ms'],
  erased_codes: ['erased_at_ms'],
  erasures: ['erased_at_ms'],
  config_loads: ['loaded_at_ms', 'problem_since_ms'],
  source_changes: ['noticed_at_ms', 'over_at_ms'],
} as const satisfies Partial<Record<keyof LedgerSchema, readonly string[]>>

/** Columns with the time of the next try, and the column that says when that was decided. */
const laterTimes = [
  { table: 'failures', column: 'retry_at_ms', decided: 'failed_at_ms' },
  { table: 'delivery_failures', column: 'retry_at_ms', decided: 'failed_at_ms' },
  { table: 'outages', column: 'next_look_at_ms', decided: 'looked_at_ms' },
  { table: 'outages', column: 'next_call_at_ms', decided: 'called_at_ms' },
  { table: 'rejects', column: 'again_at_ms', decided: 'rejected_at_ms' },
] as const

async function correctTimes(transaction: Tx, state: ConnectorState, nowMs: number): Promise<void> {
  const { connector, seen_at_ms: seenMs } = state
  const latestMs = nowMs + toleranceMs
  const aheadMs = seenMs - nowMs
  await correctMonths(transaction, state, nowMs)
  await correctPlans(transaction, state, { latestMs, aheadMs })
  for (const { table, column, decided } of laterTimes) {
    await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${sql.ref(column)} - ${aheadMs}
      where connector = ${connector} and ${sql.ref(decided)} > ${latestMs}`.execute(transaction)
  }
  for (const [table, columns] of Object.entries(pastTimes)) {
    const names = columns.map((column) => sql.ref(column))
    const corrected = names.map(
      (name): RawBuilder<unknown> =>
        sql`${name} = case when ${name} > ${seenMs} then ${nowMs} when ${name} > ${latestMs} then ${name} - ${aheadMs} else ${name} end`,
    )
    const isAhead = names.map((name) => sql`${name} > ${latestMs}`)
    await sql`update ${sql.table(table)} set ${sql.join(corrected)}
      where connector = ${connector} and (${sql.join(isAhead, sql` or `)})`.execute(transaction)
  }
}

/** Corrects future times that were computed with the wrong clock. A pause that began under it keeps its length, from now on. */
async function correctPlans(
  transaction: Tx,
  state: ConnectorState,
  { latestMs, aheadMs }: { latestMs: number; aheadMs: number },
): Promise<void> {
  const { connector } = state
  const isGateWrong = (state.gate_closed_at_ms ?? 0) > latestMs
  await transaction
    .updateTable('gates')
    .set({
      gate_probe_until_ms: 0,
      ...(isGateWrong && { gate_until_ms: Math.max(state.gate_until_ms - aheadMs, 1) }),
    })
    .where('connector', '=', connector)
    .execute()
  await transaction
    .updateTable('plans')
    .set({ next_look_at_ms: null })
    .where('connector', '=', connector)
    .execute()
  // Earlier than necessary does no harm: the destination erases the codes once more.
  await transaction
    .updateTable('erasures')
    .set({ due_at_ms: latestMs - toleranceMs })
    .where('connector', '=', connector)
    .where('due_at_ms', '>', latestMs)
    .execute()
  await transaction
    .updateTable('sync_health')
    .set({ sync_due_ms: null })
    .where('connector', '=', connector)
    .execute()
  if ((state.month_learned_at_ms ?? 0) <= latestMs) return
  await transaction
    .updateTable('accounts')
    .set({ month_resets_at_ms: null, month_learned_at_ms: null })
    .where('connector', '=', connector)
    .execute()
}

/**
 * Counts calls that were counted against a month that has not begun against the current month as well. The result of /me was
 * stored for the wrong month. Only our own calls stay counted there, in case the current clock is the wrong one, and qrsync
 * requests /me again.
 */
async function correctMonths(transaction: Tx, state: ConnectorState, nowMs: number): Promise<void> {
  const { connector, month_resets_at_ms: resetsAtMs } = state
  const current = periodOf(nowMs + toleranceMs, resetsAtMs)
  const wrong = await transaction
    .selectFrom('months')
    .select('month')
    .where('connector', '=', connector)
    .where('month', '>', current.key)
    .execute()
  if (wrong.length === 0) return
  const calls = await transaction
    .selectFrom('calls')
    .select('sent_at_ms')
    .where('connector', '=', connector)
    .where('sent_at_ms', '>=', current.endMs)
    .where('outcome', 'in', ['pending', 'ok', 'failed'])
    .execute()
  const byMonth = Map.groupBy(calls, (call) => periodOf(call.sent_at_ms, resetsAtMs).key)
  for (const { month } of wrong) {
    await transaction
      .updateTable('months')
      .set({ calls: byMonth.get(month)?.length ?? 0, others: 0 })
      .where('connector', '=', connector)
      .where('month', '=', month)
      .execute()
  }
  await addToMonth(transaction, connector, current.key, calls.length)
  await transaction
    .deleteFrom('forecasts')
    .where('connector', '=', connector)
    .where('month', '>', current.key)
    .execute()
  await transaction
    .updateTable('accounts')
    .set({ identified_at_ms: null })
    .where('connector', '=', connector)
    .execute()
}

import { sql, type RawBuilder, type Transaction } from 'kysely'
import { minuteWindowMs, periodOf } from '../../budget/windows.ts'
import { lockConnector, readConnector, type ConnectorState } from './connector-state.ts'
import { addToMonth } from '../calls/months.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

type Tx = Transaction<LedgerSchema>

/** Clocks of workers may differ by this much. A stored time that is ahead by no more than that needs no correction. */
const toleranceMs = minuteWindowMs
/** The latest time seen is written no more often than this. */
const seenEveryMs = 5_000

/**
 * Compares the clock with the latest time that this connector's transactions have seen. Where it is behind that by more than a
 * minute, somebody's clock was ahead and has been set right: every time that was stored meanwhile is moved back by as much,
 * so that nothing waits for it. Comes after `lockConnector` in its transaction.
 *
 * @returns the connector as it stands then
 */
export async function seeTime(
  transaction: Tx,
  state: ConnectorState,
  nowMs: number,
): Promise<ConnectorState> {
  const { connector, seen_at_ms: seenMs } = state
  const isSetBack = seenMs > nowMs + toleranceMs
  if (!isSetBack && nowMs < seenMs + seenEveryMs) return state
  if (isSetBack) await mendTimes(transaction, state, nowMs)
  await transaction
    .updateTable('connectors')
    .set({ seen_at_ms: nowMs })
    .where('connector', '=', connector)
    .execute()
  return isSetBack ? readConnector(transaction, connector) : { ...state, seen_at_ms: nowMs }
}

/** Called before reading stored times, if no call comes first. */
export async function checkTime(ledger: Ledger, connector: string, nowMs: number): Promise<void> {
  const { seen_at_ms: seenMs } = await readConnector(ledger, connector)
  if (seenMs <= nowMs + toleranceMs && nowMs < seenMs + seenEveryMs) return
  await ledger.transaction().execute(async (transaction) => {
    await seeTime(transaction, await lockConnector(transaction, connector), nowMs)
  })
}

/** Columns that hold when something happened: none can lie ahead. */
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
  config_loads: ['loaded_at_ms', 'problem_since_ms'],
  source_changes: ['noticed_at_ms', 'over_at_ms'],
} as const satisfies Partial<Record<keyof LedgerSchema, readonly string[]>>

/** Columns that hold when to try again, and the one that says when that was decided. */
const laterTimes = [
  { table: 'failures', column: 'retry_at_ms', decided: 'failed_at_ms' },
  { table: 'delivery_failures', column: 'retry_at_ms', decided: 'failed_at_ms' },
  { table: 'outages', column: 'next_look_at_ms', decided: 'looked_at_ms' },
  { table: 'outages', column: 'next_call_at_ms', decided: 'called_at_ms' },
  { table: 'rejects', column: 'again_at_ms', decided: 'rejected_at_ms' },
] as const

async function mendTimes(transaction: Tx, state: ConnectorState, nowMs: number): Promise<void> {
  const { connector, seen_at_ms: seenMs } = state
  const latestMs = nowMs + toleranceMs
  const aheadMs = seenMs - nowMs
  await mendMonths(transaction, state, nowMs)
  await mendPlans(transaction, state, { latestMs, aheadMs })
  for (const { table, column, decided } of laterTimes) {
    await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${sql.ref(column)} - ${aheadMs}
      where connector = ${connector} and ${sql.ref(decided)} > ${latestMs}`.execute(transaction)
  }
  for (const [table, columns] of Object.entries(pastTimes)) {
    const names = columns.map((column) => sql.ref(column))
    const mended = names.map(
      (name): RawBuilder<unknown> =>
        sql`${name} = case when ${name} > ${seenMs} then ${nowMs} when ${name} > ${latestMs} then ${name} - ${aheadMs} else ${name} end`,
    )
    const isAhead = names.map((name) => sql`${name} > ${latestMs}`)
    await sql`update ${sql.table(table)} set ${sql.join(mended)}
      where connector = ${connector} and (${sql.join(isAhead, sql` or `)})`.execute(transaction)
  }
}

/** What was decided by the wrong clock for a time to come. A pause that was begun by it lasts as long from now on as it did. */
async function mendPlans(
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
 * Calls that were counted against a month that has not begun count against this one as well. What /me said was kept for the
 * wrong month: of that, our own calls stay, in case it was the clock of now that is wrong, and /me is asked again.
 */
async function mendMonths(transaction: Tx, state: ConnectorState, nowMs: number): Promise<void> {
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

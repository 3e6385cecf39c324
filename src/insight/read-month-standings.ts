import { sql } from 'kysely'
import { plannedByNow, periodOf, type Period } from '../budget/windows.ts'
import { readConnectors } from '../ledger/connector/connector-state.ts'
import { gateOf, type GateColumns } from '../ledger/calls/gate.ts'
import type { Ledger } from '../ledger/base/schema.ts'

/** The progress of a connector's month and syncs. */
export interface MonthStanding {
  connector: string
  callsPerMonth: number
  /** Calls that count in the month: ours and those of others. */
  spent: number
  others: number
  /** What the plan's pace has spent by now. */
  planned: number
  month: Period
  /** When a slice of a sync last ended without a failure; null before the first. */
  syncedAtMs: number | null
  /** When the next one is due at the latest. */
  syncDueMs: number | null
  /** The error's code if the last sync failed and a retry does not help. */
  syncFailure: string | null
  /** How far the worker's clock was ahead of the API's at the last call. */
  clockSkewMs: number | null
  /** Since when the API has asked for a pause, and its words; null if it has not. */
  pausedSinceMs: number | null
  pauseText: string | null
}

/** Reads several connectors at once, because a worker may serve a hundred. */
export async function readMonthStandings(
  ledger: Ledger,
  connectors: readonly string[],
  nowMs: number,
): Promise<MonthStanding[]> {
  const states = await readConnectors(ledger, connectors)
  const inPeriod = states.map((state) => ({ ...state, month: periodOf(nowMs, state.month_resets_at_ms) }))
  // Most connectors have the calendar month.
  const byPeriod = Map.groupBy(inPeriod, ({ month }) => month.key)
  const standings: MonthStanding[] = []
  for (const ofPeriod of byPeriod.values()) standings.push(...(await readPeriod(ledger, ofPeriod, nowMs)))
  return standings
}

interface StateInPeriod extends GateColumns {
  connector: string
  calls_per_month: number
  synced_at_ms: number | null
  sync_due_ms: number | null
  sync_failure: string | null
  clock_skew_ms: number | null
  month: Period
}

async function readPeriod(
  ledger: Ledger,
  states: readonly StateInPeriod[],
  nowMs: number,
): Promise<MonthStanding[]> {
  const connectors = states.map(({ connector }) => connector)
  const period = states[0]?.month ?? periodOf(nowMs, null)
  const months = await ledger
    .selectFrom('months')
    .select(['connector', 'calls', 'others'])
    .where('connector', 'in', connectors)
    .where('month', '=', period.key)
    .execute()
  const history = await ledger
    .selectFrom('calls')
    .select((eb) => ['connector', eb.fn.countAll<number>().as('calls')])
    .where('connector', 'in', connectors)
    .where('sent_at_ms', '>=', period.startMs)
    // A literal, because a parameter would prevent the use of the index on these calls.
    .where('purpose', '=', sql.lit('history'))
    .groupBy('connector')
    .execute()
  const monthOf = new Map(months.map((month) => [month.connector, month]))
  const historyOf = new Map(history.map(({ connector, calls }) => [connector, calls]))
  return states.map(({ connector, month, ...state }) => {
    const { calls = 0, others = 0 } = monthOf.get(connector) ?? {}
    const perMonth = state.calls_per_month
    const historyCalls = historyOf.get(connector) ?? 0
    const gate = gateOf(state)
    // An outage has its own condition.
    const pause = gate?.reason === 'retry_after' ? gate : null
    return {
      connector,
      callsPerMonth: perMonth,
      spent: calls,
      others,
      month,
      planned: plannedByNow({ perMonth, historyCalls, period: month, nowMs }),
      syncedAtMs: state.synced_at_ms,
      syncDueMs: state.sync_due_ms,
      syncFailure: state.sync_failure,
      clockSkewMs: state.clock_skew_ms,
      pausedSinceMs: pause?.sinceMs ?? null,
      pauseText: pause?.text ?? null,
    }
  })
}

import type { Selectable, Transaction } from 'kysely'
import { rowsPerPage } from '../../model/api-profile.ts'
import type { DayShape } from '../../budget/day-shape.ts'
import type { PlanInput, PlannedCode } from '../../budget/planned-code.ts'
import { ratePerHour } from '../../budget/rate.ts'
import { isHistory, readHistories } from './known-codes.ts'
import type { ConnectorState } from '../connector/connector-state.ts'
import { readDayShape } from '../calls/hour-counts.ts'
import { profileOf } from '../connector/profile.ts'
import { prepared } from '../base/prepared.ts'
import type { Ledger, LedgerSchema, QrCodeTable } from '../base/schema.ts'

/** What the config file says about a code. */
export type CodeSettings = (code: { id: string; name: string | null }) => {
  priority: number
  targetMs: number | null
}

export interface KnownCodes {
  codes: PlannedCode[]
  shape: DayShape
  /** The cost of a list pass, and what it shows. */
  list: Omit<PlanInput['list'], 'listedAtMs'>
}

/** For an unknown account, assume one scan a week of each code: enough to justify a first call. */
const hoursOfFirstScan = 7 * 24

/** Returns the codes as the planner sees them. Deleted codes have nothing to plan. */
export async function readPlannedCodes(
  ledger: Ledger,
  state: ConnectorState,
  { settingsOf, hasAnalytics }: { settingsOf: CodeSettings | null; hasAnalytics: boolean },
  nowMs: number,
): Promise<KnownCodes> {
  const { connector } = state
  const shape = readDayShape(state, nowMs)
  const { scanCount, lastScannedAt, sort } = profileOf(state)
  const rows: PlannedRow[] = await (settingsOf === null ? selectCodes : selectNamedCodes)(ledger, {
    connector,
  })
  const histories = await readHistories(ledger, connector)
  const gapDays = await readGapDayCounts(ledger, connector)
  const isTold = scanCount === true || lastScannedAt === true

  // A code that was not part of a list pass had nothing new at that time.
  const listedMs = isTold ? (state.listed_at_ms ?? 0) : 0
  const facts = rows.map((code) => {
    const asOfMs = Math.max(code.pending_at_ms ?? code.first_listed_at_ms ?? nowMs, listedMs)
    const isQuiet = scanCount === true || code.pending === 0
    const quietMs = isQuiet ? (code.observed_at_ms ?? asOfMs) : asOfMs
    return { code, asOfMs, quietHours: shape.hoursBetween(Math.min(quietMs, asOfMs), asOfMs) }
  })
  const arrivals = rows.reduce((sum, code) => sum + code.rate_arrivals, 0)
  const hours = facts.reduce((sum, { code, quietHours }) => sum + code.rate_hours + quietHours, 0)
  const meanRate = (arrivals + 1) / (hours + hoursOfFirstScan)

  const codes = facts.map(({ code, asOfMs, quietHours }): PlannedCode => {
    const emptyAtMs = code.empty_at_ms ?? code.first_listed_at_ms ?? nowMs
    const evidence = { arrivals: code.rate_arrivals, hours: code.rate_hours }
    const name = code.row === undefined ? null : (JSON.parse(code.row) as { name: string | null }).name
    const known = code.landed_scans + code.pending + (histories.get(code.id)?.pending ?? 0)
    const days = gapDays.get(code.id) ?? 0
    return {
      id: code.id,
      ratePerHour: ratePerHour(evidence, meanRate, quietHours),
      pending: code.pending,
      // If the API reports that a code was scanned but not how often, assume the scans that its rate gives
      // since it had none.
      asOfMs: scanCount !== true && code.pending > 0 ? emptyAtMs : asOfMs,
      emptyAtMs: code.pending === 0 ? Math.max(emptyAtMs, listedMs) : emptyAtMs,
      isHistory: isHistory(code, state),
      history: histories.get(code.id)?.pending ?? null,
      ...(settingsOf?.({ id: code.id, name }) ?? { priority: 1, targetMs: null }),
      scansSinceAnalytics: hasAnalytics ? Math.max(known - (code.analytics_scans ?? 0), 0) : null,
      gap:
        days > 0 || (code.gap > 0 && code.gap_until_day !== null)
          ? { scans: Math.max(code.gap, 1), sinceMs: code.gap_since_ms ?? asOfMs, calls: days > 0 ? 1 : 2 }
          : null,
    }
  })
  const pages = Math.max(Math.ceil(codes.length / rowsPerPage), 1)
  return { codes, shape, list: { pages, isSorted: sort === true, tells: isTold } }
}

const plannedColumns = [
  'id',
  'landed_scans',
  'pending',
  'pending_at_ms',
  'empty_at_ms',
  'collected_at_ms',
  'cursor_from',
  'first_listed_at_ms',
  'rate_arrivals',
  'rate_hours',
  'observed_at_ms',
  'analytics_scans',
  'gap',
  'gap_since_ms',
  'gap_until_day',
] as const satisfies (keyof QrCodeTable)[]

type PlannedColumns = Pick<Selectable<QrCodeTable>, (typeof plannedColumns)[number]>
type PlannedRow = PlannedColumns & { row?: string }

const ofConnector = (ledger: Ledger | Transaction<LedgerSchema>, connector: string) =>
  ledger
    .selectFrom('qr_codes')
    .select(plannedColumns)
    .where('connector', '=', connector)
    .where('deleted', '=', 0)

const selectCodes = prepared<{ connector: string }, PlannedRow>((ledger, place) =>
  ofConnector(ledger, place('connector')).compile(),
)

/** With the rows, which are long: they have the names of the codes. */
const selectNamedCodes = prepared<{ connector: string }, PlannedRow>((ledger, place) =>
  ofConnector(ledger, place('connector')).select('row').compile(),
)

async function readGapDayCounts(ledger: Ledger, connector: string): Promise<Map<string, number>> {
  const days = await countGapDays(ledger, { connector })
  return new Map(days.map(({ qr_code_id, days: count }) => [qr_code_id, count]))
}

const countGapDays = prepared<{ connector: string }, { qr_code_id: string; days: number }>((ledger, place) =>
  ledger
    .selectFrom('gap_days')
    .select((eb) => ['qr_code_id', eb.fn.countAll<number>().as('days')])
    .where('connector', '=', place('connector'))
    .groupBy('qr_code_id')
    .compile(),
)

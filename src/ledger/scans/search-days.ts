import { dayMs } from '../../model/durations.ts'
import type { Selectable, Transaction } from 'kysely'
import type { Analytics } from '../../model/analytics.ts'
import { compareWithLanded, widestOffsetMs, type DayCount } from './compare-days.ts'
import {
  closeSearch,
  dayAfter,
  dayBefore,
  dayOf,
  fromTheFirstScan,
  listGapRanges,
  readReadDays,
  type GapRange,
} from './gaps.ts'
import type { KnownCode } from '../codes/known-codes.ts'
import type { LedgerSchema, QrCodeTable } from '../base/schema.ts'

type Tx = Transaction<LedgerSchema>
type Code = Selectable<QrCodeTable>

/** One page of scans. Days between two differing ones are read too if that costs no further page. */
const scansPerCall = 100

interface MissingDay extends DayCount {
  /**
   * Scans more than have landed, and more than the API counted when the day was last read again. Below 0 if the
   * API counts fewer.
   */
  missing: number
}

/**
 * Stores the days to read again: those with more counted than landed scans, if the code's own count says that
 * scans are missing. Without such a count, the sum of the days has to say so. A day that was read again is not
 * read once more before its count changes.
 */
export async function searchDays(
  transaction: Tx,
  code: KnownCode,
  analytics: Analytics,
  nowMs: number,
): Promise<void> {
  // While a history has not landed, every day has fewer scans than the API counts.
  if (code.history !== null || code.collected_at_ms === null || code.empty_at_ms === null) return
  const isCounted = code.listed_scan_count !== null
  if (isCounted && code.gap === 0) return
  const completeDay = dayOf(code.empty_at_ms)
  const { days, offsetMinutes } = await missingDays(transaction, code, analytics, completeDay)
  const complete = days.filter(({ day }) => day < completeDay)
  if (!isCounted && sumOf(complete) <= 0) return
  const late = complete.filter(({ missing }) => missing > 0)
  // Scans of the days since may simply wait to be collected: those days are read only if the others do not
  // explain what is missing.
  const found = sumOf(late)
  const recent = found >= code.gap ? [] : days.filter(({ day, missing }) => day >= completeDay && missing > 0)
  const ranges = toRanges(days, [...late, ...recent], offsetMinutes)
  if (code.gap === 0 || code.gap_until_day === null) {
    await listGapRanges(transaction, code, ranges)
    return
  }
  // If days have more scans than the API counts, its days and ours are not quite the same, and explain nothing
  // for certain.
  const isExplained = found >= code.gap && complete.every(({ landed, scans }) => landed <= scans)
  // After a fall, no day shows late scans. Only the scans themselves show whether the count recovers or some
  // arrived late.
  const isRecovery = ranges.length === 0 && code.gap <= code.count_base
  const isAtBeginning = isRecovery || analytics.from <= firstDay(code)
  const goesOn = !isExplained
  const before: GapRange = {
    day: fromTheFirstScan,
    toDay: isRecovery ? analytics.to : dayBefore(analytics.from),
    offsetMinutes,
    isNeighbour: false,
  }
  await listGapRanges(transaction, code, goesOn && isAtBeginning ? [...ranges, before] : ranges)
  await transaction
    .updateTable('qr_codes')
    .set({ gap_until_day: goesOn && !isAtBeginning ? dayBefore(analytics.from) : null })
    .where('connector', '=', code.connector)
    .where('id', '=', code.id)
    .execute()
  await closeSearch(transaction, code, nowMs)
}

async function missingDays(
  transaction: Tx,
  code: Code,
  { from, to, series }: Analytics,
  completeDay: string,
): Promise<{ days: MissingDay[]; offsetMinutes: number }> {
  const read = await readReadDays(transaction, code)
  const landed = await transaction
    .selectFrom('scans')
    .select('scanned_at_ms')
    .where('connector', '=', code.connector)
    .where('qr_code_id', '=', code.id)
    .where('scanned_at_ms', '>=', Date.parse(from) - widestOffsetMs)
    .where('scanned_at_ms', '<', Date.parse(to) + dayMs + widestOffsetMs)
    .execute()
  // Malformed scans were sent too: their days need not be read again.
  const setAside = await transaction
    .selectFrom('set_aside')
    .select('scanned_at_ms')
    .where('connector', '=', code.connector)
    .where('stream', '=', 'scans')
    .where('qr_code_id', '=', code.id)
    .where('scanned_at_ms', 'is not', null)
    .execute()
  const sentMs = [...landed, ...setAside].map(({ scanned_at_ms }) => scanned_at_ms)
  const { days, offsetMinutes } = compareWithLanded(
    series,
    sentMs.filter((timeMs) => timeMs !== null),
    completeDay,
  )
  return {
    offsetMinutes,
    days: days.map((counted) => {
      const accountedFor = Math.max(counted.landed, read.get(counted.day) ?? 0)
      return { ...counted, missing: counted.scans - accountedFor }
    }),
  }
}

const sumOf = (days: readonly MissingDay[]) => days.reduce((sum, { missing }) => sum + missing, 0)

/** Reads adjacent days, or days with few scans between them, together: rarely more calls, and often fewer. */
function toRanges(
  days: readonly MissingDay[],
  missing: readonly MissingDay[],
  offsetMinutes: number,
): GapRange[] {
  const wanted = new Set(missing.map(({ day }) => day))
  const ranges: GapRange[] = []
  let between = 0
  for (const { day, scans } of days.toSorted((a, b) => (a.day < b.day ? -1 : 1))) {
    if (!wanted.has(day)) {
      between += scans
      continue
    }
    const last = ranges.at(-1)
    if (last !== undefined && between < scansPerCall) last.toDay = day
    else ranges.push({ day, toDay: day, offsetMinutes, isNeighbour: false })
    between = 0
  }
  return ranges
}

/**
 * Returns the days next to a range without missing scans: the API may divide its days differently than the
 * landed scans show.
 */
export function neighboursOf({ day, toDay, offsetMinutes }: GapRange): GapRange[] {
  const beside = [dayBefore(day), dayAfter(toDay)]
  return beside.map((each) => ({ day: each, toDay: each, offsetMinutes, isNeighbour: true }))
}

/**
 * Returns the first day for analytics: the day on which the code was created. Older scans of an import are
 * found among the scans themselves. If the API does not say when that was, no code is older than the product.
 */
function firstDay({ row }: Code): string {
  const { created_at } = JSON.parse(row) as { created_at: string | null }
  return created_at === null ? '2020-01-01' : dayOf(Date.parse(created_at))
}

import type { Selectable } from 'kysely'
import { dayOf } from '../scans/gaps.ts'
import type { KnownCode } from './known-codes.ts'
import type { QrCodeTable } from '../base/schema.ts'

type Code = Selectable<QrCodeTable>

/** What is known of the difference between the API's count of a code and its landed scans. */
export type CountFacts = Pick<
  Code,
  | 'gap'
  | 'gap_accepted'
  | 'gap_since_ms'
  | 'gap_until_day'
  | 'count_base'
  | 'count_fell_at_ms'
  | 'count_unsettled'
>

export const nothingKnown: CountFacts = {
  gap: 0,
  gap_accepted: 0,
  gap_since_ms: null,
  gap_until_day: null,
  count_base: 0,
  count_fell_at_ms: null,
  count_unsettled: 0,
}

export function isSameCount(a: CountFacts, b: CountFacts): boolean {
  const names = Object.keys(nothingKnown) as (keyof CountFacts)[]
  return names.every((name) => a[name] === b[name])
}

/** More than clocks differ, and than a scan takes from the phone into the list. */
export const clockToleranceMs = 10 * 60_000

type Held = 'landed_scans' | 'set_aside_scans'

/** What the API has sent: landed, or set aside because it does not fit. */
const heldScans = (known: Pick<Code, Held>) => known.landed_scans + known.set_aside_scans

/**
 * The API's count as it is when no further scan has come: landed scans that it includes, those that it counts besides, and those of
 * a history that has a cursor of its own.
 */
export function accountedFor(
  known: Pick<KnownCode, Held | 'history' | keyof CountFacts> | undefined,
): number {
  if (known === undefined) return 0
  const { count_base, gap, gap_accepted, history } = known
  return heldScans(known) - count_base + gap + gap_accepted + (history?.pending ?? 0)
}

export interface ListedCount {
  scanCount: number | null
  lastScannedAt: string | null
  /** Whether the list tells when codes were last scanned. */
  tellsTime: boolean
  /** When the pass began. */
  startedMs: number
  nowMs: number
}

/**
 * The facts after a listing. A count may fall: statistics were reset, bots purged, scans erased. From then on the scans that it
 * no longer includes (`count_base`) are left out of the comparison, so that new ones show at once. How many of those that it
 * still counts are new, only the next complete collection tells.
 */
export function countAfterListing(known: KnownCode | undefined, listed: ListedCount): CountFacts {
  if (known === undefined) return nothingKnown
  const { gap, gap_accepted, gap_since_ms, gap_until_day } = known
  const { count_base, count_fell_at_ms, count_unsettled } = known
  const facts: CountFacts = {
    gap,
    gap_accepted,
    gap_since_ms,
    gap_until_day,
    count_base,
    count_fell_at_ms,
    count_unsettled,
  }
  const { scanCount, nowMs } = listed
  if (scanCount === null || (heldScans(known) === 0 && known.collected_at_ms === null)) return facts
  // What is missing of a history nobody can tell from what is missing otherwise.
  if (known.history !== null) return facts
  const mayHaveNew = mayHaveNewScans(known, listed)
  // A glitch that is over: all that we hold is counted again, and nothing was scanned since.
  if (count_base > 0 && scanCount === heldScans(known) && !mayHaveNew) {
    return { ...facts, count_base: 0, count_fell_at_ms: null, count_unsettled: 0 }
  }
  const isBelow = scanCount < accountedFor(known)
  if (!hasFallen(known, listed, isBelow)) return facts
  if (!isBelow) return { ...facts, count_unsettled: 1 }
  const beside = Math.max(scanCount - heldScans(known), 0)
  const gapLeft = Math.min(gap, beside)
  return {
    gap: gapLeft,
    gap_accepted: Math.min(gap_accepted, beside - gapLeft),
    gap_since_ms: gapLeft === 0 ? null : gap_since_ms,
    gap_until_day: gapLeft === 0 ? null : gap_until_day,
    count_base: Math.max(heldScans(known) - scanCount, 0),
    count_fell_at_ms: nowMs,
    count_unsettled: mayHaveNew ? 1 : count_unsettled,
  }
}

/**
 * A count below the one before has fallen. One that is only below what we hold may be older than the last scans of a collection
 * that has just ended; some minutes later it has fallen too, between two looks at the list.
 */
function hasFallen(known: KnownCode, { scanCount, startedMs }: ListedCount, isBelow: boolean): boolean {
  if (scanCount !== null && known.listed_scan_count !== null && scanCount < known.listed_scan_count) {
    return true
  }
  return isBelow && known.collected_at_ms !== null && startedMs - known.collected_at_ms >= clockToleranceMs
}

/** Whether a scan may have come since the last collection, by the time of the last scan where the list tells it. */
function mayHaveNewScans(known: KnownCode, { tellsTime, lastScannedAt }: ListedCount): boolean {
  if (known.due_since_ms !== null || !tellsTime) return true
  if (lastScannedAt === null) return false
  const collected = [known.collected_last_scanned_at, known.cursor_from].filter((time) => time !== null)
  const collectedMs = Math.max(0, ...collected.map((time) => Date.parse(time)))
  return Date.parse(lastScannedAt) > collectedMs
}

/**
 * What a complete collection leaves open. The list counted so many scans before it began, and it brought all from the cursor
 * on: those that are missing came late, with a time below the cursor. The search begins with today.
 *
 * @param listedScans as counted when the collection began; null where the API does not tell
 * @param newer of the scans that we hold, those that came after that count; they only matter where the count has fallen
 */
export function countAfterCollection(
  known: Code,
  listedScans: number | null,
  { heldScans, newer }: { heldScans: number; newer: number },
  nowMs: number,
): CountFacts {
  const base = baseAfter(known, listedScans, heldScans - newer)
  const missing = Math.max((listedScans ?? 0) - (heldScans - base), 0)
  const accepted = Math.min(known.gap_accepted, missing)
  const gap = missing - accepted
  // A search under way goes on, unless there is more to be found than when it began.
  const goesOn = known.gap_until_day !== null && gap <= known.gap
  const facts = {
    gap,
    gap_accepted: accepted,
    count_base: base,
    count_fell_at_ms: base === 0 ? null : (known.count_fell_at_ms ?? nowMs),
    count_unsettled: 0,
  }
  if (gap === 0) return { ...facts, gap_since_ms: null, gap_until_day: null }
  return {
    ...facts,
    gap_since_ms: known.gap_since_ms ?? nowMs,
    gap_until_day: goesOn ? known.gap_until_day : dayOf(nowMs),
  }
}

function baseAfter(known: Code, listedScans: number | null, counted: number): number {
  if (known.count_unsettled === 0 || listedScans === null) return known.count_base
  return Math.max(counted - listedScans, 0)
}

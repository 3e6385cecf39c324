import type { Selectable } from 'kysely'
import { dayOf } from '../scans/gaps.ts'
import type { KnownCode } from './known-codes.ts'
import type { QrCodeTable } from '../base/schema.ts'

type Code = Selectable<QrCodeTable>

/** What is known about the difference between the API's count of a code and its landed scans. */
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

/** Longer than clocks differ, and longer than a scan needs from the phone to the list. */
export const clockToleranceMs = 10 * 60_000

type Held = 'landed_scans' | 'set_aside_scans'

/** The scans that the API has sent: landed, or set aside because they are malformed. */
const heldScans = (known: Pick<Code, Held>) => known.landed_scans + known.set_aside_scans

/**
 * The count that the API reports if no further scan has arrived: landed scans that it includes, those that it
 * counts besides, and those of a history with its own cursor.
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
  /** Whether the list reports when codes were last scanned. */
  tellsTime: boolean
  /** When the pass started. */
  startedMs: number
  nowMs: number
}

/**
 * Returns the facts after a listing. A count may fall: statistics were reset, bots purged, scans erased. From
 * then on, the comparison leaves out the scans that the count no longer includes (`count_base`), so that new
 * ones show at once. Only the next complete collection shows how many of the counted scans are new.
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
  // A scan that is missing from the history cannot be told from one that is missing elsewhere.
  if (known.history !== null) return facts
  const mayHaveNew = mayHaveNewScans(known, listed)
  // A glitch is over: the count includes all our scans again, and nothing was scanned since.
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
 * A count below the previous one has fallen. A count that is only below what we have may be older than the last
 * scans of a collection that has just ended. If it still is some minutes later, it has fallen too, between two
 * lists.
 */
function hasFallen(known: KnownCode, { scanCount, startedMs }: ListedCount, isBelow: boolean): boolean {
  if (scanCount !== null && known.listed_scan_count !== null && scanCount < known.listed_scan_count) {
    return true
  }
  return isBelow && known.collected_at_ms !== null && startedMs - known.collected_at_ms >= clockToleranceMs
}

/**
 * Whether a scan may have arrived since the last collection, by the time of the last scan if the list reports
 * it.
 */
function mayHaveNewScans(known: KnownCode, { tellsTime, lastScannedAt }: ListedCount): boolean {
  if (known.due_since_ms !== null || !tellsTime) return true
  if (lastScannedAt === null) return false
  const collected = [known.collected_last_scanned_at, known.cursor_from].filter((time) => time !== null)
  const collectedMs = Math.max(0, ...collected.map((time) => Date.parse(time)))
  return Date.parse(lastScannedAt) > collectedMs
}

/**
 * Returns what a complete collection leaves open. The list had counted that many scans before the collection,
 * which fetched everything from the cursor on. So missing scans arrived late, with a time below the cursor. The
 * search begins with today.
 *
 * @param listedScans as counted when the collection began; null if the API sends no count
 * @param newer those of our scans that arrived after that count; they matter only if the count has fallen
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
  // A search under way continues, unless more is missing than when it began.
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

import { toTimeOrNull } from '../../model/to-time.ts'
import { dayMs } from '../../model/durations.ts'
import type { Scan } from '../../streams/scans.ts'
import type { ScanTotals } from '../../streams/summaries.ts'

/** One more than the longest period, because the day may change between adding and reading. */
const daysKept = 31

type Tally = Record<string, number>

/** The totals of a code's landed scans, in a form that further scans can be added to. */
export interface Rollup {
  scans: number
  /** Null if no scan says so. */
  uniqueScans: number | null
  firstMs: number | null
  lastMs: number | null
  /** Scans by UTC day (days since 1970), of the last days only. */
  days: Tally
  devices: Tally
  countries: Tally
  /** The newest scan; null without any. */
  last: LastScan | null
}

/**
 * The last of two scans at the same time is the one with the higher id, so that the order of arrival does not
 * matter.
 */
export interface LastScan {
  atMs: number
  id: string
  device: string | null
  country: string | null
  city: string | null
}

export const emptyRollup = (): Rollup => ({
  scans: 0,
  uniqueScans: null,
  firstMs: null,
  lastMs: null,
  days: {},
  devices: {},
  countries: {},
  last: null,
})

/** Adds a scan that it does not contain yet. */
export function addScan(rollup: Rollup, scan: Scan): void {
  rollup.scans += 1
  if (scan.is_unique !== null) rollup.uniqueScans = (rollup.uniqueScans ?? 0) + (scan.is_unique ? 1 : 0)
  if (scan.device_type !== null) count(rollup.devices, scan.device_type)
  if (scan.country !== null) count(rollup.countries, scan.country)
  const scannedMs = Date.parse(scan.scanned_at)
  if (Number.isNaN(scannedMs)) return
  rollup.firstMs = Math.min(rollup.firstMs ?? scannedMs, scannedMs)
  rollup.lastMs = Math.max(rollup.lastMs ?? scannedMs, scannedMs)
  count(rollup.days, String(dayOf(scannedMs)))
  const { id, device_type: device, country, city } = scan
  rollup.last = laterOf(rollup.last, { atMs: scannedMs, id, device, country, city })
}

/** Removes days that no period needs any more. */
export function forgetOldDays(rollup: Rollup, nowMs: number): void {
  const oldest = dayOf(nowMs) - daysKept
  rollup.days = Object.fromEntries(Object.entries(rollup.days).filter(([day]) => Number(day) >= oldest))
}

/** Merges two sets that have no scan in common. */
export function mergeRollups(a: Rollup, b: Rollup): Rollup {
  return {
    scans: a.scans + b.scans,
    uniqueScans:
      a.uniqueScans === null && b.uniqueScans === null ? null : (a.uniqueScans ?? 0) + (b.uniqueScans ?? 0),
    firstMs: minOf(a.firstMs, b.firstMs),
    lastMs: maxOf(a.lastMs, b.lastMs),
    days: mergeTallies(a.days, b.days),
    devices: mergeTallies(a.devices, b.devices),
    countries: mergeTallies(a.countries, b.countries),
    last: laterOf(a.last, b.last),
  }
}

function laterOf(a: LastScan | null, b: LastScan | null): LastScan | null {
  if (a === null || b === null) return a ?? b
  const isLater = b.atMs === a.atMs ? b.id > a.id : b.atMs > a.atMs
  return isLater ? b : a
}

/**
 * Returns the number of a code's scans as people expect it. The list may be newer than the landed scans, or
 * older until the next pass. Its count may also have fallen (a reset of the statistics). Landed scans did
 * happen, so the total is never below their number.
 */
export function totalOf(rollup: Pick<Rollup, 'scans'>, listedCount: number | null): number {
  return Math.max(rollup.scans, listedCount ?? 0)
}

/**
 * Returns the totals at a time.
 *
 * @param listed what the list reports of the code, or of several codes together
 */
export function totalsOf(
  rollup: Rollup,
  listed: { scanCount: number | null; lastScannedMs: number | null },
  nowMs: number,
): ScanTotals {
  const today = dayOf(nowMs)
  const scansOfLast = (days: number) =>
    Object.entries(rollup.days).reduce(
      (sum, [day, scans]) => sum + (Number(day) > today - days ? scans : 0),
      0,
    )
  return {
    total_scans: totalOf(rollup, listed.scanCount),
    unique_scans: rollup.uniqueScans,
    scans_last_7_days: scansOfLast(7),
    scans_last_30_days: scansOfLast(30),
    first_scanned_at: toTimeOrNull(rollup.firstMs),
    last_scanned_at: toTimeOrNull(maxOf(rollup.lastMs, listed.lastScannedMs)),
    top_device: mostOf(rollup.devices),
    top_country: mostOf(rollup.countries),
    last_device: rollup.last?.device ?? null,
    last_country: rollup.last?.country ?? null,
    last_city: rollup.last?.city ?? null,
  }
}

const dayOf = (ms: number) => Math.floor(ms / dayMs)

function count(tally: Tally, name: string, by = 1): void {
  // A name such as "__proto__" is an ordinary name.
  const known = Object.hasOwn(tally, name) ? (tally[name] ?? 0) : 0
  Object.defineProperty(tally, name, {
    value: known + by,
    enumerable: true,
    writable: true,
    configurable: true,
  })
}

function mergeTallies(a: Tally, b: Tally): Tally {
  const merged = { ...a }
  for (const [name, scans] of Object.entries(b)) count(merged, name, scans)
  return merged
}

/** Of equal numbers, the first by name, so that the order of arrival does not matter. */
function mostOf(tally: Tally): string | null {
  const [most] = Object.entries(tally).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  return most?.[0] ?? null
}

export const maxOf = (a: number | null, b: number | null) =>
  a === null || b === null ? (a ?? b) : Math.max(a, b)

const minOf = (a: number | null, b: number | null) => (a === null || b === null ? (a ?? b) : Math.min(a, b))

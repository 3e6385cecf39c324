import type { Backfill } from '../../insight/read-backfill.ts'
import { duration, number, time } from './format.ts'

/** What is left of the scans from before the account was connected, in the form that `--json` prints. */
export interface History {
  codes: number
  scans: number
  /** The least number of calls that they need. */
  calls: number
  /** How many of these calls this month allows. */
  calls_this_month: number
  /** When they will have landed; null if that is done, paused or out of reach. */
  ends_at: string | null
  paused_since: string | null
}

export const toHistory = ({
  codes,
  scans,
  calls,
  callsThisMonth,
  endsAtMs,
  pausedAtMs,
}: Backfill): History => ({
  codes,
  scans,
  calls,
  calls_this_month: callsThisMonth,
  ends_at: calls === 0 || endsAtMs === null ? null : new Date(endsAtMs).toISOString(),
  paused_since: pausedAtMs === null ? null : new Date(pausedAtMs).toISOString(),
})

/** Continues after "History": "of 12 codes is left: 1,234 scans, 18 calls; landed in about 2 min". */
export function describeHistory(history: History): string {
  const { codes, scans, calls, calls_this_month: now, ends_at, paused_since } = history
  const paused =
    paused_since === null
      ? ''
      : `, paused since ${time(Date.parse(paused_since))}: run "qrsync backfill resume" to continue`
  if (calls === 0) return `is all landed${paused}`
  const what = `of ${number(codes)} codes is left: ${number(scans)} scans, ${number(calls)} calls${paused}`
  if (paused_since !== null) return `${what}; the new scans of these codes wait too`
  if (ends_at === null) return `${what}; no calls are left for it this month`
  const endsMs = Date.parse(ends_at)
  if (calls <= now) return `${what}; landed in about ${duration((endsMs - Date.now()) / 3_600_000)}`
  return `${what}, ${number(now)} of them in this month (half of what is left); landed about ${time(endsMs)}`
}

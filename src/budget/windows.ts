/** What an account may spend. The API's own names for the two: "per-minute" and "per-month". */
export interface CallLimits {
  perMinute: number
  perMonth: number
}

/** The limits of each plan that has the API, from the API's README. */
export const planLimits: Readonly<Record<string, CallLimits>> = {
  pro: { perMinute: 60, perMonth: 5_000 },
  advanced: { perMinute: 600, perMonth: 100_000 },
}

export const minuteWindowMs = 60_000

/** A month of the API's, by which it counts calls. */
export interface Period {
  /** `YYYY-MM`, or the first minute where it is not a calendar month. */
  key: string
  startMs: number
  endMs: number
}

/**
 * The period that holds a time: the calendar month in UTC, unless the API has named another time (`resetsAtMs`) at which its
 * count began or will begin anew; then that day of every month.
 */
export function periodOf(timeMs: number, resetsAtMs: number | null): Period {
  const time = new Date(timeMs)
  const anchor = new Date(resetsAtMs ?? Date.UTC(2000, 0))
  const monthsOn =
    (time.getUTCFullYear() - anchor.getUTCFullYear()) * 12 + time.getUTCMonth() - anchor.getUTCMonth()
  const months = addMonths(anchor, monthsOn) > timeMs ? monthsOn - 1 : monthsOn
  const startMs = addMonths(anchor, months)
  const start = new Date(startMs).toISOString()
  return {
    key: resetsAtMs === null ? start.slice(0, 7) : start.slice(0, 16),
    startMs,
    endMs: addMonths(anchor, months + 1),
  }
}

/** The same day and time so many months later; the last day of a month that is too short. */
function addMonths(time: Date, months: number): number {
  const year = time.getUTCFullYear()
  const month = time.getUTCMonth() + months
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  const sinceMidnight = time.getTime() % (24 * 60 * minuteWindowMs)
  return Date.UTC(year, month, Math.min(time.getUTCDate(), lastDay)) + sinceMidnight
}

/**
 * Why no call is made now: the minute's or the month's calls are spent, or of the month's those that are ours (`share`), the
 * API asked for a pause, the API as a whole fails (`outage`), calls that failed are tried again later (`failures`), another
 * sync is running, (`kept`) the month's calls that are left are not for this use, or (`plan`) none is worth it yet.
 */
export type WaitReason =
  'minute' | 'month' | 'share' | 'retry_after' | 'outage' | 'failures' | 'other_sync' | 'kept' | 'plan'

export interface Wait {
  reason: WaitReason
  /** Epoch ms at which it is worth asking again. */
  untilMs: number
  /** Where that is only to see whether anything has changed: when it goes on in any case. */
  goesOnMs?: number
}

export interface WindowState {
  nowMs: number
  /** What is left of the month's calls, and of those that are ours to make. */
  monthLeft: number
  oursLeft: number
  /** Calls of the month that are kept for others than the one who asks. */
  keptBack: number
  monthEndsMs: number
  /** What the gate says; null where it lets a call through. */
  gate: Wait | null
  /** When the call at the limit's place (the `perMinute`-th youngest) leaves the minute; null while there are fewer. */
  minuteFullUntilMs: number | null
  /** Where the minute is shared, when the next call keeps to the pace; 0 where it is not. */
  pacedUntilMs: number
}

/** Our share may be raised in the config file at any time, which nobody tells to a workflow that waits. */
const shareLookMs = 6 * 60 * minuteWindowMs

/** That our share of the month is spent. */
export function shareSpent(nowMs: number, monthEndsMs: number): Wait {
  return { reason: 'share', untilMs: Math.min(nowMs + shareLookMs, monthEndsMs), goesOnMs: monthEndsMs }
}

/** The longest applicable wait, or null when a call may go out now. */
export function waitBeforeCall(state: WindowState): Wait | null {
  const { nowMs, monthEndsMs } = state
  const waits: Wait[] = []
  if (state.monthLeft <= 0) waits.push({ reason: 'month', untilMs: monthEndsMs })
  else if (state.oursLeft <= 0) waits.push(shareSpent(nowMs, monthEndsMs))
  else if (Math.min(state.monthLeft, state.oursLeft) <= state.keptBack) {
    waits.push({ reason: 'kept', untilMs: monthEndsMs })
  }
  if (state.gate !== null) waits.push(state.gate)
  // The window's last millisecond still counts, hence one more.
  if (state.minuteFullUntilMs !== null && state.minuteFullUntilMs >= nowMs) {
    waits.push({ reason: 'minute', untilMs: state.minuteFullUntilMs + 1 })
  }
  if (state.pacedUntilMs > nowMs) waits.push({ reason: 'minute', untilMs: state.pacedUntilMs })
  return waits.reduce<Wait | null>(
    (longest, wait) => (longest && longest.untilMs >= wait.untilMs ? longest : wait),
    null,
  )
}

export interface PaceInput {
  perMonth: number
  /** Calls made for history. */
  historyCalls: number
  period: Period
  nowMs: number
}

/**
 * Calls of a month that a plan will have spent by a time. History is taken at once, as far as the plan allows it; what that
 * leaves is spread evenly over the month.
 */
export function plannedByNow({ perMonth, historyCalls, period, nowMs }: PaceInput): number {
  const elapsed = (nowMs - period.startMs) / (period.endMs - period.startMs)
  const history = Math.min(historyCalls, perMonth)
  return history + (perMonth - history) * Math.min(Math.max(elapsed, 0), 1)
}

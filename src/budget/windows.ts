/** The call limits of an account. The API calls them "per-minute" and "per-month". */
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

/** A month in which the API counts calls. */
export interface Period {
  /** `YYYY-MM`, or its first minute if it is not a calendar month. */
  key: string
  startMs: number
  endMs: number
}

/**
 * Returns the period that contains a time: the calendar month in UTC. If the API has named another reset time (`resetsAtMs`), the
 * periods begin on that day of every month.
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

/** @returns the same day and time some months later, or the last day if the month is too short */
function addMonths(time: Date, months: number): number {
  const year = time.getUTCFullYear()
  const month = time.getUTCMonth() + months
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  const sinceMidnight = time.getTime() % (24 * 60 * minuteWindowMs)
  return Date.UTC(year, month, Math.min(time.getUTCDate(), lastDay)) + sinceMidnight
}

/**
 * Why no call is made now: the calls of the minute, of the month, or of our `share` of the month are spent, the API asked for a
 * pause (`retry_after`), the whole API fails (`outage`), failed calls are retried later (`failures`), another sync is running
 * (`other_sync`), the month's remaining calls are reserved for another use (`kept`), or no call is worth it yet (`plan`).
 */
export type WaitReason =
  'minute' | 'month' | 'share' | 'retry_after' | 'outage' | 'failures' | 'other_sync' | 'kept' | 'plan'

export interface Wait {
  reason: WaitReason
  /** When to check again (epoch ms). */
  untilMs: number
  /** Set if `untilMs` is only to check whether anything has changed: when the work continues in any case. */
  goesOnMs?: number
}

export interface WindowState {
  nowMs: number
  /** The remaining calls of the month, and of our share of it. */
  monthLeft: number
  oursLeft: number
  /** How many of the month's calls this call must leave unspent. */
  keptBack: number
  monthEndsMs: number
  /** The gate's wait; null if it lets a call through. */
  gate: Wait | null
  /**
   * When the `perMinute`-th youngest call leaves the minute, so that another one fits; null while there are
   * fewer calls.
   */
  minuteFullUntilMs: number | null
  /** If the minute is shared, the earliest time of the next call that keeps the pace; else 0. */
  pacedUntilMs: number
}

/** An operator may raise our share in the config file at any time, and a waiting workflow is not notified. */
const shareLookMs = 6 * 60 * minuteWindowMs

/** @returns the wait after our share of the month is spent */
export function shareSpent(nowMs: number, monthEndsMs: number): Wait {
  return { reason: 'share', untilMs: Math.min(nowMs + shareLookMs, monthEndsMs), goesOnMs: monthEndsMs }
}

/** @returns the longest applicable wait, or null if a call may be sent now */
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
 * Returns the calls of a month that a plan will have spent by a time. History is fetched at once, as far as the
 * plan allows. The rest is spread evenly over the month.
 */
export function plannedByNow({ perMonth, historyCalls, period, nowMs }: PaceInput): number {
  const elapsed = (nowMs - period.startMs) / (period.endMs - period.startMs)
  const history = Math.min(historyCalls, perMonth)
  return history + (perMonth - history) * Math.min(Math.max(elapsed, 0), 1)
}

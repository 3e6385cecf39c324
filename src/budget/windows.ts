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

/** Calendar month in UTC, `YYYY-MM`. */
export function monthOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 7)
}

/** First millisecond of the next calendar month in UTC. */
function nextMonthStartMs(timeMs: number): number {
  const time = new Date(timeMs)
  return Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1)
}

/** Why no call can be made now: the minute's or the month's calls are spent, the API asked for a pause, or another sync is at work. */
export type WaitReason = 'minute' | 'month' | 'retry_after' | 'other_sync'

export interface Wait {
  reason: WaitReason
  /** Epoch ms at which it is worth asking again. */
  untilMs: number
}

export interface WindowState {
  nowMs: number
  limits: CallLimits
  callsThisMonth: number
  /** Until then the API has asked for a pause; 0 when it has not. */
  gateUntilMs: number
  /** When the call at the limit's place (the `perMinute`-th youngest) leaves the minute; null while there are fewer. */
  minuteFullUntilMs: number | null
}

/** The longest applicable wait, or null when a call may go out now. */
export function waitBeforeCall(state: WindowState): Wait | null {
  const waits: Wait[] = []
  if (state.callsThisMonth >= state.limits.perMonth)
    waits.push({ reason: 'month', untilMs: nextMonthStartMs(state.nowMs) })
  if (state.gateUntilMs > state.nowMs) waits.push({ reason: 'retry_after', untilMs: state.gateUntilMs })
  // The window's last millisecond still counts, hence one more.
  if (state.minuteFullUntilMs !== null && state.minuteFullUntilMs >= state.nowMs)
    waits.push({ reason: 'minute', untilMs: state.minuteFullUntilMs + 1 })
  return waits.reduce<Wait | null>(
    (longest, wait) => (longest && longest.untilMs >= wait.untilMs ? longest : wait),
    null,
  )
}

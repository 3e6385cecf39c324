import { Cron } from 'croner'
import type { ScheduleConfig } from '../config/settings/schedule-settings.ts'

/**
 * Returns by when a planned sync makes progress again after it found that no call is worth it before `untilMs` (epoch ms). An interval
 * counts from 1970, and a run continues until the next one begins. With cron, a run ends at once, and the next run looks again. A
 * jitter delays the begin of a run.
 *
 * @returns null if the cron expression names no further time
 */
export function dueMs(schedule: ScheduleConfig, untilMs: number, nowMs: number): number | null {
  const { jitter: jitterMs = 0 } = schedule
  if (schedule.every === undefined) {
    const runMs = nextOf(schedule.cron, schedule.time_zone, nowMs)
    return runMs === null ? null : runMs + jitterMs
  }
  const runMs = (Math.floor(nowMs / schedule.every) + 1) * schedule.every
  return untilMs < runMs ? untilMs : runMs + jitterMs
}

/** As Temporal reads the expression: both days must match, and "5/10" means from 5 on. */
function nextOf(cron: string, timezone: string, nowMs: number): number | null {
  const options = { timezone, mode: '5-part', domAndDow: true, sloppyRanges: true, paused: true } as const
  const expression = new Cron(cron, options)
  let next = expression.nextRun(new Date(nowMs))
  // Where clocks skip an hour in spring, croner moves a run out of it. Temporal's server starts none.
  while (next !== null && !expression.match(next)) next = expression.nextRun(next)
  return next?.getTime() ?? null
}

import ms from 'ms'
import type { ScheduleConfig } from '../config/schedule-settings.ts'

/** "every 15m", "at 0 7 * * 1-5 (Europe/Berlin)" */
export function scheduleText({ every, cron, time_zone: zone }: ScheduleConfig): string {
  return every === undefined ? `at ${cron} (${zone})` : `every ${ms(every)}`
}

import ms from 'ms'
import type { ScheduleConfig } from '../config/settings/schedule-settings.ts'

/** "every 15m", "at 0 7 * * 1-5 (Europe/Berlin), up to 2m later" */
export function scheduleText({ every, cron, time_zone: zone, jitter }: ScheduleConfig): string {
  const spread = jitter === undefined ? '' : `, up to ${ms(jitter)} later`
  return (every === undefined ? `at ${cron} (${zone})` : `every ${ms(every)}`) + spread
}

import { expect, it } from 'vitest'
import type { ScheduleConfig } from '../../../src/config/settings/schedule-settings.ts'
import { dueMs } from '../../../src/temporal/due-ms.ts'

const at = (time: string) => Date.parse(`2026-11-${time}:00Z`)
const nowMs = at('27T12:34')

// 27 November 2026 is a Friday.
it.each<[string, ScheduleConfig, string, string | null]>([
  ['an interval', { every: 3_600_000 }, '28T00:00', '27T13:00'],
  ['an interval, and a call before it', { every: 3_600_000 }, '27T12:50', '27T12:50'],
  ['an interval with a jitter', { every: 3_600_000, jitter: 600_000 }, '28T00:00', '27T13:10'],
  ['a jitter, and a call before the run', { every: 3_600_000, jitter: 600_000 }, '27T12:50', '27T12:50'],
  ['working days in Berlin', { cron: '0 7 * * 1-5', time_zone: 'Europe/Berlin' }, '27T12:50', '30T06:00'],
  ['cron with a jitter', { cron: '0 7 * * *', time_zone: 'UTC', jitter: 60_000 }, '29T00:00', '28T07:01'],
  [
    'a day of the month that must also be a Monday',
    { cron: '0 7 30,28 * 1', time_zone: 'UTC' },
    '28T00:00',
    '30T07:00',
  ],
  ['minutes from 5 on', { cron: '5/20 * * * *', time_zone: 'UTC' }, '28T00:00', '27T12:45'],
  ['Sunday as 7', { cron: '0 0 * * 7', time_zone: 'UTC' }, '28T00:00', '29T00:00'],
  ['a day that does not exist', { cron: '0 0 31 2 *', time_zone: 'UTC' }, '28T00:00', null],
])('a sync is due by the next run: %s', (_what, schedule, until, due) => {
  expect(dueMs(schedule, at(until), nowMs)).toBe(due === null ? null : at(due))
})

it('no sync is due at a time of the night that clocks skip in spring', () => {
  const schedule: ScheduleConfig = { cron: '30 2 * * *', time_zone: 'Europe/Berlin' }
  const before = Date.parse('2027-03-27T12:00:00Z')
  expect(dueMs(schedule, before, before)).toBe(Date.parse('2027-03-29T00:30:00Z'))
})

import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { mistakeInCron } from '../../../src/config/settings/cron.ts'
import { configText } from '../../support/config-text.ts'

const text = configText()
afterAll(() => {
  text[Symbol.dispose]()
})

const scheduleOf = (settings: string) => text.load(`schedule: ${settings}`).schedule
const refusal = (settings: string) => text.refusal(`schedule: ${settings}`).replace(/^qrsync\.yaml:4: /, '')

describe('a schedule', () => {
  it.each([
    ['{}', { every: 900_000 }],
    ['{jitter: 90s}', { every: 900_000, jitter: 90_000 }],
    ['{every: 1h}', { every: 3_600_000 }],
    ['{cron: "0 7 * * 1-5"}', { cron: '0 7 * * 1-5', time_zone: 'UTC' }],
    [
      '{cron: "*/15 8-18 * * mon-fri", time_zone: Europe/Berlin, jitter: 1m}',
      { cron: '*/15 8-18 * * mon-fri', time_zone: 'Europe/Berlin', jitter: 60_000 },
    ],
    // Temporal accepts only a zone's exact spelling.
    ['{cron: "0 7 * * *", time_zone: europe/berlin}', { cron: '0 7 * * *', time_zone: 'Europe/Berlin' }],
  ])('accepts %s', (written, expected) => {
    expect(scheduleOf(written)).toEqual(expected)
  })

  const zone = 'schedule.time_zone: the name of a time zone, such as Europe/Berlin or UTC'
  const cron =
    'schedule.cron: five fields: minute, hour, day of the month, month and day of the week, as in "0 7 * * 1-5"'

  it.each([
    [
      '{every: 1h, cron: "0 7 * * *"}',
      'schedule: one of every (a time between syncs) and cron (the times themselves)',
    ],
    ['{every: 1h, time_zone: UTC}', 'schedule.time_zone: needs cron: every has no time of day'],
    [
      '{cron: "0 7 * * *", time_zone: Europe/Berln}',
      `${zone}; did you mean Europe/Berlin? (found "Europe/Berln")`,
    ],
    ['{cron: "0 7 * * *", time_zone: "+01:00"}', `${zone} (found "+01:00")`],
    ['{cron: "0 7 * * *", time_zone: Mars/Olympus_Mons}', `${zone} (found "Mars/Olympus_Mons")`],
    ['{cron: "0 7 * *"}', `${cron}; it has 4 of them (found "0 7 * *")`],
    ['{cron: "0 24 * * *"}', `${cron}; the hour is from 0 to 23: not 24 (found "0 24 * * *")`],
    [
      '{cron: "0 7 * * moon"}',
      `${cron}; the day of the week is from 0 to 7, or sun to sat: not moon (found "0 7 * * moon")`,
    ],
    ['{cron: 7}', `${cron} (found 7)`],
    ['{jitter: 100ms}', 'schedule.jitter: a time from 1 second to a year, such as 30s or 5m (found "100ms")'],
  ])('is refused: %s', (written, message) => {
    expect(refusal(written)).toBe(message)
  })
})

describe('a cron expression', () => {
  it.each([
    '* * * * *',
    '0 7 1,15 * *',
    '*/5 0-23/2 * jan-dec SUN',
    '59 23 31 12 7',
    '5/10 * * * *',
    ' 0  7 * * * ',
  ])('may be %j', (written) => {
    expect(mistakeInCron(written)).toBeNull()
  })

  it.each([
    '60 * * * *',
    '-1 * * * *',
    '* * 0 * *',
    '* * 32 * *',
    '* * * 0 *',
    '* * * 13 *',
    '* * * * 8',
    '5-1 * * * *',
    '1-2-3 * * * *',
    '*/0 * * * *',
    '*/ * * * *',
    '1/2/3 * * * *',
    ', * * * *',
    '1, * * * *',
    '* * L * *',
    '* * ? * *',
    '* * * * mon#2',
    '@daily',
    '',
    '* * * * * *',
    'TZ=UTC * * * *',
    '* * * mon *',
  ])('may not be %j', (written) => {
    expect(mistakeInCron(written)).toBeTypeOf('string')
  })

  it('is accepted or refused without a crash, whatever it is', () => {
    const letters = fc.constantFrom(...'0123456789*/-, LW?#@jansu'.split(''))
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 24 }), (written) => {
        const mistake = mistakeInCron(written)
        if (mistake === null) expect(written.trim().split(/\s+/)).toHaveLength(5)
      }),
    )
  })
})

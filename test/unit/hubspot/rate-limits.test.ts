import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { msToMidnight, rateLimitPauseMs } from '../../../src/destinations/hubspot/http/rate-limits.ts'

const answer = (headers = {}) => ({ status: 429, headers, text: '' })

describe('the wait after a 429', () => {
  test.each([
    ['TEN_SECONDLY_ROLLING', 10_000],
    ['SECONDLY', 1_000],
    ['', 10_000],
  ])('%s: %i ms', (policyName, ms) => {
    expect(rateLimitPauseMs(answer(), policyName, 'Europe/Berlin', 0)).toBe(ms)
  })

  test('is the Retry-After, whatever the limit', () => {
    expect(rateLimitPauseMs(answer({ 'retry-after': '7' }), 'DAILY', 'Europe/Berlin', 0)).toBe(7_000)
  })

  test('lasts until midnight in the time zone of the account if the limit is daily', () => {
    const noonUtc = Date.parse('2026-11-25T12:00:00Z')
    const hours = (timeZone: string) =>
      Math.round(rateLimitPauseMs(answer(), 'DAILY', timeZone, noonUtc) / 360_000) / 10
    expect([hours('UTC'), hours('Europe/Berlin'), hours('US/Eastern'), hours('Asia/Kolkata')]).toEqual([
      12, 11, 17, 6.5,
    ])
  })

  test('is an hour if the time zone is unknown', () => {
    expect(rateLimitPauseMs(answer(), 'DAILY', undefined, 0)).toBe(3_600_000)
  })
})

describe('the next midnight', () => {
  const zones = ['UTC', 'Europe/Berlin', 'US/Eastern', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia']

  test('is 00:00 in the time zone at any time of any year, even if the clocks change', () => {
    const times = fc.integer({ min: Date.parse('2024-01-01'), max: Date.parse('2030-01-01') })
    fc.assert(
      fc.property(fc.constantFrom(...zones), times, (timeZone, nowMs) => {
        const ms = msToMidnight(timeZone, nowMs)
        expect(ms).toBeGreaterThan(0)
        expect(ms).toBeLessThanOrEqual(25 * 3_600_000)
        const format = new Intl.DateTimeFormat('en', { timeZone, hourCycle: 'h23', timeStyle: 'medium' })
        expect(format.format(nowMs + ms)).toBe('00:00:00')
      }),
    )
  })

  test.each([
    ['the clocks go forward', '2026-03-29T00:30:00+01:00', 22.5],
    ['the clocks go back', '2026-10-25T00:30:00+02:00', 24.5],
  ])('is right on the day on which %s', (_, now, hours) => {
    expect(msToMidnight('Europe/Berlin', Date.parse(now)) / 3_600_000).toBe(hours)
  })
})

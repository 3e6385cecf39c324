import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseHttpDate } from '../../src/api/http-date.ts'
import { parseRetryAfterMs } from '../../src/api/retry-after.ts'

const now = Date.UTC(2026, 2, 14, 9, 26, 53)
const instant = fc
  .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => Math.floor(date.getTime() / 1000) * 1000)
const imf = (ms: number) => new Date(ms).toUTCString()

describe('parseRetryAfterMs', () => {
  it('keeps any number of seconds whole', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('', ' ', '\t'), (seconds, space) => {
        expect(parseRetryAfterMs(`${space}${seconds}${space}`, null, now)).toBe(seconds * 1000)
      }),
    )
  })

  it("counts a date from the answer's own Date, whatever the clock here shows", () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: -1e6, max: 1e8 }), instant, (serverNow, seconds, localNow) => {
        fc.pre(serverNow + seconds * 1000 >= 0 && serverNow + seconds * 1000 < Date.UTC(10000, 0))
        const until = imf(serverNow + seconds * 1000)
        expect(parseRetryAfterMs(until, imf(serverNow), localNow)).toBe(Math.max(0, seconds * 1000))
      }),
    )
  })

  it('counts a date from the clock here where the answer has no readable Date', () => {
    expect(parseRetryAfterMs(imf(now + 90_000), null, now)).toBe(90_000)
    expect(parseRetryAfterMs(imf(now + 90_000), 'yesterday', now)).toBe(90_000)
  })

  it('takes a date that has passed as 0', () => {
    expect(parseRetryAfterMs(imf(now - 1000), null, now)).toBe(0)
  })

  it.each([
    '',
    ' ',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    '1 2',
    '60s',
    'soon',
    '2026-03-14T09:26:53Z',
    '9'.repeat(30),
  ])('reads %j as nothing', (garbage) => {
    expect(parseRetryAfterMs(garbage, null, now)).toBeNull()
  })

  it('never throws, and never names a time before now or beyond what a date can hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.option(fc.string({ unit: 'binary' })), (text, date) => {
        const afterMs = parseRetryAfterMs(text, date, now)
        if (afterMs === null) return
        expect(afterMs).toBeGreaterThanOrEqual(0)
        expect(new Date(now + afterMs).getTime()).not.toBeNaN()
      }),
    )
  })
})

describe('parseHttpDate', () => {
  const november = Date.UTC(1994, 10, 6, 8, 49, 37)

  it('reads what toUTCString writes', () => {
    fc.assert(
      fc.property(instant, (ms) => {
        expect(parseHttpDate(imf(ms), now)).toBe(ms)
      }),
    )
  })

  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'reads %j, a form of RFC 9110',
    (text) => {
      expect(parseHttpDate(text, now)).toBe(november)
    },
  )

  it('reads two digits of a year as at most 50 years ahead', () => {
    expect(parseHttpDate('Thursday, 14-Mar-75 09:26:53 GMT', now)).toBe(Date.UTC(2075, 2, 14, 9, 26, 53))
    expect(parseHttpDate('Monday, 14-Mar-77 09:26:53 GMT', now)).toBe(Date.UTC(1977, 2, 14, 9, 26, 53))
  })

  it.each([
    'Mon, 06 Nov 1994 08:49:37 GMT',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 06 Nov 1994 24:49:37 GMT',
    'Sun, 06 Nov 1994 08:60:37 GMT',
    'Wed, 30 Feb 1994 08:49:37 GMT',
    'Thu, 00 Nov 1994 08:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    '784111777',
  ])('refuses %j', (text) => {
    expect(parseHttpDate(text, now)).toBeNull()
  })
})

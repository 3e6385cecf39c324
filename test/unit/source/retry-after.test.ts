import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { delayMs } from '../../../src/model/delay.ts'
import { parseHttpDate } from '../../../src/model/http-date.ts'
import { readRetryAfter } from '../../../src/model/retry-after.ts'

const now = Date.UTC(2026, 2, 14, 9, 26, 53)
const instant = fc
  .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => Math.floor(date.getTime() / 1000) * 1000)
const imf = (ms: number) => new Date(ms).toUTCString()

const dayMs = 24 * 3_600_000
const odd = (text: string) => ({ delayMs: 60_000, odd: text.slice(0, 30) })
const after = (ms: number) => ({ delayMs: ms, odd: null })

describe('readRetryAfter', () => {
  it('keeps any number of seconds up to 32 days', () => {
    const seconds = fc.integer({ min: 1, max: (32 * dayMs) / 1000 })
    fc.assert(
      fc.property(seconds, fc.constantFrom('', ' ', '\t'), (some, space) => {
        expect(readRetryAfter(`${space}${some}${space}`, null, now)).toEqual(after(some * 1000))
      }),
    )
  })

  it.each(['0', '-1', '-0', '+0', '0.2', '0000', '-99999999999'])('waits a second for %s', (text) => {
    expect(readRetryAfter(text, null, now)).toEqual(after(1_000))
  })

  it.each([
    ['+7', 7_000],
    ['1.5', 1_500],
  ])('reads %s', (text, ms) => {
    expect(readRetryAfter(text, null, now)).toEqual(after(ms))
  })

  it('reads a timestamp, in seconds or in ms, that is close to now', () => {
    fc.assert(
      fc.property(fc.integer({ min: -86_400, max: (32 * dayMs) / 1000 }), fc.boolean(), (ahead, inMs) => {
        const text = inMs ? String(now + ahead * 1000) : String(now / 1000 + ahead)
        expect(readRetryAfter(text, null, now)).toEqual(after(Math.max(ahead * 1000, 1_000)))
      }),
    )
  })

  it.each(['1795900000', '1000000000', '2764801', '9'.repeat(30), '9'.repeat(400)])(
    'treats %s as no delay: a minute, and the error names what was sent',
    (text) => {
      expect(readRetryAfter(text, null, now)).toEqual(odd(text))
    },
  )

  it('measures a date from the Date of the response, whatever the local clock shows', () => {
    const ahead = fc.integer({ min: -1e6, max: (32 * dayMs) / 1000 })
    fc.assert(
      fc.property(instant, ahead, instant, (serverNow, seconds, localNow) => {
        fc.pre(serverNow + seconds * 1000 >= 0 && serverNow + seconds * 1000 < Date.UTC(10000, 0))
        const until = imf(serverNow + seconds * 1000)
        expect(readRetryAfter(until, imf(serverNow), localNow)).toEqual(
          after(Math.max(1_000, seconds * 1000)),
        )
      }),
    )
  })

  it('measures a date from the local clock if the response has no readable Date', () => {
    expect(readRetryAfter(imf(now + 90_000), null, now)).toEqual(after(90_000))
    expect(readRetryAfter(imf(now + 90_000), 'yesterday', now)).toEqual(after(90_000))
  })

  it('waits a second for a past date, and a minute for one of another year', () => {
    expect(readRetryAfter(imf(now - 1000), null, now)).toEqual(after(1_000))
    expect(readRetryAfter(imf(now), null, now)).toEqual(after(1_000))
    const far = imf(now + 33 * dayMs)
    expect(readRetryAfter(far, null, now)).toEqual(odd(far))
  })

  it.each([null, undefined, '', ' ', '1e3', '0x10', '1 2', '60s', 'soon', '2026-03-14T09:26:53Z', 'NaN'])(
    'reads %j as nothing',
    (garbage) => {
      expect(readRetryAfter(garbage, null, now)).toBeNull()
    },
  )

  it('never throws, and never returns a delay below one second or above 32 days', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.double().map(String), fc.bigInt().map(String))
    let named = 0
    fc.assert(
      fc.property(text, fc.option(fc.string({ unit: 'binary' })), (header, date) => {
        const asked = readRetryAfter(header, date, now)
        if (asked === null) return
        named += 1
        expect(asked.delayMs).toBeGreaterThanOrEqual(1_000)
        expect(asked.delayMs).toBeLessThanOrEqual(32 * dayMs)
      }),
      { numRuns: 300 },
    )
    expect(named).toBeGreaterThan(20)
  })
})

describe('delayMs', () => {
  it('turns any number into a delay that a timer accepts', () => {
    fc.assert(
      fc.property(fc.double(), (ms) => {
        const delay = delayMs(ms)
        expect(Number.isInteger(delay) && delay >= 1_000 && delay <= 32 * dayMs).toBe(true)
      }),
    )
  })
})

describe('parseHttpDate', () => {
  const november = Date.UTC(1994, 10, 6, 8, 49, 37)

  it('reads the output of toUTCString', () => {
    fc.assert(
      fc.property(instant, (ms) => {
        expect(parseHttpDate(imf(ms), now)).toBe(ms)
      }),
    )
  })

  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'reads %j, a format of RFC 9110',
    (text) => {
      expect(parseHttpDate(text, now)).toBe(november)
    },
  )

  it('reads a two-digit year as at most 50 years ahead', () => {
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

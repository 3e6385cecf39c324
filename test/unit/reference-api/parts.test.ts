import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDuration } from '../../../reference-api/commands/parse-duration.ts'
import { createFaults, parseFaultRates } from '../../../reference-api/http/faults.ts'
import { createRandom, randomUuid } from '../../../reference-api/random.ts'
import { RateLimits } from '../../../reference-api/account/rate-limits.ts'
import { timePicker } from '../../../reference-api/seed/seed-times.ts'
import { seedAccount, zipfShare } from '../../../reference-api/seed/seed.ts'
import { openStore } from '../../../reference-api/store/store.ts'
import { dayMs, parseTimestamp } from '../../../reference-api/timestamps.ts'

const now = Date.UTC(2026, 2, 14, 9, 26)

function parseScan(json: string) {
  return JSON.parse(json) as { id: string; scanned_at: string; is_unique: boolean }
}

describe('rate limits', () => {
  test('match a plain count of the last 60 seconds, whatever the order of calls', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 200, size: 'max' })
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 12 }), (each, perMinute) => {
        const store = openStore(':memory:')
        const limits = new RateLimits(store.calls)
        const account = { id: 'a', email: '', plan: 'pro' as const, perMinute, perMonth: 1e9 }
        const accepted: number[] = []
        let at = now
        for (const gap of each) {
          at += gap
          const inWindow = accepted.filter((time) => time > at - 60_000)
          const verdict = limits.admit(account, at)
          expect(verdict.accepted).toBe(inWindow.length < perMinute)
          if (verdict.accepted) accepted.push(at)
          else {
            expect(verdict.retryAfterS).toBe(Math.ceil(((inWindow.at(-perMinute) ?? 0) + 60_000 - at) / 1000))
          }
        }
        store.close()
      }),
      { numRuns: 100 },
    )
  })
})

describe('the seed', () => {
  const contents = (options: { seed?: number; now?: number }) => {
    const store = openStore(':memory:')
    const accountId = seedAccount(store, { codes: 10, scans: 500, now, ...options })
    const filter = { accountId, includeDeleted: false, text: null, updatedSince: null }
    const codes = store.qrCodes.list(filter, 'created_at', 100, 0)
    const scans = codes.map((code) => store.scans.slice(code, 0, code.scan_count, true).map(parseScan))
    store.close()
    return { accountId, codes, scans }
  }

  test('makes the same account for the same seed and time, and another for others', () => {
    const first = contents({})
    expect(contents({})).toEqual(first)
    expect(contents({ seed: 2 }).accountId).not.toBe(first.accountId)
    expect(contents({ now: now + dayMs }).scans).not.toEqual(first.scans)
  })

  test('makes counts and last scans of codes that match their logs', () => {
    const { codes, scans } = contents({})
    codes.forEach((code, index) => {
      const times = (scans[index] ?? []).map(({ scanned_at }) => Date.parse(scanned_at))
      expect(times).toHaveLength(code.scan_count)
      expect(times.at(-1)).toBe(code.last_scanned_at)
      expect(times[0]).toBeGreaterThan(code.created_at)
    })
  })

  test('marks the first scan of a code and day as unique', () => {
    for (const log of contents({}).scans) {
      const days = new Set<string>()
      for (const scan of log) {
        const day = scan.scanned_at.slice(0, 10)
        if (!days.has(day)) expect(scan.is_unique).toBe(true)
        days.add(day)
      }
    }
  })

  test('spreads exactly all scans over the codes by Zipf', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 1e6 }), (codes, scans) => {
        const shares = Array.from({ length: codes }, (_, rank) => zipfShare(rank, codes, scans))
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(scans)
        shares.forEach((share, rank) => {
          expect(Math.abs(share - (shares[0] ?? 0) / (rank + 1))).toBeLessThan(2)
        })
      }),
    )
  })

  test('has busy days and quiet nights, within its limits', () => {
    const draw = timePicker(createRandom(1), now - 10 * dayMs, now)
    const hours = Array<number>(24).fill(0)
    for (let i = 0; i < 20_000; i++) {
      const at = draw()
      expect(at >= now - 10 * dayMs && at < now).toBe(true)
      const hour = Math.floor(at / 3_600_000) % 24
      hours[hour] = (hours[hour] ?? 0) + 1
    }
    expect(hours[18]).toBeGreaterThan((hours[3] ?? 0) * 10)
  })

  test('makes ids in the format of UUID version 4, each once', () => {
    const random = createRandom(5)
    const ids = Array.from({ length: 10_000 }, () => randomUuid(random))
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    }
  })
})

describe('durations', () => {
  test.each([
    ['3d', 3 * dayMs],
    ['-2h', -7_200_000],
    ['+5d', 5 * dayMs],
    ['90s', 90_000],
    ['1.5m', 90_000],
    ['1500', 1_500],
    ['-250ms', -250],
    ['P1DT12H', 1.5 * dayMs],
    ['-PT30M', -1_800_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  test.each(['', 'soon', '3 days', 'P', 'PT', 'P1W', '1d2h'])('%j is not a duration', (text) => {
    expect(parseDuration(text)).toBeNull()
  })
})

describe('faults', () => {
  test('occur at their rates', () => {
    const draw = createFaults({ 429: 0.1, cut: 0.3 }, 7)
    const drawn = Array.from({ length: 10_000 }, draw)
    const share = (fault: string | null) => drawn.filter((each) => each === fault).length / drawn.length
    expect(share('429')).toBeCloseTo(0.1, 1)
    expect(share('cut')).toBeCloseTo(0.3, 1)
    expect(share(null)).toBeCloseTo(0.6, 1)
  })

  test.each(['', '429', '429=', '429=2', '429=-1', '418=0.1', '429=0.1=0.2', '429=0.6,500=0.6', '429=x'])(
    '%j are not rates',
    (text) => {
      expect(parseFaultRates(text)).toBeNull()
    },
  )

  test('are parsed by name', () => {
    expect(parseFaultRates('429=0.01, cut=0.5')).toEqual({ 429: 0.01, cut: 0.5 })
  })
})

test('a timestamp finer than a millisecond is rounded up', () => {
  expect(parseTimestamp('2026-03-14T00:00:00.0001Z')).toBe(Date.UTC(2026, 2, 14) + 1)
  expect(parseTimestamp('2026-03-14T00:00:00.0010Z')).toBe(Date.UTC(2026, 2, 14) + 1)
  expect(parseTimestamp('2026-02-30T00:00:60Z')).toBeNull()
})

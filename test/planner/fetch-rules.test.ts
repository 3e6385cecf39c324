import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayShapeOf, evenDay } from '../../src/budget/day-shape.ts'
import {
  fetchRule,
  rowsPerCall,
  type FetchRule,
  type WaitingKind,
} from '../../src/budget/price/fetch-rule.ts'
import { followRule } from '../support/budget/follow-rule.ts'
import { randomFrom } from '../support/random-from.ts'

const kinds: WaitingKind[] = ['told', 'expected', 'told_whole', 'expected_whole']
const isTold = (kind: WaitingKind) => kind.startsWith('told')
/** Many scans by day, few by night. */
const dayAndNight = dayShapeOf(
  Array.from({ length: 24 }, (_, hour) => (hour >= 8 && hour < 22 ? 2_000 : 300)),
)

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
/** Scans are whole: if each is reported, a call is made at the next whole number. */
const meanThreshold = ({ thresholds }: FetchRule, kind: WaitingKind) =>
  mean(isTold(kind) ? thresholds.map(Math.ceil) : thresholds)

const countsByHour = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 24, maxLength: 24 })
const rate = fc.double({ min: Math.log(1e-4), max: Math.log(200), noNaN: true }).map(Math.exp)
const price = fc.double({ min: Math.log(1e-3), max: Math.log(1e5), noNaN: true }).map(Math.exp)

/** From a call for each scan to a call for a full page; cycles of minutes and of weeks. */
const ratesAndPrices = [0.002, 0.02, 0.1, 0.5, 2, 10, 40].flatMap((ratePerHour) =>
  [0.05, 1, 10, 60, 300, 3_000].map((each) => ({ ratePerHour, price: each })),
)

const mostPerCall: Partial<Record<(typeof kinds)[number], number>> = { told: rowsPerCall, expected: 92 }

describe('a fetch rule', () => {
  it.each(kinds)('waits for at least one scan and, where pages are read, for at most a page (%s)', (kind) => {
    fc.assert(
      fc.property(rate, price, countsByHour, (ratePerHour, price, counts) => {
        const rule = fetchRule({ ratePerHour, price, kind, shape: dayShapeOf(counts) })
        const most = kind === 'told' || kind === 'expected' ? rowsPerCall : Infinity
        expect(rule.thresholds).toHaveLength(24)
        for (const threshold of rule.thresholds) {
          expect(threshold).toBeGreaterThan(0)
          expect(threshold).toBeLessThanOrEqual(most)
        }
        expect(rule.callsPerHour).toBeGreaterThan(0)
        expect(rule.waiting).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 150 },
    )
  })

  it('fetches each first scan of a slow code if calls are cheap, so that no scan waits', () => {
    for (const ratePerHour of [0.01, 0.05, 0.3]) {
      const rule = fetchRule({ ratePerHour, price: 0.5, kind: 'told', shape: dayAndNight })
      expect(rule.thresholds.every((threshold) => threshold === 1)).toBe(true)
      expect(rule.callsPerHour).toBeCloseTo(ratePerHour, 3)
      expect(rule.waiting).toBe(0)
    }
  })

  it.each(kinds)('waits for √(2 · price · rate) scans if all hours are alike (%s)', (kind) => {
    for (const { ratePerHour, price } of ratesAndPrices) {
      const root = Math.sqrt(2 * price * ratePerHour)
      if (root > 80 || (isTold(kind) && root < 1.5)) continue
      for (const threshold of fetchRule({ ratePerHour, price, kind, shape: evenDay }).thresholds) {
        // Half a scan earlier if a call waits for none; and a step of the program is a scan or a sixteenth.
        if (isTold(kind)) expect(Math.abs(threshold - (root - 0.5))).toBeLessThanOrEqual(1)
        else expect(Math.abs(threshold / root - 1)).toBeLessThanOrEqual(1 / 16)
      }
    }
  })

  it.each(kinds)('waits for more scans, and makes fewer calls, if calls are more expensive (%s)', (kind) => {
    for (const ratePerHour of new Set(ratesAndPrices.map((each) => each.ratePerHour))) {
      const rules = Array.from({ length: 20 }, (_, step) =>
        fetchRule({ ratePerHour, price: 0.05 * 2 ** step, kind, shape: dayAndNight }),
      )
      rules.slice(1).forEach((dearer, index) => {
        const rule = rules[index] ?? dearer
        expect(meanThreshold(dearer, kind)).toBeGreaterThanOrEqual(meanThreshold(rule, kind) - 1e-9)
        // Full pages leave no calls to save.
        expect(dearer.callsPerHour).toBeLessThanOrEqual(rule.callsPerHour * 1.01)
      })
      expect(rules.at(-1)?.callsPerHour).toBeLessThan((rules[0]?.callsPerHour ?? 0) / 3)
    }
  })

  it.each(kinds)('makes more calls if more scans arrive (%s)', (kind) => {
    for (const price of new Set(ratesAndPrices.map((each) => each.price))) {
      const calls = Array.from(
        { length: 16 },
        (_, step) =>
          fetchRule({ ratePerHour: 0.002 * 2 ** step, price, kind, shape: dayAndNight }).callsPerHour,
      )
      // Twice the scans may need as many calls: two at a time, or still one a day.
      calls.slice(1).forEach((more, index) => {
        expect(more).toBeGreaterThanOrEqual((calls[index] ?? Infinity) * 0.99)
        expect(calls[index + 3] ?? Infinity).toBeGreaterThan((calls[index] ?? Infinity) * 1.2)
      })
    }
  })

  it.each(kinds)('makes the number of calls, and causes the waiting, that it promises (%s)', (kind) => {
    const random = randomFrom(7)
    for (const { ratePerHour, price } of ratesAndPrices) {
      const rule = fetchRule({ ratePerHour, price, kind, shape: dayAndNight })
      const arrivals = Math.max(4_000, meanThreshold(rule, kind) * 400)
      const { thresholds } = rule
      const seen = followRule({
        thresholds,
        ratePerHour,
        shape: dayAndNight,
        isTold: isTold(kind),
        arrivals,
        random,
      })
      expect(
        Math.abs(rule.callsPerHour / seen.callsPerHour - 1),
        `calls at ${ratePerHour}, ${price}`,
      ).toBeLessThan(0.1)
      // Of a fifth of a scan, if hardly any waits.
      expect(Math.abs(rule.waiting - seen.waiting), `waiting at ${ratePerHour}, ${price}`).toBeLessThan(
        0.12 * Math.max(seen.waiting, 0.2),
      )
    }
  })

  it.each(kinds)(
    'costs less than waiting for √(2 · price · rate) scans at every hour, with the same arrivals (%s)',
    (kind) => {
      for (const { ratePerHour, price } of ratesAndPrices) {
        const most = mostPerCall[kind] ?? Infinity
        const root = Math.sqrt(2 * price * ratePerHour)
        const even = Math.min(isTold(kind) ? Math.max(root - 0.5, 1) : root, most)
        const costOf = (thresholds: readonly number[]) => {
          const random = randomFrom(11)
          const arrivals = Math.max(4_000, even * 300)
          const seen = followRule({
            thresholds,
            ratePerHour,
            shape: dayAndNight,
            isTold: isTold(kind),
            arrivals,
            random,
          })
          return seen.callsPerHour * price + seen.waiting
        }
        const rule = fetchRule({ ratePerHour, price, kind, shape: dayAndNight })
        const share = costOf(rule.thresholds) / costOf(rule.thresholds.map(() => even))
        expect(share, `at ${ratePerHour}, ${price}`).toBeLessThan(1.02)
        // If the next call would be made at night, or tomorrow, the hour matters most.
        const cycleHours = even / ratePerHour
        if (even > 3 && even < most && cycleHours > 5 && cycleHours < 30) {
          expect(share, `at ${ratePerHour}, ${price}`).toBeLessThan(0.95)
        }
      }
    },
  )
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayShapeOf } from '../../src/budget/day-shape.ts'
import { solvePrice, type ListOffer, type Offer, type RateGroup } from '../../src/budget/price/price.ts'
import { RuleBook, stepOfPrice, stepOfRate } from '../../src/budget/price/rule-book.ts'
import { rates } from '../support/budget/planner-world.ts'

const book = new RuleBook(
  dayShapeOf(Array.from({ length: 24 }, (_, hour) => (hour >= 8 && hour < 22 ? 600 : 80))),
)

const list: ListOffer = { pages: 3, isSorted: true, tells: true, longestHours: null }
const total = ({ callsPerHour: { list: lists, scans, analytics } }: Offer) => lists + scans + analytics

/** 250 codes by Zipf's law with so many scans a month. */
function zipf(scans: number, hasAnalytics = false): RateGroup[] {
  const harmonic = Array.from({ length: 250 }, (_, index) => 1 / (index + 1)).reduce(
    (sum, each) => sum + each,
  )
  return Array.from({ length: 250 }, (_, index) => stepOfRate(scans / 720 / harmonic / (index + 1))).flatMap(
    (rateStep): RateGroup[] => [
      { rateStep, weightStep: 0, count: 1, kind: 'scans' },
      ...(hasAnalytics
        ? [{ rateStep, weightStep: stepOfPrice(0.02), count: 1, kind: 'analytics' as const }]
        : []),
    ],
  )
}

const groups: fc.Arbitrary<RateGroup[]> = fc.array(
  fc.record({
    rateStep: rates.map(stepOfRate),
    weightStep: fc.constantFrom(0, stepOfPrice(2), stepOfPrice(5)),
    count: fc.integer({ min: 1, max: 200 }),
    kind: fc.constantFrom('scans', 'analytics'),
  }),
  { minLength: 1, maxLength: 12 },
)
const lists = fc.record({
  pages: fc.integer({ min: 1, max: 10 }),
  isSorted: fc.boolean(),
  tells: fc.boolean(),
  longestHours: fc.option(fc.integer({ min: 1, max: 200 }), { freq: 1 }),
})
const calls = fc.double({ min: Math.log(0.05), max: Math.log(500), noNaN: true }).map(Math.exp)

describe('the price of a call', () => {
  it('never allows more calls than there are, if any plan fits', () => {
    fc.assert(
      fc.property(
        groups,
        lists,
        calls,
        fc.option(fc.integer({ min: -300, max: 500 })),
        (codes, list, calls, last) => {
          const offer = solvePrice(book, codes, list, calls, last ?? undefined)
          const least = solvePrice(book, codes, list, 0)
          expect(total(offer)).toBeLessThanOrEqual(Math.max(calls, total(least)))
        },
      ),
      { numRuns: 300 },
    )
  })

  it.each([
    ['2,000 scans', zipf(2_000)],
    ['20,000 scans', zipf(20_000)],
    ['20,000 scans and analytics', zipf(20_000, true)],
    ['200,000 scans', zipf(200_000)],
  ])('uses at least nine tenths of the calls, and is lower with more calls (%s)', (_, codes) => {
    for (const tells of [true, false]) {
      const offers = [3_500, 5_000, 10_000, 20_000].map((perMonth) => {
        const offer = solvePrice(book, codes, { ...list, tells }, perMonth / 720)
        expect(total(offer)).toBeGreaterThan((0.9 * perMonth) / 720)
        return offer
      })
      offers.slice(1).forEach((cheaper, index) => {
        expect(cheaper.priceStep).toBeLessThan(offers[index]?.priceStep ?? 0)
        expect(cheaper.waiting).toBeLessThan(offers[index]?.waiting ?? 0)
      })
    }
  })

  it('is the same wherever the search starts, within three per cent of the calls', () => {
    const codes = zipf(20_000)
    const { priceStep } = solvePrice(book, codes, list, 7)
    for (const last of [-300, -20, 0, 60, priceStep - 1, priceStep + 1, 250, 500]) {
      expect(Math.abs(solvePrice(book, codes, list, 7, last).priceStep - priceStep)).toBeLessThanOrEqual(3)
    }
  })

  it('makes the list be read more often with more calls, and less often with a longer list', () => {
    const hours = (perMonth: number, pages: number) =>
      solvePrice(book, zipf(5_000), { ...list, pages, isSorted: false }, perMonth / 720).listHours ?? Infinity
    const byCalls = [2_500, 5_000, 10_000, 20_000].map((perMonth) => hours(perMonth, 1))
    expect(byCalls).toEqual(byCalls.toSorted((a, b) => b - a))
    expect(byCalls.at(-1)).toBeLessThan((byCalls[0] ?? 0) / 3)
    const byPages = [1, 3, 10].map((pages) => hours(5_000, pages))
    expect(byPages).toEqual(byPages.toSorted((a, b) => a - b))
    expect(new Set(byPages).size).toBe(3)
  })

  it('makes the list be read as often as targets require, if that is more than its worth, and not more often', () => {
    const codes = zipf(20_000)
    const free = solvePrice(book, codes, list, 7).listHours ?? Infinity
    for (const longestHours of [free / 8, free / 3, free / 1.1]) {
      expect(solvePrice(book, codes, { ...list, longestHours }, 7).listHours).toBe(longestHours)
    }
    for (const longestHours of [free * 1.1, free * 5]) {
      expect(solvePrice(book, codes, { ...list, longestHours }, 7).listHours).toBeCloseTo(free, 5)
    }
  })

  it('excludes the list if it does not show which codes have new scans', () => {
    const offer = solvePrice(book, zipf(20_000), { ...list, tells: false }, 7)
    expect(offer.listHours).toBeNull()
    expect(offer.callsPerHour.list).toBe(0)
    const told = solvePrice(book, zipf(20_000), list, 7)
    expect(told.callsPerHour.list).toBeGreaterThan(0)
    expect(told.waiting).toBeLessThan(offer.waiting)
  })
})

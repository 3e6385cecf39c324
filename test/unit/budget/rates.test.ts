import { dayMs, hourMs } from '../../../src/model/durations.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countByHour, daysByHour, dayShapeOf, evenDay } from '../../../src/budget/day-shape.ts'
import { observe, ratePerHour, type RateEvidence } from '../../../src/budget/rate.ts'
import { randomFrom } from '../../support/random-from.ts'

/** Draws how many scans arrive for a mean, if each arrives independently. */
function arrivalsOf(mean: number, random: () => number): number {
  let count = 0
  for (let at = -Math.log(1 - random()); at < mean; at -= Math.log(1 - random())) count++
  return count
}

/** Checks a code whenever this many scans are expected at the first rate. */
function look(start: RateEvidence, looks: number, scansPerLook: number, hours: number, random: () => number) {
  let evidence = start
  for (let each = 0; each < looks; each++) {
    evidence = observe(evidence, arrivalsOf(scansPerLook, random), hours)
  }
  return evidence
}

const nothingKnown = { arrivals: 0, hours: 0 }
const meanRate = 0.3
const steadyRates = fc.double({ min: Math.log(0.005), max: Math.log(20), noNaN: true }).map(Math.exp)
const seeds = fc.integer()
/** The estimate as a share of the true rate. */
const shareOf = (evidence: RateEvidence, rate: number) => ratePerHour(evidence, meanRate) / rate

describe('the rate of a code', () => {
  it('is plausible, however wrong one count of the API is', () => {
    const wrong = observe({ arrivals: 24, hours: 24 }, 1e12, 1)
    let evidence = wrong
    for (let day = 0; day < 7; day++) evidence = observe(evidence, 24, 24)
    expect(ratePerHour(evidence, meanRate)).toBeLessThan(100)
  })

  it('is the mean of all codes at first, and soon its own', () => {
    expect(ratePerHour(nothingKnown, meanRate)).toBeCloseTo(meanRate, 10)
    for (const rate of [0.01, 0.3, 10]) {
      const share = shareOf({ arrivals: 20, hours: 20 / rate }, rate)
      expect(share).toBeGreaterThan(0.5)
      expect(share).toBeLessThan(1.1)
    }
  })

  it('settles at the rate of arrivals, however many arrive between two checks', () => {
    fc.assert(
      fc.property(
        steadyRates,
        fc.double({ min: 0.05, max: 60, noNaN: true }),
        seeds,
        (rate, scansPerLook, seed) => {
          const random = randomFrom(seed)
          // The memory covers two weeks, so slower codes are only known roughly.
          const looks = Math.ceil(300 / scansPerLook)
          const evidence = look(nothingKnown, looks, scansPerLook, scansPerLook / rate, random)
          const remembered = Math.min(rate * 14 * 24, 300)
          const chance = 4 / Math.sqrt(remembered + 1)
          expect(Math.abs(Math.log(shareOf(evidence, rate)))).toBeLessThan(0.1 + chance)
        },
      ),
      { numRuns: 300, seed: 1 },
    )
  })

  it('follows a campaign within three checks, and its end within a few', () => {
    // Other hours matter too, not only the one or two that were observed.
    const hoursPerLook = fc.double({ min: 3, max: 200, noNaN: true })
    fc.assert(
      fc.property(
        hoursPerLook,
        fc.double({ min: 3, max: 40, noNaN: true }),
        seeds,
        (hours, scansPerLook, seed) => {
          const random = randomFrom(seed)
          const rate = scansPerLook / hours
          const steady = look(nothingKnown, 40, scansPerLook, hours, random)
          const campaign = look(steady, 3, 20 * scansPerLook, hours, random)
          expect(shareOf(campaign, 20 * rate)).toBeGreaterThan(0.5)
          expect(shareOf(campaign, 20 * rate)).toBeLessThan(2)
          expect(shareOf(look(campaign, 8, scansPerLook, hours, random), rate)).toBeLessThan(3)
        },
      ),
      { numRuns: 500, seed: 1 },
    )
  })

  it('falls while a code is quiet, but never to zero', () => {
    fc.assert(
      fc.property(steadyRates, fc.integer({ min: 0, max: 300 }), (rate, arrivals) => {
        const evidence = { arrivals, hours: arrivals / rate }
        const quiet = [0, 1, 10, 100, 1_000, 1e6].map((hours) => ratePerHour(evidence, meanRate, hours))
        expect(quiet).toEqual(quiet.toSorted((a, b) => b - a))
        expect(quiet.at(-1)).toBeGreaterThan(0)
      }),
    )
  })

  it('falls to about half when as much time again passes without a scan', () => {
    fc.assert(
      fc.property(steadyRates, fc.integer({ min: 20, max: 300 }), (rate, arrivals) => {
        const evidence = { arrivals, hours: arrivals / rate }
        const [before, after] = [0, evidence.hours].map((hours) => ratePerHour(evidence, meanRate, hours))
        const share = (after ?? 0) / (before ?? 0)
        expect(share).toBeGreaterThan(0.45)
        // 0.7 at the highest rate with the fewest scans, which say the least.
        expect(share).toBeLessThan(0.71)
      }),
    )
  })
})

const countsByHour = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 24, maxLength: 24 })
const times = fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2040-01-01') })

describe('the shape of a day', () => {
  it('is even as long as no hour was observed, however many scans arrived', () => {
    expect(
      dayShapeOf(
        Array.from({ length: 24 }, () => 5),
        daysByHour(hourMs, hourMs),
      ).weights,
    ).toEqual(evenDay.weights)
  })

  it('does not mistake hours that were observed more often for busier ones', () => {
    // From one midnight to the noon of the third day: mornings three times, evenings twice, a scan in each hour.
    const days = daysByHour(0, 2.5 * dayMs)
    const { weights } = dayShapeOf(
      Array.from({ length: 24 }, (_, hour) => (hour < 12 ? 300 : 200)),
      days,
    )
    for (const weight of weights) expect(weight).toBeCloseTo(1, 1)
  })

  it('gives every hour some weight, one on average', () => {
    fc.assert(
      fc.property(countsByHour, (counts) => {
        const { weights } = dayShapeOf(counts)
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(24, 9)
        for (const weight of weights) expect(weight).toBeGreaterThan(0)
      }),
    )
  })

  it('counts the hours between two times the same, however they are divided', () => {
    fc.assert(
      fc.property(countsByHour, times, times, times, (counts, ...unsorted) => {
        const shape = dayShapeOf(counts)
        const [from = 0, between = 0, to = 0] = unsorted.toSorted((a, b) => a - b)
        const parts = shape.hoursBetween(from, between) + shape.hoursBetween(between, to)
        expect(parts).toBeCloseTo(shape.hoursBetween(from, to), 5)
        expect(parts).toBeGreaterThanOrEqual(0)
        expect(shape.hoursBetween(from, from + dayMs)).toBeCloseTo(24, 5)
        const hourStartMs = Math.floor(from / hourMs) * hourMs
        expect(shape.hoursBetween(hourStartMs, hourStartMs + hourMs)).toBeCloseTo(shape.at(from), 5)
      }),
    )
  })

  it('is learned from scans, and even before there are any', () => {
    const random = randomFrom(3)
    const truth = Array.from({ length: 24 }, (_, hour) => (hour >= 8 && hour < 20 ? 1.8 : 0.2))
    const learned = (scans: number) => {
      const nowMs = Date.parse('2026-03-01T00:00:00Z')
      const timesMs = Array.from({ length: scans }, () => {
        let hour = Math.floor(random() * 24)
        while (random() * 1.8 > (truth[hour] ?? 0)) hour = Math.floor(random() * 24)
        return nowMs - dayMs * (1 + Math.floor(random() * 20)) + (hour + random()) * hourMs
      })
      return dayShapeOf(countByHour([], timesMs, nowMs)).weights
    }
    const errorOf = (weights: readonly number[]) =>
      weights.reduce((sum, weight, hour) => sum + Math.abs(weight - (truth[hour] ?? 0)), 0) / 24
    expect(learned(0)).toEqual(evenDay.weights)
    expect(Math.max(...learned(20))).toBeLessThan(2)
    expect(errorOf(learned(20))).toBeLessThan(errorOf(evenDay.weights))
    expect(errorOf(learned(500))).toBeLessThan(0.25)
    expect(errorOf(learned(20_000))).toBeLessThan(0.05)
  })

  it('replaces an old pattern by a new one, even if very many scans made the old one', () => {
    const atHour = (hour: number, scans: number) =>
      Array.from({ length: scans }, () => Date.parse('2026-03-01T00:00:00Z') + hour * hourMs)
    const landedMs = Date.parse('2026-03-02T00:00:00Z')
    let counts = countByHour([], atHour(9, 200_000), landedMs)
    counts = countByHour(counts, atHour(21, 30_000), landedMs)
    const { weights } = dayShapeOf(counts)
    expect(weights[21]).toBeGreaterThan(weights[9] ?? Infinity)
  })

  it('gives less weight to scans of long ago', () => {
    const landedMs = Date.parse('2026-03-02T00:00:00Z')
    const counts = countByHour([], [landedMs - 60 * dayMs + 9 * hourMs, landedMs - 3 * hourMs], landedMs)
    expect(counts[9]).toBeCloseTo(0.25, 1)
    expect(counts[21]).toBeCloseTo(1, 2)
  })
})

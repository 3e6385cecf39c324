import { describe, expect, it } from 'vitest'
import { dayShapeOf, type DayShape } from '../../src/budget/day-shape.ts'
import { plan } from '../../src/budget/plan.ts'
import { RuleBook } from '../../src/budget/price/rule-book.ts'
import {
  simulateMonth,
  type SimulatedCode,
  type SimulationInput,
} from '../../src/budget/forecast/simulate-month.ts'
import { dayMs, hourMs, quietCode, quietInput } from '../support/budget/planner-world.ts'
import { randomFrom } from '../support/random-from.ts'

const startMs = Date.parse('2026-11-01T00:00:00Z')
const endMs = Date.parse('2026-12-01T00:00:00Z')
/** As in the reference API's seed. */
const shape = dayShapeOf(
  [6, 4, 3, 2, 2, 4, 10, 22, 38, 48, 56, 68, 80, 72, 60, 58, 64, 78, 90, 92, 76, 52, 30, 14].map(
    (share) => share * 20,
  ),
)

/** Codes by Zipf's law. */
function zipf(count: number, scansPerMonth: number): SimulatedCode[] {
  const shares = Array.from({ length: count }, (_, index) => 1 / (index + 1))
  const sum = shares.reduce((total, share) => total + share)
  return shares.map((share, index) => ({
    id: `code-${index}`,
    ratePerHour: (scansPerMonth / 720) * (share / sum),
    priority: 1,
    targetMs: null,
  }))
}

function simulate(input: Partial<SimulationInput>, seed = 1) {
  const list = { pages: 3, isSorted: true, tells: true }
  const codes = zipf(250, 20_000)
  const month = {
    codes,
    shape,
    startMs,
    endMs,
    calls: 4_980,
    list,
    hasAnalytics: false,
    random: randomFrom(seed),
  }
  const { calls, lagsMs, stretch } = simulateMonth({ ...month, ...input })
  const lagsOf = (isOf: (code: SimulatedCode) => boolean) =>
    (input.codes ?? codes).filter(isOf).flatMap(({ id }) => lagsMs.get(id) ?? [])
  return {
    calls,
    total: calls.list + calls.scans + calls.analytics,
    stretch,
    lagsOf,
    lags: lagsOf(() => true),
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const most = (values: readonly number[]) => values.reduce((least, value) => Math.max(least, value), 0)

/** Polls one code after the other, at even intervals, page by page. @returns lags */
function roundRobin(
  codes: readonly SimulatedCode[],
  calls: number,
  shape: DayShape,
  random: () => number,
): number[] {
  const everyMs = ((endMs - startMs) / calls) * codes.length
  return codes.flatMap(({ ratePerHour }, index) => {
    const offsetMs = (everyMs * index) / codes.length
    const lags: number[] = []
    let waiting: number[] = []
    let nextMs = startMs + offsetMs
    for (let hourMsAt = startMs; hourMsAt < endMs; hourMsAt += hourMs) {
      const perHour = ratePerHour * shape.at(hourMsAt)
      for (let at = -Math.log(1 - random()) / perHour; at < 1; at -= Math.log(1 - random()) / perHour) {
        const scannedMs = hourMsAt + at * hourMs
        for (; nextMs < scannedMs; nextMs += everyMs) {
          const landedMs = nextMs
          lags.push(...waiting.splice(0, 99).map((eachMs) => landedMs - eachMs))
        }
        waiting.push(scannedMs)
      }
    }
    for (; nextMs < endMs; nextMs += everyMs) {
      const landedMs = nextMs
      lags.push(...waiting.splice(0, 99).map((eachMs) => landedMs - eachMs))
    }
    waiting = waiting.map((scannedMs) => endMs - scannedMs)
    return [...lags, ...waiting]
  })
}

describe('a month', () => {
  it('never uses more calls than there are, and leaves hardly any', () => {
    const ten = { endMs: startMs + 10 * dayMs }
    for (const calls of [50, 300, 1_700]) {
      for (const tells of [true, false]) {
        for (const isSorted of [true, false]) {
          const { total } = simulate({ ...ten, calls, list: { pages: 3, isSorted, tells } })
          expect(total).toBeLessThanOrEqual(calls)
          expect(total).toBeGreaterThan(0.93 * calls)
        }
      }
    }
  })

  it('lands scans 2.3 times as fresh as polling one code after the other', () => {
    for (const seed of [1, 2]) {
      const random = randomFrom(seed)
      const robin = mean(roundRobin(zipf(250, 20_000), 4_980, shape, random))
      expect(mean(simulate({}, seed).lags)).toBeLessThan(robin / 2.3)
    }
  })

  it('lands scans fresher than that even if the list has no counts, though less so', () => {
    const told = mean(simulate({}).lags)
    const blind = mean(simulate({ list: { pages: 3, isSorted: true, tells: false } }).lags)
    const robin = mean(roundRobin(zipf(250, 20_000), 4_980, shape, randomFrom(1)))
    expect(blind).toBeLessThan(robin / 1.7)
    expect(told).toBeLessThan(blind)
  })

  it('is fresher with more calls', () => {
    const lags = [1_200, 2_500, 5_000, 10_000].map((calls) => mean(simulate({ calls }).lags))
    lags.slice(1).forEach((lag, index) => {
      expect(lag).toBeLessThan((lags[index] ?? 0) * 0.75)
    })
  })
})

/** A few days on a larger plan: `share` of the codes have a target. */
const days = (count: number, perMonth: number) => ({
  endMs: startMs + count * dayMs,
  calls: Math.floor((perMonth * count) / 30),
})
const withTargets = (targetOf: (index: number) => number | null) =>
  zipf(60, 5_000).map((code, index) => ({ ...code, targetMs: targetOf(index) }))
const silent = { pages: 1, isSorted: true, tells: false }
function firstPlan(codes: SimulatedCode[], callsLeft: number, list: SimulationInput['list']) {
  const planned = codes.map((code) => ({ ...quietCode, ...code, asOfMs: startMs, emptyAtMs: startMs }))
  const calls = { callsLeft, callsNow: callsLeft, historyCallsLeft: 0, fixedCallsPerHour: 0 }
  const input = { ...quietInput, ...calls, list: { ...list, listedAtMs: startMs }, codes: planned }
  const { stretch } = plan({ ...input, nowMs: startMs, periodEndsMs: days(6, 0).endMs }, new RuleBook(shape))
  return { callsLeft, stretch }
}
/** A check is at least a second after the previous one, and so is each of two consecutive calls. */
const tolerance = 2_000

describe('freshness targets', () => {
  it('are met to the minute if the calls allow it, for targets of minutes and of a day', () => {
    const target = { soon: 15 * 60_000, daily: dayMs }
    const codes = withTargets((index) => [null, target.soon, target.daily][index % 6] ?? null)
    const { lagsOf, stretch } = simulate({ ...days(4, 100_000), codes })
    expect(stretch).toBe(1)
    expect(most(lagsOf(({ targetMs }) => targetMs === target.soon))).toBeLessThanOrEqual(
      target.soon + tolerance,
    )
    expect(most(lagsOf(({ targetMs }) => targetMs === target.daily))).toBeLessThanOrEqual(
      target.daily + tolerance,
    )
    expect(lagsOf(({ targetMs }) => targetMs === target.daily).length).toBeGreaterThan(20)
  })

  it('are met by polling if the list has no counts', () => {
    const codes = withTargets((index) => (index % 6 === 1 ? hourMs : null))
    const { lagsOf } = simulate({ ...days(6, 20_000), codes, list: silent })
    expect(most(lagsOf(({ targetMs }) => targetMs !== null))).toBeLessThanOrEqual(hourMs + tolerance)
  })

  it('are met until the last day of a month without a spare call', () => {
    const codes = zipf(250, 20_000).map((code, index) => ({
      ...code,
      targetMs: index % 100 === 5 ? hourMs : null,
    }))
    for (const tells of [true, false]) {
      for (const seed of [1, 3, 5]) {
        const { lagsOf } = simulate({ codes, list: { pages: 3, isSorted: true, tells } }, seed)
        expect(most(lagsOf(({ targetMs }) => targetMs !== null))).toBeLessThanOrEqual(hourMs + tolerance)
      }
    }
  })

  it.each([
    ['the list tells', { pages: 1, isSorted: true, tells: true }],
    ['the list tells nothing', silent],
  ])('are extended by the same factor if the calls do not allow them (%s)', (_, list) => {
    const target = { soon: 5 * 60_000, later: 30 * 60_000 }
    const codes = withTargets((index) => [null, target.soon, target.later][index % 6] ?? null)
    const { lagsOf, stretch, total } = simulate({ ...days(6, 5_000), codes, list })
    const { callsLeft, stretch: first } = firstPlan(codes, days(6, 5_000).calls, list)
    expect(first).toBeGreaterThan(1.5)
    expect(total).toBeLessThanOrEqual(callsLeft)
    for (const targetMs of [target.soon, target.later]) {
      const lags = lagsOf((code) => code.targetMs === targetMs)
      expect(most(lags)).toBeLessThanOrEqual(stretch * targetMs + tolerance)
      // Calls last until the end: the plan of the beginning holds, except for the nights and the end itself.
      expect(lags.filter((lag) => lag > 1.15 * first * targetMs).length).toBeLessThan(0.05 * lags.length)
    }
    // The others are not forgotten: they get five of a hundred calls.
    expect(mean(lagsOf((code) => code.targetMs === null))).toBeLessThan(2 * dayMs)
  })

  it('do not stop collection if scans alone need more calls than there are', () => {
    const codes = zipf(3, 500_000).map((code) => ({ ...code, targetMs: 15 * 60_000 }))
    const { total, lagsOf } = simulate({ ...days(6, 3_000), codes })
    expect(total).toBeGreaterThan(0.9 * days(6, 3_000).calls)
    for (const { id } of codes) expect(Math.min(...lagsOf((code) => code.id === id))).toBeLessThan(dayMs)
  })
})

describe('priorities', () => {
  it('make codes of the same rate fresher: the higher, the fresher', () => {
    const codes = Array.from({ length: 90 }, (_, index) => ({
      id: `code-${index}`,
      ratePerHour: 0.05 * 1.13 ** Math.floor(index / 3),
      targetMs: null,
      priority: [1, 2, 5][index % 3] ?? 1,
    }))
    for (const tells of [true, false]) {
      const { lagsOf } = simulate({ codes, calls: 2_000, list: { pages: 1, isSorted: true, tells } })
      const [one = 0, two = 0, five = 0] = [1, 2, 5].map((each) =>
        mean(lagsOf(({ priority }) => priority === each)),
      )
      expect(two).toBeLessThan(one * 0.9)
      expect(five).toBeLessThan(two * 0.8)
    }
  })
})

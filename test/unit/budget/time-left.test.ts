import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timeLeftMs, type TimeLeftInput } from '../../../src/budget/time-left.ts'

const minuteMs = 60_000

interface Situation {
  callsLeft: number
  callsPerMinute: number
  callsPerSecond: number
  /** How long ago the calls in the window were made, in ms; none longer than a minute. */
  ages: number[]
}

/**
 * When the last call is answered, in ms from now: one after the other, and never more than the limit sent in
 * any minute.
 */
function simulate({ callsLeft, callsPerMinute, callsPerSecond, ages }: Situation): number {
  const sentAtMs = ages.map((age) => -age).sort((a, b) => a - b)
  let answeredAtMs = 0
  for (let call = 0; call < callsLeft; call++) {
    const firstOfWindow = sentAtMs.at(-callsPerMinute) ?? -minuteMs
    const atMs = Math.max(answeredAtMs, firstOfWindow + minuteMs)
    sentAtMs.push(atMs)
    answeredAtMs = atMs + 1000 / callsPerSecond
  }
  return answeredAtMs
}

const estimate = ({ ages, ...situation }: Situation) =>
  timeLeftMs({ ...situation, callsInWindow: ages.length })

const situation: fc.Arbitrary<Situation> = fc
  .oneof(fc.constantFrom(60, 600), fc.integer({ min: 1, max: 30 }))
  .chain((callsPerMinute) =>
    fc.record({
      callsPerMinute: fc.constant(callsPerMinute),
      callsLeft: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 1_500 })),
      callsPerSecond: fc.oneof(
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        fc.double({ min: 1, max: 500, noNaN: true }),
      ),
      ages: fc.array(fc.integer({ min: 0, max: minuteMs - 1 }), { maxLength: callsPerMinute, size: 'max' }),
    }),
  )

describe('the time left', () => {
  it('is exact if the calls in the window were made just now, or if there are none', () => {
    fc.assert(
      fc.property(situation, (any) => {
        const now = { ...any, ages: any.ages.map(() => 0) }
        expect(estimate(now)).toBeCloseTo(simulate(now), 3)
      }),
      { numRuns: 500 },
    )
  })

  it('is never too short, and at most a minute too long, if they were made at any time within the minute', () => {
    fc.assert(
      fc.property(situation, (any) => {
        const [said, real] = [estimate(any) ?? NaN, simulate(any)]
        expect(said).toBeGreaterThanOrEqual(real - 0.001)
        expect(said).toBeLessThanOrEqual(real + minuteMs + 0.001)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    ['nothing is left', { callsLeft: 0, callsPerMinute: 60, callsInWindow: 60, callsPerSecond: 5 }, 0],
    [
      'no window is in the way',
      { callsLeft: 100, callsPerMinute: 600, callsInWindow: 0, callsPerSecond: 50 },
      2_000,
    ],
    [
      'one window must pass',
      { callsLeft: 700, callsPerMinute: 600, callsInWindow: 0, callsPerSecond: 50 },
      62_000,
    ],
    [
      'the window is full',
      { callsLeft: 100, callsPerMinute: 600, callsInWindow: 600, callsPerSecond: 50 },
      62_000,
    ],
    [
      'our own speed is what binds',
      { callsLeft: 1_200, callsPerMinute: 600, callsInWindow: 0, callsPerSecond: 1 },
      1_200_000,
    ],
    [
      'the speed is not known',
      { callsLeft: 100, callsPerMinute: 60, callsInWindow: 0, callsPerSecond: null },
      null,
    ],
    [
      'no time has passed, and a call was made',
      { callsLeft: 100, callsPerMinute: 60, callsInWindow: 0, callsPerSecond: 1 / 0 },
      null,
    ],
    [
      'no time has passed, and no call was made',
      { callsLeft: 100, callsPerMinute: 60, callsInWindow: 0, callsPerSecond: 0 / 0 },
      null,
    ],
    ['nothing moves', { callsLeft: 100, callsPerMinute: 60, callsInWindow: 0, callsPerSecond: 0 }, null],
    [
      'more sit in the window than the limit',
      { callsLeft: 60, callsPerMinute: 60, callsInWindow: 90, callsPerSecond: 60 },
      61_000,
    ],
  ] satisfies [string, TimeLeftInput, number | null][])('is right when %s', (_when, input, expected) => {
    expect(timeLeftMs(input)).toBe(expected)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allowanceOf } from '../../../src/budget/allowance.ts'
import { backfillEndsMs, type BackfillInput } from '../../../src/budget/backfill.ts'
import { periodOf } from '../../../src/budget/windows.ts'

const nowMs = Date.UTC(2026, 10, 25)
const pro: BackfillInput = {
  calls: 60,
  forHistory: 1_000,
  perMinute: 60,
  perMonth: 5_000,
  othersPerMonth: 0,
  share: 1,
  spare: 0.05,
  period: periodOf(nowMs, null),
  resetsAtMs: null,
  nowMs,
}

describe('when history will be landed', () => {
  it('as fast as the minute allows, if the month has enough calls', () => {
    expect(backfillEndsMs(pro)).toBe(nowMs + 60_000)
    expect(backfillEndsMs({ ...pro, perMinute: 600 })).toBe(nowMs + 6_000)
  })

  it('with the share of the coming months: half of what manual calls leave', () => {
    // 5,000 less the spare of 5 % is 4,750.
    const end = (calls: number) => new Date(backfillEndsMs({ ...pro, calls }) ?? 0).toISOString()
    expect(end(1_000)).toBe('2026-11-25T00:16:40.000Z')
    expect(end(1_060)).toBe('2026-12-01T00:01:00.000Z')
    expect(end(1_000 + 2_375 + 60)).toBe('2027-01-01T00:01:00.000Z')
  })

  it('never, if other clients spend the month', () => {
    expect(backfillEndsMs({ ...pro, forHistory: 0, othersPerMonth: 5_000 })).toBeNull()
  })

  it('at the time that counting month by month gives', () => {
    const inputs = fc.record({
      calls: fc.integer({ min: 1, max: 50_000 }),
      forHistory: fc.integer({ min: 0, max: 2_500 }),
      perMinute: fc.integer({ min: 1, max: 600 }),
      perMonth: fc.integer({ min: 1, max: 100_000 }),
      othersPerMonth: fc.integer({ min: 0, max: 100_000 }),
      share: fc.double({ min: 0.01, max: 1, noNaN: true }),
      spare: fc.double({ min: 0, max: 0.5, noNaN: true }),
    })
    fc.assert(
      fc.property(inputs, (given) => {
        const input = { ...pro, ...given }
        const endMs = backfillEndsMs(input)
        let spent = given.forHistory
        let period = input.period
        for (let months = 0; spent < given.calls && months < 50_000; months++) {
          period = periodOf(period.endMs, null)
          const others = Math.min(given.othersPerMonth, given.perMonth)
          const { forHistory } = allowanceOf({
            ...input,
            ...period,
            calls: others,
            others,
            historyCalls: 0,
            period,
            nowMs: period.startMs,
          })
          if (forHistory < 1) {
            expect(endMs).toBeNull()
            return
          }
          spent += forHistory
        }
        expect(endMs).toBeGreaterThanOrEqual(Math.max(period.startMs, nowMs))
        const more = backfillEndsMs({ ...input, calls: given.calls + 1 })
        expect(more ?? Infinity).toBeGreaterThanOrEqual(endMs ?? 0)
      }),
      { numRuns: 200 },
    )
  })
})

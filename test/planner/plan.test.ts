import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayShapeOf } from '../../src/budget/day-shape.ts'
import { plan } from '../../src/budget/plan.ts'
import type { PlanInput } from '../../src/budget/planned-code.ts'
import { priceOfStep, RuleBook } from '../../src/budget/price/rule-book.ts'
import {
  afterCall,
  codes,
  dayMs,
  hourMs,
  inputs,
  nowMs,
  quietCode,
  quietInput,
} from '../support/budget/planner-world.ts'

const book = new RuleBook(
  dayShapeOf(Array.from({ length: 24 }, (_, hour) => (hour >= 8 && hour < 22 ? 600 : 80))),
)
const planned = (input: Partial<PlanInput>) => plan({ ...quietInput, ...input }, book)

describe('a plan', () => {
  it('makes no call when none is left', () => {
    fc.assert(
      fc.property(inputs, fc.boolean(), (input, isForNow) => {
        const spent = isForNow ? { callsNow: 0 } : { callsLeft: 0, callsNow: 0 }
        const { calls, nextLookMs } = plan({ ...input, ...spent }, book)
        expect(calls).toEqual([])
        expect(nextLookMs).toBe(input.periodEndsMs)
      }),
      { numRuns: 500 },
    )
  })

  it('never loops: each next check is later, until the period ends, and finds the call that it was planned for', () => {
    fc.assert(
      fc.property(inputs, (start) => {
        let input = start
        let fruitless = 0
        let callsAtOnce = 0
        let lookedMs = start.nowMs
        for (let step = 0; step < 200 && input.nowMs < input.periodEndsMs; step++) {
          const { calls, nextLookMs, priceStep } = plan(input, book)
          input = { ...input, lastPriceStep: priceStep }
          const call = calls[0]
          if (call !== undefined) {
            input = afterCall(input, call)
            expect(input.callsLeft).toBeGreaterThanOrEqual(0)
            // A pass of the list, and three kinds of calls for each code.
            expect(++callsAtOnce).toBeLessThanOrEqual(1 + 3 * input.codes.length)
            continue
          }
          // At the very end, it is checked ever more often whether a call that was reserved for a target is
          // left.
          const isShort = input.nowMs - lookedMs < 60_000 && input.periodEndsMs - input.nowMs > hourMs
          if (step > 0 && callsAtOnce === 0 && isShort) fruitless++
          lookedMs = input.nowMs
          callsAtOnce = 0
          expect(nextLookMs).toBeGreaterThanOrEqual(Math.min(input.nowMs + 1_000, input.periodEndsMs))
          expect(nextLookMs).toBeLessThanOrEqual(input.periodEndsMs)
          input = { ...input, nowMs: nextLookMs }
        }
        expect(fruitless).toBeLessThanOrEqual(3)
      }),
      // Hundreds of steps take long to shrink.
      { numRuns: 300, interruptAfterTimeLimit: 20_000 },
    )
  })

  it('ranks a code with more waiting scans before a similar code with fewer', () => {
    const fewer = fc.integer({ min: 0, max: 300 })
    fc.assert(
      fc.property(inputs, codes, fewer, fewer, (input, code, one, other) => {
        fc.pre(!code.isHistory && one !== other)
        const [less, more] = [Math.min(one, other), Math.max(one, other)]
        const { calls } = plan(
          {
            ...input,
            callsLeft: input.callsLeft + 1,
            callsNow: input.callsLeft + 1,
            codes: [
              ...input.codes,
              { ...code, id: 'less', pending: less },
              { ...code, id: 'more', pending: more },
            ],
          },
          book,
        )
        const scans = calls.flatMap((call) => (call.kind === 'scans' ? [call.qrCodeId] : []))
        fc.pre(scans.includes('less'))
        expect(scans).toContain('more')
        expect(scans.indexOf('more')).toBeLessThan(scans.indexOf('less'))
      }),
      { numRuns: 200 },
    )
  })

  it('makes calls that a target requires before calls that are only worth their price', () => {
    const late = { ...quietCode, id: 'late', targetMs: hourMs, emptyAtMs: nowMs - hourMs, pending: 1 }
    const { calls } = planned({ codes: [{ ...quietCode, pending: 1_000_000 }, late] })
    expect(calls).toMatchObject([{ qrCodeId: 'late' }, { qrCodeId: 'code' }])
  })

  it('drops a pass of the list that could not be finished', () => {
    const codes = [{ ...quietCode, targetMs: hourMs }]
    const list = { ...quietInput.list, pages: 5, isSorted: false, listedAtMs: nowMs - 20 * dayMs }
    const listedWith = (calls: number) =>
      planned({ codes, list, callsLeft: calls, callsNow: calls, periodEndsMs: nowMs + 2 * hourMs }).calls
    expect(listedWith(5)).toContainEqual({ kind: 'list' })
    expect(listedWith(4)).not.toContainEqual({ kind: 'list' })
  })

  it('searches for late scans when they have waited as long as the calls are worth', () => {
    const scanned = { ...quietCode, id: 'busy', ratePerHour: 5 }
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3 }), (scans, calls) => {
        const withGap = (ageMs: number) =>
          planned({ codes: [scanned, { ...quietCode, gap: { scans, calls, sinceMs: nowMs - ageMs } }] })
        const worthMs = (priceOfStep(withGap(0).priceStep) * calls * hourMs) / scans
        const isGap = { kind: 'gap', qrCodeId: 'code' }
        expect(withGap(worthMs + 1).calls).toContainEqual(expect.objectContaining(isGap))
        const early = withGap(Math.max(worthMs - 1_000, -1))
        expect(early.calls).not.toContainEqual(expect.objectContaining(isGap))
        expect(early.nextLookMs).toBeLessThanOrEqual(nowMs + 1_000)
      }),
    )
  })

  it('fetches history only with calls that freshness leaves, the shortest history first', () => {
    const history = [30, 7, 90].map((pending) => ({
      ...quietCode,
      id: `${pending}`,
      pending,
      isHistory: true,
    }))
    const { calls } = planned({ codes: [...history, { ...quietCode, id: 'fresh', pending: 500 }] })
    expect(calls.map((call) => call.kind !== 'list' && `${call.kind} ${call.qrCodeId}`)).toEqual([
      'scans fresh',
      'history 7',
      'history 30',
      'history 90',
    ])
    expect(planned({ codes: history, historyCallsLeft: 0 }).calls).toEqual([])
  })

  it('fetches new scans of a code whose history waits, and values each separately', () => {
    const code = { ...quietCode, history: 4_000, pending: 500 }
    const kinds = (input: Partial<PlanInput>) =>
      planned({ codes: [code], ...input }).calls.map(({ kind }) => kind)
    expect(kinds({})).toEqual(['scans', 'history'])
    expect(kinds({ historyCallsLeft: 0 })).toEqual(['scans'])
    expect(kinds({ codes: [{ ...code, pending: 0 }] })).toEqual(['history'])
  })
})

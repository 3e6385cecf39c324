import fc from 'fast-check'
import { expect, it } from 'vitest'
import { dayShapeOf } from '../../src/budget/day-shape.ts'
import { plan } from '../../src/budget/plan.ts'
import { RuleBook } from '../../src/budget/price/rule-book.ts'
import {
  dayMs,
  hourMs,
  nowMs,
  periodEndsMs,
  quietCode,
  quietInput,
  rates,
} from '../support/budget/planner-world.ts'

const shape = dayShapeOf(Array.from({ length: 24 }, (_, hour) => (hour >= 8 && hour < 22 ? 600 : 80)))

it('a plan for 100,000 codes needs a few hundred rules', () => {
  const random = fc.sample(fc.tuple(rates, fc.integer({ min: 1, max: 50 })), { numRuns: 100_000, seed: 3 })
  const many = random.map(([ratePerHour, share], index) => ({
    ...quietCode,
    id: `code-${index}`,
    ratePerHour,
    scansSinceAnalytics: share,
    asOfMs: nowMs - hourMs,
    ...(share === 1 && { priority: 5 }),
    ...(share === 2 && { targetMs: dayMs }),
    ...(share < 5 && { pending: share }),
  }))
  for (const tells of [true, false]) {
    for (const calls of [5_000, 1_000_000, 20_000_000]) {
      const fresh = new RuleBook(shape)
      const list = { ...quietInput.list, pages: 1_000, tells }
      const input = { ...quietInput, codes: many, list, callsLeft: calls, callsNow: calls, periodEndsMs }
      const { priceStep } = plan(input, fresh)
      expect(fresh.size).toBeLessThan(700)
      const before = fresh.size
      plan({ ...input, nowMs: nowMs + hourMs, lastPriceStep: priceStep }, fresh)
      expect(fresh.size - before).toBeLessThan(20)
    }
  }
})

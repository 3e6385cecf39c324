import type { DayShape } from '../day-shape.ts'
import { fetchRule, type FetchRule, type WaitingKind } from './fetch-rule.ts'

/** Rates and prices are rounded to steps of a scale, so that a hundred thousand codes share a few dozen rules. */
const rateStep = Math.log(1.3)
const priceStep = Math.log(1.03)

export const stepOfRate = (ratePerHour: number) => Math.round(Math.log(ratePerHour) / rateStep)
export const rateOfStep = (step: number) => Math.exp(step * rateStep)
export const stepOfPrice = (price: number) => Math.round(Math.log(price) / priceStep)
export const priceOfStep = (step: number) => Math.exp(step * priceStep)

/** Fetch rules by step of rate and price, computed on first use. */
export class RuleBook {
  readonly shape: DayShape
  readonly #rules: Record<WaitingKind, Map<number, FetchRule>> = {
    told: new Map(),
    expected: new Map(),
    told_whole: new Map(),
    expected_whole: new Map(),
  }

  constructor(shape: DayShape) {
    this.shape = shape
  }

  /** The number of computed rules. */
  get size(): number {
    return Object.values(this.#rules).reduce((sum, { size }) => sum + size, 0)
  }

  rule(rateStep: number, priceStep: number, kind: WaitingKind): FetchRule {
    // Steps of rates are within ±500, those of prices within ±5,000.
    const key = (rateStep + 1_000) * 20_000 + priceStep + 10_000
    let rule = this.#rules[kind].get(key)
    if (rule === undefined) {
      rule = fetchRule({
        ratePerHour: rateOfStep(rateStep),
        price: priceOfStep(priceStep),
        kind,
        shape: this.shape,
      })
      this.#rules[kind].set(key, rule)
    }
    return rule
  }
}

import type { DayShape } from '../day-shape.ts'
import { RuleBook } from './rule-book.ts'

/** The smallest change of an hour's weight that is worth computing the rules again. */
const tolerance = 0.15

/** Keeps the rule book from one plan to the next, for as long as the day's shape stays about the same. */
export class RuleBooks {
  #book: RuleBook | undefined

  for(shape: DayShape): RuleBook {
    const isSame = this.#book?.shape.weights.every(
      (weight, hour) => Math.abs(weight - (shape.weights[hour] ?? 0)) <= tolerance,
    )
    if (this.#book === undefined || isSame !== true) this.#book = new RuleBook(shape)
    return this.#book
  }
}

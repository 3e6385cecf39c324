import type { Story } from '../story.ts'

export interface Violation {
  invariant: string
  detail: string
}

/** Invariants that did not hold in a run. The first violation ends it. */
export class Violations {
  readonly list: Violation[] = []
  readonly #story: Story

  constructor(story: Story) {
    this.#story = story
  }

  add(invariant: string, detail: string): void {
    this.#story.tell('violation', `${invariant}: ${detail}`)
    this.list.push({ invariant, detail })
  }
}

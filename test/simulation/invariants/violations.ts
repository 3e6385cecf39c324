import type { Story } from '../story.ts'

export interface Violation {
  invariant: string
  detail: string
}

/** What did not hold in a run. The first ends it. */
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

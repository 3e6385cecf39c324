import type { Actor } from './virtual-time.ts'

/** Something that will happen, unless it is cancelled. */
export interface Scheduled {
  atMs: number
  /** Of two events at the same time, the one that was added first happens first. */
  order: number
  run: () => unknown
  actor: Actor | null
  isCancelled: boolean
}

/** Events by time: a binary heap. */
export class EventQueue {
  readonly #heap: Scheduled[] = []
  #added = 0

  add(atMs: number, run: () => unknown, actor: Actor | null): Scheduled {
    const event = { atMs, order: this.#added++, run, actor, isCancelled: false }
    this.#insert(event)
    return event
  }

  postpone(event: Scheduled, atMs: number): void {
    event.atMs = atMs
    event.order = this.#added++
    this.#insert(event)
  }

  /** Removes and returns the first event that is due by a time. */
  next(untilMs: number): Scheduled | null {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || first.atMs > untilMs) return null
      this.#removeFirst()
      if (!first.isCancelled) return first
    }
  }

  #insert(event: Scheduled): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (above === undefined || isBefore(above, event)) break
      heap[at] = above
      at = parent
    }
    heap[at] = event
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      let below = heap[child]
      const right = heap[child + 1]
      if (right !== undefined && below !== undefined && isBefore(right, below)) {
        child++
        below = right
      }
      if (below === undefined || isBefore(last, below)) break
      heap[at] = below
      at = child
    }
    heap[at] = last
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

/** What a task is refused with when too many wait already. */
export class TooManyWaiting extends Error {
  constructor() {
    super('too many tasks are waiting')
  }
}

export interface TurnLimits {
  /** Tasks that run at a time. */
  atOnce: number
  /** Tasks of one owner that run at a time: another owner finds a free place. By default as many as run at all. */
  atOnceOfOne?: number
  /** Tasks of one owner that wait; one more is refused. */
  waitingOfOne?: number
  /** Tasks that wait in all; one more is refused. */
  waiting?: number
}

/** Runs a task of an owner in its turn. @throws {TooManyWaiting} where the queue is full */
export type Turns = <T>(owner: string, task: () => Promise<T>) => Promise<T>

/**
 * Runs tasks, at most so many at a time. The owners take turns, whatever the length of each one's queue; the tasks of one
 * owner run in the order in which they were given.
 */
export function createTurns({
  atOnce,
  atOnceOfOne = atOnce,
  waitingOfOne = Infinity,
  waiting: maxWaiting = Infinity,
}: TurnLimits): Turns {
  // In the order of turns: an owner who had one goes to the end.
  const queues = new Map<string, (() => void)[]>()
  const runningOf = new Map<string, number>()
  let running = 0
  let waiting = 0

  const mayRun = (owner: string) => running < atOnce && (runningOf.get(owner) ?? 0) < atOnceOfOne

  function count(owner: string, change: 1 | -1): void {
    running += change
    const left = (runningOf.get(owner) ?? 0) + change
    if (left === 0) runningOf.delete(owner)
    else runningOf.set(owner, left)
  }

  function startNext(): void {
    for (const [owner, queue] of queues) {
      if (!mayRun(owner)) continue
      const start = queue.shift()
      queues.delete(owner)
      if (queue.length > 0) queues.set(owner, queue)
      waiting -= 1
      count(owner, 1)
      start?.()
      return
    }
  }

  function wait(owner: string): Promise<void> {
    const queue = queues.get(owner) ?? []
    if (queue.length >= waitingOfOne || waiting >= maxWaiting) throw new TooManyWaiting()
    queues.set(owner, queue)
    waiting += 1
    return new Promise((resolve) => queue.push(resolve))
  }

  return async (owner, task) => {
    if (mayRun(owner)) count(owner, 1)
    else await wait(owner)
    try {
      return await task()
    } finally {
      count(owner, -1)
      startNext()
    }
  }
}

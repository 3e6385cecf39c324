/** The error for a task that is refused because too many wait already. */
export class TooManyWaiting extends Error {
  constructor() {
    super('too many tasks are waiting')
  }
}

export interface TurnLimits {
  /** The most tasks that run at once. */
  atOnce: number
  /** The most tasks of one owner that run at once, so that another owner finds a free slot. Default: `atOnce`. */
  atOnceOfOne?: number
  /** The most waiting tasks of one owner; a further one is refused. */
  waitingOfOne?: number
  /** The most waiting tasks in total; a further one is refused. */
  waiting?: number
}

/** Runs a task of an owner in its turn. @throws {TooManyWaiting} if the queue is full */
export type Turns = <T>(owner: string, task: () => Promise<T>) => Promise<T>

/**
 * Runs at most a number of tasks at once. Owners take turns, however long their queues are; the tasks of one
 * owner run in order.
 */
export function createTurns({
  atOnce,
  atOnceOfOne = atOnce,
  waitingOfOne = Infinity,
  waiting: maxWaiting = Infinity,
}: TurnLimits): Turns {
  // In the order of turns: an owner moves to the end after its turn.
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

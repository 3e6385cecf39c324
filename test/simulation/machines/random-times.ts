import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** Makes something happen again and again at random times: a number of times per period, until that number is 0. */
export function atRandomTimes(
  { time, random, periodMs }: { time: VirtualTime; random: Random; periodMs: number },
  timesInPeriod: () => number,
  happen: () => void,
): void {
  const next = () => {
    const times = timesInPeriod()
    if (times === 0) return
    const waitMs = Math.ceil((-Math.log(1 - random.next()) * periodMs) / times)
    time.after(
      waitMs,
      () => {
        // What was scheduled before it became 0 does not happen.
        if (timesInPeriod() > 0) happen()
        next()
      },
      null,
    )
  }
  next()
}

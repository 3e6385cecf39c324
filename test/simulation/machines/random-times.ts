import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** Has something happen again and again, at times of its own: so often in a period, until that is never. */
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
        // What was on its way when it became "never" does not come any more.
        if (timesInPeriod() > 0) happen()
        next()
      },
      null,
    )
  }
  next()
}

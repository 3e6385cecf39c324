import { dayMs } from './durations.ts'
import type { Random } from './random.ts'
import type { FaultKind } from './swarm.ts'
import type { World } from './world.ts'

/**
 * Has something happen so many times a day, as long as faults last.
 *
 * @param happen tells whether it did
 */
export function happensAtTimes(
  { swarm, time }: World,
  random: Random,
  kind: FaultKind,
  happen: () => boolean,
): void {
  const next = () => {
    const rate = swarm.rate(kind)
    if (rate === 0) return
    const waitMs = Math.ceil((-Math.log(1 - random.next()) * dayMs) / rate)
    time.after(
      waitMs,
      () => {
        if (swarm.rate(kind) === 0) return
        if (happen()) swarm.count(kind)
        next()
      },
      null,
    )
  }
  next()
}

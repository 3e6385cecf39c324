import { dayMs } from '../durations.ts'
import type { Random } from './random.ts'
import { atRandomTimes } from './random-times.ts'
import type { FaultKind } from '../swarm.ts'
import type { World } from '../world.ts'

/**
 * Makes something happen this many times in a period, as long as faults last.
 *
 * @param happen returns whether it did happen
 */
export function happensAtTimes(
  { swarm, time }: World,
  random: Random,
  kind: FaultKind,
  happen: () => boolean,
  periodMs = dayMs,
): void {
  atRandomTimes(
    { time, random, periodMs },
    () => swarm.rate(kind),
    () => {
      if (happen()) swarm.count(kind)
    },
  )
}

import { randomFrom } from '../../support/random-from.ts'

/**
 * What goes wrong on purpose. Statuses and what they mean: https://developers.hubspot.com/docs/api-reference/error-handling.
 * `bad-gateway`, `unavailable`, `timeout`: 502, 503, 504; `locked`: 423; `ten-secondly`: 429 although the limit is not
 * reached; `drop-before` and `drop-after`: the connection ends before the work is done, or after it; `partial`: some
 * inputs of a batch fail for a moment (503 where the batch has no trace ids); `conflict`: 409 for a whole batch that
 * would be taken the next time.
 */
export const faultNames = [
  ...(['bad-gateway', 'unavailable', 'timeout', 'locked', 'ten-secondly'] as const),
  ...(['drop-before', 'drop-after', 'partial', 'conflict'] as const),
] as const

export type Fault = (typeof faultNames)[number]

export interface Faults {
  /** The fault of the next call, and counts it; null for most calls. */
  draw(isBatchWrite: boolean): Fault | null
  /** Fails the next calls in this way, before random faults. */
  failNext(fault: Fault, calls: number): void
  setRate(rate: number, seed: number): void
  /** A number in [0, 1) of the same sequence. */
  random(): number
  readonly counts: Record<Fault, number>
}

export function createFaults(initialRate: number, seed: number): Faults {
  let rate = initialRate
  let random = randomFrom(seed)
  const planned: Fault[] = []
  const counts = Object.fromEntries(faultNames.map((name) => [name, 0])) as Record<Fault, number>

  function choose(isBatchWrite: boolean): Fault | null {
    const next = planned.shift()
    if (next !== undefined) return next
    if (rate === 0 || random() >= rate) return null
    const possible = isBatchWrite ? faultNames : faultNames.slice(0, -2)
    return possible[Math.floor(random() * possible.length)] ?? null
  }

  return {
    draw: (isBatchWrite) => {
      const fault = choose(isBatchWrite)
      if (fault !== null) counts[fault]++
      return fault
    },
    failNext: (fault, calls) => {
      for (let call = 0; call < calls; call++) planned.push(fault)
    },
    setRate: (next, nextSeed) => {
      rate = next
      random = randomFrom(nextSeed)
    },
    random: () => random(),
    counts,
  }
}

import { createRandom } from '../random.ts'

/**
 * What can go wrong on purpose. All but `429` count as calls, because the server has accepted them before it fails:
 * `429` refuses with a Retry-After of a second, `500` answers INTERNAL_ERROR, `reset` closes the connection without an
 * answer, `slow` answers late, `cut` sends half the body and closes the connection.
 */
const faultNames = ['429', '500', 'reset', 'slow', 'cut'] as const

export type Fault = (typeof faultNames)[number]

/** Share of calls, from 0 to 1, by fault. */
export type FaultRates = Partial<Record<Fault, number>>

/** Draws once for each call, so that the same seed and the same order of calls bring the same faults. */
export function createFaults(rates: FaultRates, seed: number): () => Fault | null {
  const random = createRandom(seed)
  return () => {
    let drawn = random.next()
    for (const fault of faultNames) {
      drawn -= rates[fault] ?? 0
      if (drawn < 0) return fault
    }
    return null
  }
}

/** Reads `429=0.01,cut=0.005`; null where that is not what it says. */
export function parseFaultRates(text: string): FaultRates | null {
  const rates: FaultRates = {}
  for (const part of text.split(',')) {
    const [name, value, rest] = part.split('=')
    const fault = faultNames.find((known) => known === name?.trim())
    const rate = value ? Number(value) : Number.NaN
    if (fault === undefined || rest !== undefined || !(rate >= 0 && rate <= 1)) return null
    rates[fault] = rate
  }
  const sum = Object.values(rates).reduce((total, rate) => total + rate, 0)
  return sum <= 1 + Number.EPSILON ? rates : null
}

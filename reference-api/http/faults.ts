import { createRandom } from '../random.ts'

/**
 * Faults that can be injected. All except `429` count as calls, because the server has accepted them before it
 * fails. `429` refuses with a Retry-After of a second, `500` answers INTERNAL_ERROR, `reset` closes the
 * connection without a response, `slow` answers late, `cut` sends half the body and closes the connection.
 */
const faultNames = ['429', '500', 'reset', 'slow', 'cut'] as const

export type Fault = (typeof faultNames)[number]

/** The share of calls, from 0 to 1, by fault. */
export type FaultRates = Partial<Record<Fault, number>>

/**
 * Returns a function that draws once per call, so that the same seed and the same order of calls give the same
 * faults.
 */
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

/** Parses `429=0.01,cut=0.005`; null if the text is something else. */
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

import { dayMs } from '../../../model/durations.ts'
import type { Outcome } from '../../destination.ts'
import type { Settled } from './settle-inputs.ts'
import type { Mapped } from '../mapping/to-values.ts'

/** Separates rows that can be sent from those that cannot, with the reason. */
export function sortOut<Row>(mapped: readonly Mapped<Row>[]) {
  const refused = new Map<string, string>()
  const sendable: Extract<Mapped<Row>, { row: Row }>[] = []
  for (const each of mapped) {
    if ('reason' in each) refused.set(each.id, each.reason)
    else sendable.push(each)
  }
  return { refused, sendable }
}

/** @param settled by the ids of their rows */
export function outcomesOf({
  done,
  refused,
  untried,
}: Pick<Settled<unknown>, 'refused'> & Partial<Settled<unknown>>): Outcome[] {
  const confirmed = [...(done ?? new Map<string, unknown>()).keys()].map((id): Outcome => ({
    id,
    is: 'confirmed',
  }))
  const rejected = [...refused].map(([id, reason]): Outcome => {
    const isUntried = untried?.has(id) ?? false
    return isUntried ? { id, is: 'rejected', reason, againAfterMs: dayMs } : { id, is: 'rejected', reason }
  })
  return [...confirmed, ...rejected]
}

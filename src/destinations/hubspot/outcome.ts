import type { LandedRow } from '../../model/stream.ts'
import type { UpsertOutcome } from '../destination.ts'
import type { Mapped } from './to-values.ts'

/** Rows that can be sent, and those that cannot with why. */
export function sortOut<Row>(mapped: readonly Mapped<Row>[]) {
  const refused = new Map<string, string>()
  const sendable: Extract<Mapped<Row>, { row: Row }>[] = []
  for (const each of mapped) {
    if ('reason' in each) refused.set(each.id, each.reason)
    else sendable.push(each)
  }
  return { refused, sendable }
}

export function toOutcome(rows: readonly LandedRow[], refused: ReadonlyMap<string, string>): UpsertOutcome {
  const rejected = [...refused].map(([id, reason]) => ({ id, reason }))
  return { confirmed: rows.length - rejected.length, rejected }
}

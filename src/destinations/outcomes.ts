import type { LandedRow } from '../model/stream.ts'
import type { Outcome } from './destination.ts'

/** A row that is not accepted, and why. */
export interface Refused {
  id: string
  reason: string
}

/** The outcomes of rows of which some were refused: all others are confirmed. */
export function outcomesOf(rows: readonly Pick<LandedRow, 'id'>[], refused: readonly Refused[]): Outcome[] {
  const reasons = new Map(refused.map(({ id, reason }) => [id, reason]))
  const ids = new Set(rows.map(({ id }) => id))
  return [...ids].map((id) => {
    const reason = reasons.get(id)
    return reason === undefined ? { id, is: 'confirmed' } : { id, is: 'rejected', reason }
  })
}

import type { LandedRow } from '../streams/streams.ts'
import type { Outcome } from './destination.ts'

/** A row that is not accepted, and the reason. */
export interface Refused {
  id: string
  reason: string
}

/** Returns the outcomes of rows of which some were refused: all others are confirmed. Each row has its own id. */
export function outcomesOf(rows: readonly Pick<LandedRow, 'id'>[], refused: readonly Refused[]): Outcome[] {
  if (refused.length === 0) return rows.map(({ id }) => ({ id, is: 'confirmed' }))
  const reasons = new Map(refused.map(({ id, reason }) => [id, reason]))
  return rows.map(({ id }) => {
    const reason = reasons.get(id)
    return reason === undefined ? { id, is: 'confirmed' } : { id, is: 'rejected', reason }
  })
}

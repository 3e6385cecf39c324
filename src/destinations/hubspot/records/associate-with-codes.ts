import type { Outcome } from '../../destination.ts'
import type { Ask } from '../http/client.ts'
import type { CodeObject } from '../account/prepared.ts'
import type { Likeness } from '../mapping/likeness.ts'
import type { RecordIds } from '../mapping/record-ids.ts'
import { ensureCodeRecords } from './code-records.ts'
import { outcomesOf } from './outcome.ts'
import { settleAsTheyCome, type Verdicts } from './settle-inputs.ts'

/** A record to be associated with the record of a code. */
export interface CodeTie {
  key: string
  /** The id of the record. */
  from: string
  codeId: string
}

/** The ids of two records. */
export interface Pair {
  key: string
  id: string
  to: string
}

export interface Associating {
  ask: Ask
  codes: CodeObject
  recordIds: RecordIds
  likeness: Likeness
}

/** Returns, by key, why a tie's code has no record; leaves out those with a record. */
export async function withoutCodes(
  { ask, codes, recordIds, likeness }: Associating,
  ties: readonly Pick<CodeTie, 'key' | 'codeId'>[],
): Promise<Map<string, string>> {
  const codeIds = ties.map(({ codeId }) => codeId)
  const lacking = await ensureCodeRecords(ask, codes, recordIds, codeIds, likeness)
  const without = new Map<string, string>()
  for (const { key, codeId } of ties) {
    const why = lacking.get(codeId)
    if (why !== undefined) without.set(key, `its QR code has no record: ${why}`)
  }
  return without
}

/**
 * Associates records with the known records of their codes.
 *
 * @param send makes one call
 */
export async function* associateWithCodes(
  work: Associating,
  ties: readonly CodeTie[],
  send: (pairs: readonly Pair[]) => Promise<Verdicts<string>>,
): AsyncGenerator<Outcome[]> {
  const { recordIds } = work
  const toPairs = (some: readonly CodeTie[]) =>
    some.map(({ key, from, codeId }): Pair => ({ key, id: from, to: recordIds.get(codeId) ?? '' }))
  const pairs = toPairs(ties)
  const doubted = new Map<string, string>()
  for await (const { done, refused } of settleAsTheyCome(pairs, send)) {
    for (const [key, reason] of refused) doubted.set(key, reason)
    if (done.size > 0) yield outcomesOf({ done, refused: new Map() })
  }
  if (doubted.size === 0) return
  // The record of a code may have been deleted and created again meanwhile.
  const seenAt = new Map(pairs.map(({ key, to }) => [key, to]))
  const doubtful = ties.filter(({ key }) => doubted.has(key))
  for (const { codeId } of doubtful) recordIds.delete(codeId)
  const gone = await withoutCodes(work, doubtful)
  const moved = toPairs(doubtful.filter(({ key }) => !gone.has(key))).filter(
    ({ key, to }) => seenAt.get(key) !== to,
  )
  for (const [key, reason] of gone) doubted.set(key, reason)
  for (const { key } of moved) doubted.delete(key)
  if (doubted.size > 0) yield outcomesOf({ refused: doubted })
  for await (const settled of settleAsTheyCome(moved, send)) yield outcomesOf(settled)
}

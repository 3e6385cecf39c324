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
  /** The id of the code's record. */
  to: string
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

/** Returns, by key, the id of the record of a tie's code, and why there is none. */
export async function findCodes(
  { ask, codes, recordIds, likeness }: Associating,
  ties: readonly Pick<CodeTie, 'key' | 'codeId'>[],
): Promise<{ found: Map<string, string>; without: Map<string, string> }> {
  const codeIds = ties.map(({ codeId }) => codeId)
  const { ids, lacking } = await ensureCodeRecords(ask, codes, recordIds, codeIds, likeness)
  const found = new Map<string, string>()
  const without = new Map<string, string>()
  for (const { key, codeId } of ties) {
    const id = ids.get(codeId)
    if (id === undefined) without.set(key, `its QR code has no record: ${lacking.get(codeId) ?? ''}`)
    else found.set(key, id)
  }
  return { found, without }
}

/**
 * Associates records with those of their codes.
 *
 * @param send makes one call
 */
export async function* associateWithCodes(
  work: Associating,
  ties: readonly CodeTie[],
  send: (pairs: readonly Pair[]) => Promise<Verdicts<string>>,
): AsyncGenerator<Outcome[]> {
  const pairs = ties.map(({ key, from, to }): Pair => ({ key, id: from, to }))
  const doubted = new Map<string, string>()
  for await (const { done, refused } of settleAsTheyCome(pairs, send)) {
    for (const [key, reason] of refused) doubted.set(key, reason)
    if (done.size > 0) yield outcomesOf({ done, refused: new Map() })
  }
  if (doubted.size === 0) return
  // The record of a code may have been deleted and created again meanwhile.
  const doubtful = ties.filter(({ key }) => doubted.has(key))
  for (const { codeId } of doubtful) work.recordIds.delete(codeId)
  const { found, without } = await findCodes(work, doubtful)
  const moved: Pair[] = []
  for (const { key, from, to: before } of doubtful) {
    const to = found.get(key)
    if (to !== undefined && to !== before) moved.push({ key, id: from, to })
  }
  for (const [key, reason] of without) doubted.set(key, reason)
  for (const { key } of moved) doubted.delete(key)
  if (doubted.size > 0) yield outcomesOf({ refused: doubted })
  for await (const settled of settleAsTheyCome(moved, send)) yield outcomesOf(settled)
}

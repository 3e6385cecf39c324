import type { Ask } from '../http/client.ts'
import { readAnswering } from '../http/read-answering.ts'
import type { Likeness } from '../mapping/likeness.ts'
import type { CodeObject } from '../account/prepared.ts'
import { codeKey, codeName } from '../mapping/code-fields.ts'
import type { KnownRecord, RecordIds } from '../mapping/record-ids.ts'
import { upsertBatch, type WriteInput } from '../http/send-batch.ts'
import { settleInputs } from './settle-inputs.ts'
import type { PropertyValues } from '../mapping/to-values.ts'

/** What HubSpot has of some codes. A code in neither map has no record. */
export interface LearnedCodes {
  records: Map<string, KnownRecord>
  /** Codes whose record HubSpot refuses to read, with its reason: they may have one. */
  refused: ReadonlyMap<string, string>
}

/** Reads the existing records of codes that are not known yet. */
export async function learnCodeRecords(
  ask: Ask,
  { typeId, forNew }: CodeObject,
  recordIds: RecordIds,
  codeIds: Iterable<string>,
): Promise<LearnedCodes> {
  const records = new Map<string, KnownRecord>()
  const unseen: string[] = []
  for (const codeId of new Set(codeIds)) {
    const known = recordIds.get(codeId)
    if (known === undefined) unseen.push(codeId)
    else records.set(codeId, known)
  }
  const more = forNew === null ? [] : [forNew.nameProperty]
  const read = await readAnswering(ask, { typeId, idProperty: codeKey, more }, unseen)
  for (const [codeId, { id: recordId, properties }] of read.records) {
    const name = forNew === null ? undefined : (properties[forNew.nameProperty] ?? '')
    const known = { recordId, isNamed: name !== '' && name !== codeId }
    records.set(codeId, known)
    recordIds.set(codeId, known)
  }
  return { records, refused: read.refused }
}

/** Adds HubSpot's own name and the other values that a new record needs. */
export function asNewRecord({ forNew }: CodeObject, input: WriteInput): WriteInput {
  if (forNew === null) return input
  return { ...input, values: { ...forNew.values, ...nameOf(forNew, input), ...input.values } }
}

/** Replaces a record's name by that of the code if the name is the code's id. */
export function withName({ forNew }: CodeObject, input: WriteInput): WriteInput {
  if (forNew === null) return input
  return { ...input, values: { ...nameOf(forNew, input), ...input.values } }
}

function nameOf({ nameProperty }: { nameProperty: string }, { id, values }: WriteInput): PropertyValues {
  const name = values[codeName] ?? ''
  return { [nameProperty]: name === '' ? id : name }
}

/**
 * Creates records with only their ids for codes without one: a record was deleted in HubSpot, or the code was
 * refused. The delivery of codes fills it.
 *
 * @returns the record's id by the code's, and why there is none
 */
export async function ensureCodeRecords(
  ask: Ask,
  codes: CodeObject,
  recordIds: RecordIds,
  codeIds: Iterable<string>,
  likeness?: Likeness,
): Promise<{ ids: Map<string, string>; lacking: Map<string, string> }> {
  const wanted = [...new Set(codeIds)]
  const { records, refused } = await learnCodeRecords(ask, codes, recordIds, wanted)
  const ids = new Map([...records].map(([codeId, { recordId }]) => [codeId, recordId]))
  const missing = wanted.filter((codeId) => !records.has(codeId) && !refused.has(codeId))
  const inputs = missing.map((id) => asNewRecord(codes, { key: id, id, values: { [codeKey]: id } }))
  const settled = await settleInputs(
    inputs,
    (part) => upsertBatch(ask, codes.typeId, codeKey, part),
    likeness,
  )
  for (const [codeId, { id: recordId }] of settled.done) {
    ids.set(codeId, recordId)
    recordIds.set(codeId, { recordId, isNamed: codes.forNew === null })
  }
  return { ids, lacking: new Map([...refused, ...settled.refused]) }
}

import type { Ask } from '../http/client.ts'
import { readWholeRecords } from '../http/find-records.ts'
import type { Likeness } from '../mapping/likeness.ts'
import type { CodeObject } from '../account/prepared.ts'
import { codeKey, codeName } from '../mapping/code-fields.ts'
import type { RecordIds } from '../mapping/record-ids.ts'
import { upsertBatch, type WriteInput } from '../http/send-batch.ts'
import { settleInputs } from './settle-inputs.ts'
import type { PropertyValues } from '../mapping/to-values.ts'

/** Reads the existing records of codes that are not known yet. */
export async function learnCodeRecords(
  ask: Ask,
  { typeId, forNew }: CodeObject,
  recordIds: RecordIds,
  codeIds: Iterable<string>,
): Promise<void> {
  const unseen = [...codeIds].filter((codeId) => recordIds.get(codeId) === undefined)
  const more = forNew === null ? [] : [forNew.nameProperty]
  const found = await readWholeRecords(ask, { typeId, idProperty: codeKey, more }, unseen)
  for (const [codeId, { id, properties }] of found) {
    recordIds.set(codeId, id, forNew === null || properties[forNew.nameProperty] !== codeId)
  }
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
 * @returns why there is still none
 */
export async function ensureCodeRecords(
  ask: Ask,
  codes: CodeObject,
  recordIds: RecordIds,
  codeIds: Iterable<string>,
  likeness?: Likeness,
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(codeIds)]
  await learnCodeRecords(ask, codes, recordIds, wanted)
  const missing = wanted.filter((codeId) => recordIds.get(codeId) === undefined)
  const inputs = missing.map((id) => asNewRecord(codes, { key: id, id, values: { [codeKey]: id } }))
  const settled = await settleInputs(
    inputs,
    (part) => upsertBatch(ask, codes.typeId, codeKey, part),
    likeness,
  )
  for (const [codeId, { id }] of settled.done) recordIds.set(codeId, id, codes.forNew === null)
  return settled.refused
}

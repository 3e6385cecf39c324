import type { Ask } from './client.ts'
import { readRecords } from './find-records.ts'
import type { Likeness } from './likeness.ts'
import type { CodeObject } from './prepared.ts'
import { codeKey, codeName } from './properties.ts'
import type { RecordIds } from './record-ids.ts'
import { upsertBatch, type WriteInput } from './send-batch.ts'
import { settleInputs } from './settle-inputs.ts'

/** Notes the records of those codes that were not seen yet, as far as they are there. */
export async function learnCodeRecords(
  ask: Ask,
  { typeId }: CodeObject,
  recordIds: RecordIds,
  codeIds: Iterable<string>,
): Promise<void> {
  const unseen = [...codeIds].filter((codeId) => recordIds.get(codeId) === undefined)
  for (const [codeId, [id]] of await readRecords(ask, typeId, codeKey, unseen))
    if (id !== undefined) recordIds.set(codeId, id)
}

/** A new record is given a name of HubSpot's own, and what else it needs. */
export function asNewRecord({ forNew }: CodeObject, input: WriteInput): WriteInput {
  if (forNew === null) return input
  const name = input.values[codeName] ?? ''
  const own = { ...forNew.values, [forNew.nameProperty]: name === '' ? input.id : name }
  return { ...input, values: { ...own, ...input.values } }
}

/**
 * Makes records, with no more than their ids, for those of the codes that have none: a record was deleted in HubSpot, or the
 * code was refused. Its own delivery fills it.
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
  for (const [codeId, { id }] of settled.done) recordIds.set(codeId, id)
  return settled.refused
}

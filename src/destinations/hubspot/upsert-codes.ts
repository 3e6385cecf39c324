import type { LandedRow } from '../../model/stream.ts'
import type { UpsertOutcome } from '../destination.ts'
import type { Ask } from './client.ts'
import { readRecords } from './find-records.ts'
import { latestOfEachId, sortOut, toOutcome } from './outcome.ts'
import type { CodeObject } from './prepared.ts'
import { codeKey, codeName } from './properties.ts'
import type { HubSpotRecord } from './read-batch-answer.ts'
import type { RecordIds } from './record-ids.ts'
import { inputsPerCall, upsertBatch, type WriteInput } from './send-batch.ts'
import { settleInputs, type Settled } from './settle-inputs.ts'
import { mapCode } from './to-values.ts'

/** One call for each 100 codes; one more where an object of HubSpot's own must be asked which records are new. */
export async function upsertCodes(
  ask: Ask,
  codes: CodeObject,
  recordIds: RecordIds,
  rows: readonly LandedRow[],
): Promise<UpsertOutcome> {
  const { refused, sendable } = sortOut(latestOfEachId(rows).map(mapCode))
  for (let start = 0; start < sendable.length; start += inputsPerCall) {
    const inputs = sendable
      .slice(start, start + inputsPerCall)
      .map(({ id, values }) => ({ key: id, id, values }))
    const settled =
      codes.forNew === null
        ? await settle(ask, codes, inputs)
        : await settleNamed(ask, { ...codes, forNew: codes.forNew }, recordIds, inputs)
    for (const [id, record] of settled.done) recordIds.set(id, record.id)
    for (const [id, reason] of settled.refused) refused.set(id, reason)
  }
  return toOutcome(rows, refused)
}

function settle(
  ask: Ask,
  { typeId }: CodeObject,
  inputs: readonly WriteInput[],
): Promise<Settled<HubSpotRecord>> {
  return settleInputs(inputs, (part) => upsertBatch(ask, typeId, codeKey, part))
}

type NamedObject = CodeObject & { forNew: NonNullable<CodeObject['forNew']> }

/** New records are given a name of HubSpot's own, and what else they need; those that are there keep theirs. */
async function settleNamed(
  ask: Ask,
  codes: NamedObject,
  recordIds: RecordIds,
  inputs: readonly WriteInput[],
): Promise<Settled<HubSpotRecord>> {
  await learn(inputs)
  const isKnown = new Set(inputs.filter(({ key }) => recordIds.get(key) !== undefined).map(({ key }) => key))
  const named = (input: WriteInput) => withName(codes.forNew, input)
  const first = await settle(
    ...([ask, codes, inputs.map((input) => (isKnown.has(input.key) ? input : named(input)))] as const),
  )

  // A record that was seen may have been deleted in HubSpot since: then it is made anew, and needs its name.
  const doubtful = inputs.filter(
    ({ key }) => isKnown.has(key) && (first.refused.has(key) || first.done.get(key)?.new === true),
  )
  for (const { key } of doubtful) recordIds.delete(key)
  await learn(doubtful.filter(({ key }) => first.refused.has(key)))
  const vanished = doubtful.filter(({ key }) => recordIds.get(key) === undefined)
  if (vanished.length === 0) return first
  const second = await settle(ask, codes, vanished.map(named))
  for (const { key } of vanished) {
    first.done.delete(key)
    first.refused.delete(key)
  }
  return {
    done: new Map([...first.done, ...second.done]),
    refused: new Map([...first.refused, ...second.refused]),
  }

  async function learn(wanted: readonly WriteInput[]) {
    const unseen = wanted.map(({ key }) => key).filter((key) => recordIds.get(key) === undefined)
    for (const [key, [id]] of await readRecords(ask, codes.typeId, codeKey, unseen))
      if (id !== undefined) recordIds.set(key, id)
  }
}

function withName({ nameProperty, values }: NamedObject['forNew'], input: WriteInput): WriteInput {
  const name = input.values[codeName]
  return {
    ...input,
    values: {
      ...values,
      [nameProperty]: name === undefined || name === '' ? input.id : name,
      ...input.values,
    },
  }
}

import type { LandedRow } from '../../model/stream.ts'
import type { UpsertOutcome } from '../destination.ts'
import { latestOfEachId } from '../latest-of-each-id.ts'
import type { Ask } from './client.ts'
import { asNewRecord, learnCodeRecords } from './code-records.ts'
import { sortOut, toOutcome } from './outcome.ts'
import type { CodeObject } from './prepared.ts'
import { codeKey } from './properties.ts'
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
        : await settleNamed(ask, codes, recordIds, inputs)
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

/** New records are named; those that are there keep their names, which a person may have changed. */
async function settleNamed(
  ask: Ask,
  codes: CodeObject,
  recordIds: RecordIds,
  inputs: readonly WriteInput[],
): Promise<Settled<HubSpotRecord>> {
  const learn = (some: readonly WriteInput[]) =>
    learnCodeRecords(
      ask,
      codes,
      recordIds,
      some.map(({ key }) => key),
    )
  const isThere = ({ key }: WriteInput) => recordIds.get(key) !== undefined
  await learn(inputs)
  const known = inputs.filter(isThere)
  const first = await settle(ask, codes, [...known, ...inputs.filter((input) => !isThere(input)).map(asNew)])

  // A record that was seen may have been deleted in HubSpot since: then it is made anew, and needs its name.
  const doubtful = known.filter(({ key }) => first.refused.has(key) || first.done.get(key)?.new === true)
  for (const { key } of doubtful) recordIds.delete(key)
  await learn(doubtful.filter(({ key }) => first.refused.has(key)))
  const vanished = doubtful.filter((input) => !isThere(input))
  if (vanished.length === 0) return first
  const second = await settle(ask, codes, vanished.map(asNew))
  for (const { key } of vanished) {
    first.done.delete(key)
    first.refused.delete(key)
  }
  return {
    done: new Map([...first.done, ...second.done]),
    refused: new Map([...first.refused, ...second.refused]),
  }

  function asNew(input: WriteInput): WriteInput {
    return asNewRecord(codes, input)
  }
}

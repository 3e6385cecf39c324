import type { LandedRow } from '../../../streams/streams.ts'
import type { Outcome } from '../../destination.ts'
import { partsBySize } from '../../parts-by-size.ts'
import type { Ask } from '../http/client.ts'
import { asNewRecord, learnCodeRecords, withName } from './code-records.ts'
import type { Likeness } from '../mapping/likeness.ts'
import { outcomesOf, sortOut } from './outcome.ts'
import type { PropertyOptions } from '../account/options.ts'
import type { CodeObject } from '../account/prepared.ts'
import { codeKey } from '../mapping/code-fields.ts'
import type { Fields } from '../mapping/fields.ts'
import type { HubSpotRecord } from '../http/read-batch-answer.ts'
import type { RecordIds } from '../mapping/record-ids.ts'
import { callLimits, upsertBatch, type WriteInput } from '../http/send-batch.ts'
import { emptySettled, settleAsTheyCome, type Settled } from './settle-inputs.ts'
import { mapRow } from '../mapping/to-values.ts'

/** Makes one call per 100 codes, and one more if it has to read which records of a standard object are new. */
export async function* upsertCodes(
  ask: Ask,
  codes: CodeObject,
  known: Omit<CodesAtWork, 'ask' | 'codes'>,
  rows: readonly LandedRow[],
): AsyncGenerator<Outcome[]> {
  const { refused, sendable } = sortOut(rows.map((row) => mapRow(known.fields, row)))
  if (refused.size > 0) yield outcomesOf({ refused })
  const work: CodesAtWork = { ask, codes, ...known }
  for (const part of partsBySize(sendable, callLimits)) {
    const inputs = part.map(({ id, values }) => ({ key: id, id, values }))
    const parts = codes.forNew === null ? send(work, inputs) : sendNamed(work, inputs)
    for await (const settled of parts) {
      for (const [id, record] of settled.done) known.recordIds.set(id, record.id)
      yield outcomesOf(settled)
    }
  }
}

interface CodesAtWork {
  ask: Ask
  codes: CodeObject
  recordIds: RecordIds
  likeness: Likeness
  options: PropertyOptions
  fields: Fields['codes']
}

type SettledCodes = Settled<HubSpotRecord>

function send(
  { ask, codes, likeness, options, fields }: CodesAtWork,
  inputs: readonly WriteInput[],
): AsyncGenerator<SettledCodes> {
  const write = (part: readonly WriteInput[]) =>
    options.send({ ask, object: codes, fields }, part, (fitted) =>
      upsertBatch(ask, codes.typeId, codeKey, fitted),
    )
  return settleAsTheyCome(inputs, write, likeness)
}

/**
 * Names new records. Existing ones keep their names, which users may have changed, unless the name is the
 * code's id.
 */
async function* sendNamed(work: CodesAtWork, inputs: readonly WriteInput[]): AsyncGenerator<SettledCodes> {
  const { ask, codes, recordIds } = work
  const learn = (some: readonly WriteInput[]) =>
    learnCodeRecords(
      ask,
      codes,
      recordIds,
      some.map(({ key }) => key),
    )
  const isThere = ({ key }: WriteInput) => recordIds.get(key) !== undefined
  const asNew = (input: WriteInput) => asNewRecord(codes, input)
  // Another worker, or a user, may have named these since they were read.
  for (const { key } of inputs) if (!recordIds.isNamed(key)) recordIds.delete(key)
  await learn(inputs)
  const asKnown = (input: WriteInput) => (recordIds.isNamed(input.key) ? input : withName(codes, input))
  const known = new Map(inputs.filter(isThere).map((input) => [input.key, asKnown(input)]))
  const unknown = inputs.filter((input) => !isThere(input))

  // A known record may have been deleted in HubSpot since: it is then created again, and needs its name.
  const refusedThere = new Map<string, string>()
  const madeAnew: WriteInput[] = []
  // Another record answers than the one that was read: its name is not known.
  const moved: WriteInput[] = []
  for await (const settled of send(work, [...known.values(), ...unknown.map(asNew)])) {
    for (const [key, input] of known) {
      const reason = settled.refused.get(key)
      if (reason !== undefined && !settled.untried.has(key)) {
        refusedThere.set(key, reason)
        settled.refused.delete(key)
      }
      const record = settled.done.get(key)
      if (record === undefined || (!record.isNew && record.id === recordIds.get(key))) continue
      if (record.isNew) madeAnew.push(input)
      else moved.push(input)
      settled.done.delete(key)
    }
    yield settled
  }
  if (refusedThere.size + madeAnew.length + moved.length === 0) return
  const doubtful = [...refusedThere.keys()].flatMap((key) => known.get(key) ?? [])
  for (const { key } of [...doubtful, ...madeAnew, ...moved]) recordIds.delete(key)
  await learn([...doubtful, ...moved])
  for (const { key } of doubtful.filter((input) => !isThere(input))) refusedThere.delete(key)
  yield { ...emptySettled(), refused: refusedThere }
  const vanished = [...doubtful, ...moved].filter((input) => !isThere(input))
  const again = [...moved.filter(isThere).map(asKnown), ...[...vanished, ...madeAnew].map(asNew)]
  if (again.length > 0) yield* send(work, again)
}

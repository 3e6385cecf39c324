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
    for await (const settled of parts) yield outcomesOf(settled)
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

async function* send(work: CodesAtWork, inputs: readonly WriteInput[]): AsyncGenerator<SettledCodes> {
  for await (const settled of write(work, inputs)) {
    remember(work, settled.done)
    yield settled
  }
}

/** They have a name, or need none. */
function remember({ recordIds }: CodesAtWork, done: SettledCodes['done']): void {
  for (const [codeId, { id: recordId }] of done) recordIds.set(codeId, { recordId, isNamed: true })
}

function write(
  { ask, codes, likeness, options, fields }: CodesAtWork,
  inputs: readonly WriteInput[],
): AsyncGenerator<SettledCodes> {
  const upsert = (part: readonly WriteInput[]) =>
    options.send({ ask, object: codes, fields }, part, (fitted) =>
      upsertBatch(ask, codes.typeId, codeKey, fitted),
    )
  return settleAsTheyCome(inputs, upsert, likeness)
}

/**
 * Names new records. Existing ones keep their names, which users may have changed, unless there is no name, or
 * the name is the code's id. What was read at the start decides, because the cache may forget it meanwhile; and
 * only a record that HubSpot says is missing counts as new.
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
  const asNew = (input: WriteInput) => asNewRecord(codes, input)
  // Another worker, or a user, may have named these since they were read.
  for (const { key } of inputs) if (recordIds.get(key)?.isNamed === false) recordIds.delete(key)
  const before = await learn(inputs)
  const fromBefore = (input: WriteInput) => {
    const record = before.records.get(input.key)
    if (record === undefined) return before.refused.has(input.key) ? input : asNew(input)
    return record.isNamed ? input : withName(codes, input)
  }
  const isKnown = ({ key }: WriteInput) => before.records.has(key) || before.refused.has(key)
  const known = new Map(inputs.filter(isKnown).map((input) => [input.key, input]))

  // A known record may have been deleted in HubSpot since: it is then created again, and needs its name.
  const refusedThere = new Map<string, string>()
  const madeAnew: WriteInput[] = []
  // Another record answers than the one that was read: it exists, but its name is not known.
  const moved = new Map<string, { input: WriteInput; record: HubSpotRecord }>()
  for await (const settled of write(work, inputs.map(fromBefore))) {
    for (const [key, input] of known) {
      const reason = settled.refused.get(key)
      const unread = before.refused.get(key)
      if (reason !== undefined && unread !== undefined) {
        const why = `sent without a name, because HubSpot does not say whether its record exists: ${unread}`
        settled.refused.set(key, `${reason} (${why})`)
      } else if (reason !== undefined && !settled.untried.has(key)) {
        refusedThere.set(key, reason)
        settled.refused.delete(key)
      }
      const record = settled.done.get(key)
      if (record === undefined) continue
      if (record.isNew) madeAnew.push(input)
      else if (record.id !== before.records.get(key)?.recordId) moved.set(key, { input, record })
      else continue
      settled.done.delete(key)
    }
    remember(work, settled.done)
    yield settled
  }
  if (refusedThere.size + madeAnew.length + moved.size === 0) return

  const doubtful = [...refusedThere.keys()].flatMap((key) => known.get(key) ?? [])
  const movedInputs = [...moved.values()].map(({ input }) => input)
  for (const { key } of [...doubtful, ...madeAnew, ...movedInputs]) recordIds.delete(key)
  const after = await learn([...doubtful, ...movedInputs])
  const isThere = ({ key }: WriteInput) => after.records.has(key) || after.refused.has(key)
  const vanished = doubtful.filter((input) => !isThere(input))
  for (const { key } of vanished) refusedThere.delete(key)
  const nameless = movedInputs.filter(({ key }) => after.records.get(key)?.isNamed === false)
  for (const { key } of nameless) moved.delete(key)
  const done = new Map([...moved].map(([key, { record }]) => [key, record]))
  yield { ...emptySettled(), done, refused: refusedThere }
  const again = [...nameless.map((input) => withName(codes, input)), ...[...vanished, ...madeAnew].map(asNew)]
  if (again.length > 0) yield* send(work, again)
}

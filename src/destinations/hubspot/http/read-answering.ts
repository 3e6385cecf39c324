import type { BatchReadInputSimplePublicObjectId } from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import type { Ask } from './client.ts'
import {
  readBatchAnswer,
  toRecord,
  type BatchAnswer,
  type BatchInput,
  type HubSpotRecord,
} from './read-batch-answer.ts'
import { readRefusal } from './refusal.ts'
import { inputsPerCall, sendBatch } from './send-batch.ts'
import { asSent } from './told.ts'
import { settleInputs, type Verdicts } from '../records/settle-inputs.ts'

/** Ids of the records that were merged into one: https://knowledge.hubspot.com/records/merge-records. */
export const mergedIds = 'hs_merged_object_ids'

/** Addresses of a contact besides its primary one. */
const otherAddresses = 'hs_additional_emails'

/** HubSpot separates the values of these properties by semicolons. */
export function listed(value: string | null | undefined): string[] {
  return (value ?? '').split(';').filter((each) => each !== '')
}

export interface Answering {
  /** By the requested id; missing records are left out. */
  records: Map<string, HubSpotRecord>
  /** Ids that HubSpot refuses, with its reason. */
  refused: Map<string, string>
}

/** A missing record is not a refusal. */
const absent = 'absent'

interface Request {
  typeId: string
  /** Undefined for the record's own id. */
  idProperty: string | undefined
  /** Properties to read too. */
  more?: readonly string[]
}

/**
 * Reads the records that have the given ids, or values of a unique property. One record may match several: a
 * contact each of its addresses, a merged record the ids of those that were merged into it.
 *
 * @param ids distinct
 * @see https://developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies: a
 *   record that is requested by an id from before a merge is returned under its new one
 */
export async function readAnswering(ask: Ask, of: Request, ids: readonly string[]): Promise<Answering> {
  const answering: Answering = { records: new Map(), refused: new Map() }
  const { typeId, idProperty, more = [] } = of
  const properties = [
    mergedIds,
    ...(idProperty === undefined ? [] : [idProperty]),
    ...(idProperty === 'email' ? [otherAddresses] : []),
    ...more,
  ]
  for (let start = 0; start < ids.length; start += inputsPerCall) {
    const part = ids.slice(start, start + inputsPerCall).map((id) => ({ key: id, id }))
    const settled = await settleInputs(part, async (inputs) => {
      const body = asSent<BatchReadInputSimplePublicObjectId>({
        properties,
        propertiesWithHistory: [],
        inputs: inputs.map(({ id }) => ({ id })),
        ...(idProperty !== undefined && { idProperty }),
      })
      const answer = await sendBatch(ask, (hubspot) => hubspot.records.readWithHttpInfo(typeId, body))
      return toVerdicts(answer, inputs, idProperty)
    })
    for (const [id, record] of settled.done) if (record !== absent) answering.records.set(id, record)
    for (const [id, reason] of settled.refused) answering.refused.set(id, reason)
  }
  return answering
}

function toVerdicts(
  answer: BatchAnswer,
  inputs: readonly BatchInput[],
  idProperty: string | undefined,
): Verdicts<HubSpotRecord | typeof absent> {
  const isAnswer = answer.status < 300
  const { results, errors } = answer.body
  const there = (results ?? []).map(toRecord).filter((each) => each !== null)
  const asked = inputs.map(({ id }) => id)
  const exact = new Set(there.flatMap((each) => namesOf(each, idProperty)))
  const claims = new Map(there.map((each) => [each.id, claimsOf(each, idProperty, asked, exact)]))
  // The only record for a single id is its record, however it is written.
  const [only] = there
  if (only !== undefined && there.length === 1 && asked.length === 1) claims.set(only.id, asked)

  const verdicts = readBatchAnswer(answer, inputs, ({ id }) => claims.get(id) ?? [])
  const missing = new Set(
    (errors ?? [])
      .map(readRefusal)
      .filter(({ category }) => category === 'OBJECT_NOT_FOUND')
      .flatMap(({ ids }) => ids),
  )
  if (answer.status === 404 && asked.length === 1) for (const id of asked) missing.add(id)
  // An unexpected record reveals which id it belongs to: one of those without a record, which are requested
  // again.
  const isClear =
    isAnswer && verdicts.passing.size === 0 && claims.values().every((ofRecord) => ofRecord.length > 0)
  const done = new Map<string, HubSpotRecord | typeof absent>(verdicts.done)
  const refused = new Map(verdicts.refused)
  for (const id of asked) {
    if (done.has(id) || !(missing.has(id) || (isClear && !refused.has(id)))) continue
    refused.delete(id)
    done.set(id, absent)
  }
  return { ...verdicts, done, refused }
}

type Named = Pick<HubSpotRecord, 'id' | 'properties'>

/** Returns the values that identify a record, as HubSpot writes them. */
function namesOf({ id, properties }: Named, idProperty: string | undefined): string[] {
  if (idProperty === undefined) return [id, ...listed(properties[mergedIds])]
  const others = idProperty === 'email' ? listed(properties[otherAddresses]) : []
  return [properties[idProperty] ?? '', ...others]
}

/**
 * Returns the given ids that identify the record: one that differs in case only if no other record has exactly
 * that spelling.
 */
function claimsOf(
  record: Named,
  idProperty: string | undefined,
  asked: readonly string[],
  exact: ReadonlySet<string>,
): string[] {
  const names = namesOf(record, idProperty)
  const folded = new Set(names.map(fold))
  return asked.filter((id) => names.includes(id) || (folded.has(fold(id)) && !exact.has(id)))
}

function fold(text: string): string {
  return text.trim().toLowerCase()
}

import { z } from 'zod'
import type { Ask } from './client.ts'
import type { LinkObject } from './prepared.ts'
import { readBatchAnswer, type HubSpotRecord } from './read-batch-answer.ts'
import { askBatch, inputsPerCall } from './send-batch.ts'
import { settleInputs } from './settle-inputs.ts'

/** The ids of the records that each value was found on; a value without any is not among the keys. */
export type Found = Map<string, string[]>

/**
 * Records by a property of which no two share a value; what is not there is not among them.
 *
 * @param idProperty undefined for the record's own id
 * @param more properties that are read too
 */
export async function readWholeRecords(
  ask: Ask,
  { typeId, idProperty, more }: { typeId: string; idProperty: string | undefined; more: readonly string[] },
  values: readonly string[],
): Promise<Map<string, HubSpotRecord>> {
  const properties = [...(idProperty === undefined ? [] : [idProperty]), ...more]
  const found = new Map<string, HubSpotRecord>()
  for (const part of parts(values)) {
    const { done } = await settleInputs(part.map(asInput), async (inputs) => {
      const body = {
        ...{ properties, propertiesWithHistory: [], inputs: inputs.map(({ id }) => ({ id })) },
        ...(idProperty !== undefined && { idProperty }),
      }
      const reply = await askBatch(ask, `/crm/objects/2026-09/${typeId}/batch/read`, body)
      const verdicts = readBatchAnswer(reply, inputs, (record) => {
        const ids = idProperty === undefined ? [record.id] : valuesOf(record, idProperty)
        return inputs.map(({ id }) => id).filter((id) => ids.some((each) => isSame(each, id)))
      })
      // What is not there is not in the answer.
      const isAnswered = reply.status !== 400 && verdicts.passing.size === 0
      const absent = inputs.filter(({ key }) => isAnswered && !verdicts.done.has(key))
      return { ...verdicts, refused: new Map(absent.map(({ key }) => [key, 'not there'])) }
    })
    for (const [value, record] of done) found.set(value, record)
  }
  return found
}

/** Their ids. */
export async function readRecords(
  ask: Ask,
  typeId: string,
  idProperty: string | undefined,
  values: readonly string[],
): Promise<Found> {
  // A contact answers to each of its addresses.
  const more = idProperty === 'email' ? ['hs_additional_emails'] : []
  const records = await readWholeRecords(ask, { typeId, idProperty, more }, values)
  return new Map([...records].map(([value, { id }]) => [value, [id]]))
}

const searchPage = z.object({
  results: z.array(
    z.object({ id: z.string(), properties: z.record(z.string(), z.string().nullable()).catch({}) }),
  ),
  paging: z.object({ next: z.object({ after: z.string() }).optional() }).optional(),
})

/** The most that HubSpot's search returns in one page. */
const recordsPerPage = 200

/** Records by a property that several may share. What was written a moment ago is not found yet. */
async function searchRecords(
  ask: Ask,
  typeId: string,
  property: string,
  values: readonly string[],
): Promise<Found> {
  const found: Found = new Map()
  for (const part of parts(values)) {
    let after: string | undefined = '0'
    while (after !== undefined) {
      // Texts are compared in lower case, and want to be sent so.
      const filter = {
        propertyName: property,
        operator: 'IN',
        values: part.map((value) => value.toLowerCase()),
      }
      const body = {
        filterGroups: [{ filters: [filter] }],
        properties: [property],
        sorts: [],
        limit: recordsPerPage,
        after,
      }
      const reply = await askBatch(ask, `/crm/objects/2026-09/${typeId}/search`, body)
      const page: z.output<typeof searchPage> = reply.read(searchPage)
      for (const { id, properties } of page.results)
        for (const value of part)
          if (isSame(properties[property] ?? '', value)) found.set(value, [...(found.get(value) ?? []), id])
      after = page.paging?.next?.after
    }
  }
  return found
}

export function findRecords(
  ask: Ask,
  { typeId, property, lookup }: LinkObject,
  values: readonly string[],
): Promise<Found> {
  switch (lookup) {
    case 'record_id':
      return readRecords(
        ask,
        typeId,
        undefined,
        values.filter((value) => /^\d+$/.test(value)),
      )
    case 'unique':
      return readRecords(ask, typeId, property, values)
    case 'search':
      return searchRecords(ask, typeId, property, values)
  }
}

function* parts(values: readonly string[]): Generator<readonly string[]> {
  const distinct = [...new Set(values)]
  for (let start = 0; start < distinct.length; start += inputsPerCall)
    yield distinct.slice(start, start + inputsPerCall)
}

function asInput(value: string) {
  return { key: value, id: value }
}

function valuesOf({ properties }: HubSpotRecord, property: string): string[] {
  const others = (properties['hs_additional_emails'] ?? '').split(';')
  return [properties[property] ?? '', ...others].filter((value) => value !== '')
}

function isSame(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase()
}

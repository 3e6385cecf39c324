import type { Ask } from './client.ts'
import { readAnswering } from './read-answering.ts'
import type { HubSpotRecord } from './read-batch-answer.ts'

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
  of: { typeId: string; idProperty: string | undefined; more: readonly string[] },
  values: readonly string[],
): Promise<Map<string, HubSpotRecord>> {
  return (await readAnswering(ask, of, [...new Set(values)])).records
}

/** Their ids. */
export async function readRecords(
  ask: Ask,
  typeId: string,
  idProperty: string,
  values: readonly string[],
): Promise<Found> {
  const records = await readWholeRecords(ask, { typeId, idProperty, more: [] }, values)
  return new Map([...records].map(([value, { id }]) => [value, [id]]))
}

import type { Ask } from './client.ts'
import { readAnswering } from './read-answering.ts'
import type { HubSpotRecord } from './read-batch-answer.ts'

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

import type { Ask } from './client.ts'
import { readAnswering } from './read-answering.ts'
import type { HubSpotRecord } from './read-batch-answer.ts'

/**
 * Reads records by a property with unique values; leaves out missing ones.
 *
 * @param idProperty undefined for the record's own id
 * @param more properties to read too
 */
export async function readWholeRecords(
  ask: Ask,
  of: { typeId: string; idProperty: string | undefined; more: readonly string[] },
  values: readonly string[],
): Promise<Map<string, HubSpotRecord>> {
  return (await readAnswering(ask, of, [...new Set(values)])).records
}

import type { Ask } from '../http/client.ts'
import { readWholeRecords } from '../http/find-records.ts'
import { codeKey } from '../account/properties.ts'

const totalProperty = 'qrsync_total_scans'

/** What records of codes say of all their scans; a code without a record is not among them. */
export async function readTotals(
  ask: Ask,
  typeId: string,
  codeIds: readonly string[],
): Promise<Map<string, number>> {
  const records = await readWholeRecords(ask, { typeId, idProperty: codeKey, more: [totalProperty] }, codeIds)
  return new Map([...records].map(([id, { properties }]) => [id, Number(properties[totalProperty] ?? 0)]))
}

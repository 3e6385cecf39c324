import type { Ask } from '../http/client.ts'
import { readWholeRecords } from '../http/find-records.ts'
import { readAnswering } from '../http/read-answering.ts'
import type { LinkObject } from '../account/prepared.ts'
import { codeKey } from './code-fields.ts'

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

/** The total that each record holds, null where it holds none. One that is gone, or was merged, is absent. */
export async function readLinkTotals(
  ask: Ask,
  { typeId }: LinkObject,
  recordIds: readonly string[],
): Promise<Map<string, number | null>> {
  const of = { typeId, idProperty: undefined, more: [totalProperty] }
  const { records } = await readAnswering(ask, of, recordIds)
  const totals = new Map<string, number | null>()
  for (const [id, record] of records) {
    const total = record.properties[totalProperty] ?? null
    if (record.id === id) totals.set(id, total === null ? null : Number(total))
  }
  return totals
}

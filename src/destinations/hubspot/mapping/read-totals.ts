import type { Ask } from '../http/client.ts'
import { readWholeRecords } from '../http/find-records.ts'
import { readAnswering } from '../http/read-answering.ts'
import { codeKey } from './code-fields.ts'

/** Reads the total of all scans on records of codes; leaves out codes without a record. */
export async function readTotals(
  ask: Ask,
  { typeId, totalProperty }: { typeId: string; totalProperty: string },
  codeIds: readonly string[],
): Promise<Map<string, number>> {
  const records = await readWholeRecords(ask, { typeId, idProperty: codeKey, more: [totalProperty] }, codeIds)
  return new Map([...records].map(([id, { properties }]) => [id, Number(properties[totalProperty] ?? 0)]))
}

/** Reads the total on each record, null if it has none. Leaves out a record that is missing or was merged. */
export async function readLinkTotals(
  ask: Ask,
  { typeId, totalProperty }: { typeId: string; totalProperty: string },
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

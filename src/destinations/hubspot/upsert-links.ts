import type { LandedRow } from '../../model/stream.ts'
import type { Outcome } from '../destination.ts'
import { latestOfEachId } from '../latest-of-each-id.ts'
import type { Ask } from './client.ts'
import { findRecords } from './find-records.ts'
import { outcomesOf, sortOut } from './outcome.ts'
import type { LinkObject } from './prepared.ts'
import { inputsPerCall, updateBatch, type WriteInput } from './send-batch.ts'
import { settleAsTheyCome } from './settle-inputs.ts'
import { mapLink } from './to-values.ts'

/** Two calls for each 100 keys: one finds their records, one updates them. No record is made. */
export async function* upsertLinks(
  ask: Ask,
  links: ReadonlyMap<string, LinkObject>,
  rows: readonly LandedRow[],
): AsyncGenerator<Outcome[]> {
  const { refused, sendable } = sortOut(latestOfEachId(rows).map(mapLink))
  for (const [rule, ofRule] of Map.groupBy(sendable, ({ row }) => row.rule)) {
    const link = links.get(rule)
    if (link === undefined) {
      for (const { id } of ofRule) refused.set(id, `the config file has no link ${rule} any more`)
      continue
    }
    for (let start = 0; start < ofRule.length; start += inputsPerCall) {
      const part = ofRule.slice(start, start + inputsPerCall)
      const found = await findRecords(
        ask,
        link,
        part.map(({ row }) => row.key),
      )
      const inputs = new Map<string, WriteInput>()
      for (const { id, row, values } of part) {
        const [recordId, other] = found.get(row.key) ?? []
        const sameRecord = recordId === undefined ? undefined : inputs.get(recordId)
        if (recordId === undefined)
          refused.set(id, `no ${link.name} record with ${link.property} = ${row.key}`)
        else if (other !== undefined)
          refused.set(id, `more than one ${link.name} record with ${link.property} = ${row.key}`)
        else if (sameRecord !== undefined)
          refused.set(
            id,
            `the ${link.name} record with ${link.property} = ${row.key} is also that of ${sameRecord.key}`,
          )
        else inputs.set(recordId, { key: id, id: recordId, values })
      }
      const update = (some: readonly WriteInput[]) => updateBatch(ask, link.typeId, some)
      for await (const settled of settleAsTheyCome([...inputs.values()], update)) yield outcomesOf(settled)
    }
  }
  if (refused.size > 0) yield outcomesOf({ refused })
}

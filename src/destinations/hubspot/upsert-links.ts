import type { LandedRow } from '../../model/stream.ts'
import type { UpsertOutcome } from '../destination.ts'
import { latestOfEachId } from '../latest-of-each-id.ts'
import type { Ask } from './client.ts'
import { sortOut, toOutcome } from './outcome.ts'
import type { LinkObject } from './prepared.ts'
import { readAnswering } from './read-answering.ts'
import { inputsPerCall, updateBatch } from './send-batch.ts'
import { NotSettled, settleInputs } from './settle-inputs.ts'
import { mapLink } from './to-values.ts'

/**
 * One call for each 100 records. None is made. A record that no code names any more is asked for first: one that is gone, or was
 * merged into another, has nothing to be taken back.
 *
 * @throws NotSettled where a record was merged since it was found: its sum is then to be made anew
 */
export async function upsertLinks(
  ask: Ask,
  links: ReadonlyMap<string, LinkObject>,
  rows: readonly LandedRow[],
): Promise<UpsertOutcome> {
  const { refused, sendable } = sortOut(latestOfEachId(rows).map(mapLink))
  for (const [rule, ofRule] of Map.groupBy(sendable, ({ row }) => row.rule)) {
    const link = links.get(rule)
    if (link === undefined) {
      for (const { id } of ofRule) refused.set(id, `the config file has no link ${rule} any more`)
      continue
    }
    const { typeId } = link
    const emptied = ofRule.filter(({ row }) => row.codes === 0).map(({ row }) => row.record)
    const { records } = await readAnswering(ask, { typeId, idProperty: undefined }, emptied)
    const inputs = ofRule
      .filter(({ row }) => row.codes > 0 || records.get(row.record)?.id === row.record)
      .map(({ id, row, values }) => ({ key: id, id: row.record, values }))
    for (let start = 0; start < inputs.length; start += inputsPerCall) {
      const part = inputs.slice(start, start + inputsPerCall)
      const settled = await settleInputs(part, (some) => updateBatch(ask, typeId, some))
      for (const [id, reason] of settled.refused) refused.set(id, reason)
      const moved = part.find(({ key, id }) => (settled.done.get(key)?.id ?? id) !== id)
      if (moved !== undefined)
        throw new NotSettled(`the ${link.name} record ${moved.id} was merged into another`)
    }
  }
  return toOutcome(rows, refused)
}

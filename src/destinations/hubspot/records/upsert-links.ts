import type { LandedRow } from '../../../streams/streams.ts'
import type { Outcome } from '../../destination.ts'
import type { Ask } from '../http/client.ts'
import type { Likeness } from '../mapping/likeness.ts'
import { outcomesOf, sortOut } from './outcome.ts'
import type { LinkObject } from '../account/prepared.ts'
import type { PropertyOptions } from '../account/options.ts'
import type { HubSpotRecord } from '../http/read-batch-answer.ts'
import { readAnswering } from '../http/read-answering.ts'
import { inputsPerCall, updateBatch, type WriteInput } from '../http/send-batch.ts'
import { NotSettled, settleAsTheyCome, type Verdicts } from './settle-inputs.ts'
import { mapRow } from '../mapping/to-values.ts'

/**
 * Makes one call per 100 records, and creates none. A record that no code names any more is read first: if it
 * is missing, or was merged into another, there is nothing to reset.
 *
 * @throws NotSettled if a record was merged after it was found: its sum must be computed again
 */
export async function* upsertLinks(
  ask: Ask,
  work: { links: ReadonlyMap<string, LinkObject>; likeness: Likeness; options: PropertyOptions },
  rows: readonly LandedRow[],
): AsyncGenerator<Outcome[]> {
  for (const [rule, landed] of Map.groupBy(rows, ruleOf)) {
    const link = work.links.get(rule)
    if (link === undefined) {
      const reason = `the config file has no link ${rule} any more`
      yield landed.map(({ id }) => ({ id, is: 'rejected', reason }))
      continue
    }
    yield* upsertLink(ask, { ...work, link }, landed)
  }
}

/** The id of a row begins with the name of its rule, which has no "#". */
function ruleOf({ id }: LandedRow): string {
  return id.split('#', 1)[0] ?? ''
}

async function* upsertLink(
  ask: Ask,
  { link, likeness, options }: { link: LinkObject; likeness: Likeness; options: PropertyOptions },
  rows: readonly LandedRow[],
): AsyncGenerator<Outcome[]> {
  const { refused, sendable } = sortOut(rows.map((row) => mapRow(link.fields, row)))
  const emptied = sendable.filter(({ row }) => row.codes === 0)
  const of = { typeId: link.typeId, idProperty: undefined }
  const read = await readAnswering(
    ask,
    of,
    emptied.map(({ row }) => row.record),
  )
  const settledIds = new Set<string>()
  const gone: Outcome[] = []
  for (const { id, row } of emptied) {
    const unread = read.refused.get(row.record)
    if (unread !== undefined) refused.set(id, `its sums may still be there: ${unread}`)
    else if (read.records.get(row.record)?.id !== row.record) gone.push({ id, is: 'confirmed' })
    else continue
    settledIds.add(id)
  }
  if (refused.size > 0) yield outcomesOf({ refused })
  if (gone.length > 0) yield gone
  const inputs = sendable
    .filter(({ id }) => !settledIds.has(id))
    .map(({ id, row, values }) => ({ key: id, id: row.record, values }))
  for (let start = 0; start < inputs.length; start += inputsPerCall) {
    const send = (some: readonly WriteInput[]) =>
      options.send({ ask, object: link, fields: link.fields }, some, (fitted) =>
        updateBatch(ask, link.typeId, fitted),
      )
    yield* update(link, likeness, inputs.slice(start, start + inputsPerCall), send)
  }
}

async function* update(
  { name }: LinkObject,
  likeness: Likeness,
  inputs: readonly WriteInput[],
  send: (inputs: readonly WriteInput[]) => Promise<Verdicts<HubSpotRecord>>,
): AsyncGenerator<Outcome[]> {
  const recordOf = new Map(inputs.map(({ key, id }) => [key, id]))
  const merged = new Set<string>()
  for await (const settled of settleAsTheyCome(inputs, send, likeness)) {
    for (const [key, { id }] of settled.done) if (id !== recordOf.get(key)) merged.add(key)
    yield outcomesOf(settled).filter(({ id }) => !merged.has(id))
  }
  const [first] = merged
  if (first !== undefined) {
    throw new NotSettled(`the ${name} record ${recordOf.get(first) ?? ''} was merged into another`)
  }
}

import type { BatchInputPublicAssociationMultiPost } from '@hubspot/api-client/lib/codegen/crm/associations/v4/index.js'
import type { LandedRow } from '../../../streams/streams.ts'
import type { LinkedCode } from '../../../streams/summaries.ts'
import type { Outcome } from '../../destination.ts'
import type { AssociationLabel, CodeObject, LinkObject, TargetObject } from '../account/prepared.ts'
import { readAnswering } from '../http/read-answering.ts'
import { readBatchErrors } from '../http/read-batch-answer.ts'
import { sendBatch } from '../http/send-batch.ts'
import { asSent } from '../http/told.ts'
import {
  associateWithCodes,
  findCodes,
  type Associating,
  type CodeTie,
  type Pair,
} from './associate-with-codes.ts'
import { learnCodeRecords } from './code-records.ts'
import { outcomesOf, sortOut } from './outcome.ts'
import { removeAssociation } from './remove-association.ts'
import type { Verdicts } from './settle-inputs.ts'
import { mapRow } from '../mapping/to-values.ts'

/**
 * Makes one call per 100 pairs. A code without a record gets one, which the delivery of codes fills.
 * Withdrawing pairs costs three calls per 100; associations that others created between the two records stay.
 */
export async function* upsertLinkedCodes(
  work: Associating,
  links: ReadonlyMap<string, LinkObject>,
  rows: readonly LandedRow[],
): AsyncGenerator<Outcome[]> {
  const { refused, sendable } = sortOut(rows.map((row) => mapRow<LinkedCode>([], row)))
  if (refused.size > 0) yield outcomesOf({ refused })
  const pairs = sendable.map(({ row }) => row)
  for (const [rule, ofRule] of Map.groupBy(pairs, (each) => each.rule)) {
    const link = links.get(rule)
    // HubSpot does not associate these objects.
    if (link?.codeLabel == null) {
      yield ofRule.map(({ id }) => ({ id, is: 'confirmed' }))
      continue
    }
    const [linked, unlinked] = [true, false].map((is) => ofRule.filter((each) => each.is_linked === is))
    yield* associate(work, link, link.codeLabel, linked ?? [])
    yield* dissociate(work, link, link.codeLabel, unlinked ?? [])
  }
}

async function* associate(
  work: Associating,
  link: LinkObject,
  label: AssociationLabel,
  pairs: readonly LinkedCode[],
): AsyncGenerator<Outcome[]> {
  const all = pairs.map(({ id, record, qr_code_id: codeId }) => ({ key: id, from: record, codeId }))
  const { found, without } = await findCodes(work, all)
  if (without.size > 0) yield outcomesOf({ refused: without })
  const ties: CodeTie[] = []
  for (const each of all) {
    const to = found.get(each.key)
    if (to !== undefined) ties.push({ ...each, to })
  }
  yield* associateWithCodes(work, ties, (some) => createLabelled(work, link, label, some))
}

/** Associates with the label; repeating it changes nothing. */
async function createLabelled(
  { ask, codes }: { ask: Associating['ask']; codes: CodeObject },
  from: TargetObject,
  { category, typeId }: AssociationLabel,
  pairs: readonly Pair[],
): Promise<Verdicts<string>> {
  const types = [{ associationCategory: category, associationTypeId: typeId }]
  const body = asSent<BatchInputPublicAssociationMultiPost>({
    inputs: pairs.map(({ id, to }) => ({ _from: { id }, to: { id: to }, types })),
  })
  const answer = await sendBatch(
    ask,
    ({ associations }) => associations.createWithHttpInfo(from.typeId, codes.typeId, body),
    { readAs: 201 },
  )
  const verdicts = readBatchErrors(answer, pairs)
  const made = answer.body.results ?? []
  const names = new Set(made.map((each) => `${each?.fromObjectId ?? ''} ${each?.toObjectId ?? ''}`))
  const done = pairs.filter(({ id, to }) => names.has(`${id} ${to}`))
  return { ...verdicts, done: new Map(done.map(({ key, id }) => [key, id])) }
}

async function* dissociate(
  { ask, codes, recordIds }: Associating,
  link: LinkObject,
  label: AssociationLabel,
  pairs: readonly LinkedCode[],
): AsyncGenerator<Outcome[]> {
  if (pairs.length === 0) return
  // A record that is missing, or was merged into another, needs no removal: the code may name the other one.
  const recordsOf = [...new Set(pairs.map(({ record }) => record))]
  const linked = await readAnswering(ask, { typeId: link.typeId, idProperty: undefined }, recordsOf)
  const ofCodes = await learnCodeRecords(
    ask,
    codes,
    recordIds,
    pairs.map((each) => each.qr_code_id),
  )
  const there: Pair[] = []
  const gone: Outcome[] = []
  const refused = new Map<string, string>()
  for (const { id, record, qr_code_id: codeId } of pairs) {
    const unread = linked.refused.get(record) ?? ofCodes.refused.get(codeId)
    const to = ofCodes.records.get(codeId)?.recordId
    if (unread !== undefined) refused.set(id, `its association may still be there: ${unread}`)
    else if (to === undefined || linked.records.get(record)?.id !== record) gone.push({ id, is: 'confirmed' })
    else there.push({ key: id, id: record, to })
  }
  if (refused.size > 0) yield outcomesOf({ refused })
  if (gone.length > 0) yield gone
  yield* removeAssociation(ask, { from: link, to: codes, label }, there)
}

import { z } from 'zod'
import type { Outcome } from '../../destination.ts'
import type { AssociationLabel, TargetObject } from '../account/prepared.ts'
import type { Ask } from '../http/client.ts'
import { readBatchAnswer } from '../http/read-batch-answer.ts'
import { readRefusal } from '../http/refusal.ts'
import { askBatch } from '../http/send-batch.ts'
import type { Pair } from './associate-with-codes.ts'
import { outcomesOf } from './outcome.ts'
import { settleAsTheyCome, type Verdicts } from './settle-inputs.ts'

interface Labelled {
  from: TargetObject
  to: TargetObject
  /** Null: made without one. */
  label: AssociationLabel | null
}

/**
 * Takes a label away from pairs of records, and the association itself where it has no other label: HubSpot makes one without a
 * label beside the first that has one. An association that was made without a label stays where somebody has given it one.
 *
 * @see https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
 */
export async function* removeAssociation(
  ask: Ask,
  of: Labelled,
  pairs: readonly Pair[],
): AsyncGenerator<Outcome[]> {
  if (pairs.length === 0) return
  const shared = await readShared(ask, of, pairs)
  const kept = pairs.filter((pair) => shared.has(nameOf(pair)))
  const lone = pairs.filter((pair) => !shared.has(nameOf(pair)))
  if (of.label === null) {
    if (kept.length > 0) yield kept.map(({ key }) => ({ id: key, is: 'confirmed' }))
  } else yield* removeLabel(ask, of, of.label, kept)
  for await (const settled of settleAsTheyCome(lone, (some) => {
    const byRecord = Map.groupBy(some, ({ id }) => id)
    const inputs = [...byRecord].map(([id, ofRecord]) => ({
      from: { id },
      to: ofRecord.map(({ to }) => ({ id: to })),
    }))
    return archive(ask, `${pathOf(of)}/archive`, inputs, some)
  })) {
    yield outcomesOf(settled)
  }
}

async function* removeLabel(
  ask: Ask,
  of: Labelled,
  { category, typeId }: AssociationLabel,
  pairs: readonly Pair[],
): AsyncGenerator<Outcome[]> {
  const types = [{ associationCategory: category, associationTypeId: typeId }]
  const send = (some: readonly Pair[]) => {
    const inputs = some.map(({ id, to }) => ({ from: { id }, to: { id: to }, types }))
    return archive(ask, `${pathOf(of)}/labels/archive`, inputs, some)
  }
  for await (const settled of settleAsTheyCome(pairs, send)) yield outcomesOf(settled)
}

const nameOf = ({ id, to }: Pair) => `${id} ${to}`
const pathOf = ({ from, to }: Labelled) => `/crm/associations/2026-09/${from.typeId}/${to.typeId}/batch`

const associations = z.object({
  results: z
    .array(
      z.object({
        from: z.object({ id: z.coerce.string() }),
        to: z.array(
          z.object({
            toObjectId: z.coerce.string(),
            associationTypes: z.array(
              z.object({ typeId: z.number(), label: z.string().nullable().catch(null) }),
            ),
          }),
        ),
        paging: z.object({}).optional(),
      }),
    )
    .catch([]),
})

/** Pairs that have another label too, or of which it is not known: of a record with more associations than one page holds. */
async function readShared(ask: Ask, of: Labelled, pairs: readonly Pair[]): Promise<Set<string>> {
  const ids = [...new Set(pairs.map(({ id }) => id))]
  const body = { inputs: ids.map((id) => ({ id })) }
  const reply = await askBatch(ask, `${pathOf(of)}/read`, body)
  const { results } = reply.status < 300 ? reply.read(associations) : { results: [] }
  const shared = new Set<string>()
  for (const { from, to, paging } of results) {
    if (paging !== undefined) for (const pair of pairs) if (pair.id === from.id) shared.add(nameOf(pair))
    for (const { toObjectId, associationTypes } of to) {
      const name = `${from.id} ${toObjectId}`
      const others = associationTypes.filter(
        ({ label, typeId }) => label !== null && typeId !== of.label?.typeId,
      )
      if (others.length > 0) shared.add(name)
      else shared.delete(name)
    }
  }
  return shared
}

const errorList = z.object({ errors: z.array(z.unknown()).catch([]) })

/** HubSpot answers with nothing where all went well. What is not there is as it should be. */
async function archive(
  ask: Ask,
  path: string,
  inputs: object[],
  pairs: readonly Pair[],
): Promise<Verdicts<string>> {
  const reply = await askBatch(ask, path, { inputs })
  const all = new Map(pairs.map(({ key, id }) => [key, id]))
  const none = { refused: new Map<string, string>(), passing: new Map<string, never>(), reason: null }
  if (reply.status === 204) return { done: all, ...none }
  if (reply.status >= 300) return { ...readBatchAnswer(reply, pairs, () => []), done: new Map() }
  const errors = reply.read(errorList).errors.map(readRefusal)
  if (errors.every(({ category }) => category === 'OBJECT_NOT_FOUND')) return { done: all, ...none }
  const verdicts = readBatchAnswer(reply, pairs, () => [])
  const isDone = ({ key }: Pair) => !verdicts.refused.has(key) && !verdicts.passing.has(key)
  const done = verdicts.reason === null ? pairs.filter(isDone) : []
  return { ...verdicts, done: new Map(done.map(({ key, id }) => [key, id])) }
}

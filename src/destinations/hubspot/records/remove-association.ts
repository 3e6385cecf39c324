import type {
  BatchInputPublicAssociationMultiArchive,
  BatchInputPublicAssociationMultiPost,
  BatchInputPublicFetchAssociationsBatchRequest,
} from '@hubspot/api-client/lib/codegen/crm/associations/v4/index.js'
import { z } from 'zod'
import { parseBounded } from '../../../model/json-depth.ts'
import type { Outcome } from '../../destination.ts'
import type { AssociationLabel, TargetObject } from '../account/prepared.ts'
import type { Ask } from '../http/client.ts'
import type { HubSpotCall } from '../http/hubspot-apis.ts'
import { readBatchErrors } from '../http/read-batch-answer.ts'
import { readRefusal } from '../http/refusal.ts'
import { sendBatch } from '../http/send-batch.ts'
import { asSent } from '../http/told.ts'
import type { Pair } from './associate-with-codes.ts'
import { outcomesOf } from './outcome.ts'
import { settleAsTheyCome, type Verdicts } from './settle-inputs.ts'

interface Labelled {
  from: TargetObject
  to: TargetObject
  /** Null if it was created without a label. */
  label: AssociationLabel | null
}

/**
 * Removes a label from pairs of records, and the association itself if it has no other label: HubSpot creates
 * one without a label next to the first labelled one. An association that was created without a label stays if
 * somebody has labelled it.
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
    const body = asSent<BatchInputPublicAssociationMultiArchive>({
      inputs: [...byRecord].map(([id, ofRecord]) => ({
        _from: { id },
        to: ofRecord.map(({ to }) => ({ id: to })),
      })),
    })
    const { from, to } = of
    return archive(ask, some, ({ associations }) =>
      associations.archiveWithHttpInfo(from.typeId, to.typeId, body),
    )
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
    const body = asSent<BatchInputPublicAssociationMultiPost>({
      inputs: some.map(({ id, to }) => ({ _from: { id }, to: { id: to }, types })),
    })
    return archive(ask, some, ({ associations }) =>
      associations.archiveLabelsWithHttpInfo(of.from.typeId, of.to.typeId, body),
    )
  }
  for await (const settled of settleAsTheyCome(pairs, send)) yield outcomesOf(settled)
}

const nameOf = ({ id, to }: Pair) => `${id} ${to}`

/**
 * Returns pairs that have another label too, and pairs of a record with more associations than one page holds,
 * for which that is unknown.
 */
async function readShared(ask: Ask, of: Labelled, pairs: readonly Pair[]): Promise<Set<string>> {
  const ids = [...new Set(pairs.map(({ id }) => id))]
  const body = asSent<BatchInputPublicFetchAssociationsBatchRequest>({ inputs: ids.map((id) => ({ id })) })
  const answer = await sendBatch(ask, ({ associations }) =>
    associations.getPageWithHttpInfo(of.from.typeId, of.to.typeId, body),
  )
  const shared = new Set<string>()
  for (const result of answer.body.results ?? []) {
    const from = String(result?._from?.id)
    if (result?.paging) for (const pair of pairs) if (pair.id === from) shared.add(nameOf(pair))
    for (const each of result?.to ?? []) {
      const name = `${from} ${String(each?.toObjectId)}`
      const others = (each?.associationTypes ?? []).filter(
        (type) => typeof type?.label === 'string' && type.typeId !== of.label?.typeId,
      )
      if (others.length > 0) shared.add(name)
      else shared.delete(name)
    }
  }
  return shared
}

const errorList = z.object({ errors: z.array(z.unknown()).catch([]) })

/** HubSpot answers a success with an empty body. A missing association is the wanted result. */
async function archive(ask: Ask, pairs: readonly Pair[], call: HubSpotCall<void>): Promise<Verdicts<string>> {
  const { status, text } = await sendBatch(ask, call, { readAs: 204, has207: false })
  const all = new Map(pairs.map(({ key, id }) => [key, id]))
  const none = { refused: new Map<string, string>(), passing: new Map<string, never>(), reason: null }
  if (status === 204) return { done: all, ...none }
  if (status >= 300) return readBatchErrors({ status, text, body: {} }, pairs)
  // The client's type has only the empty response; the published files have a 207 with errors.
  const { errors } = errorList.catch({ errors: [] }).parse(parseBounded(text))
  if (errors.map(readRefusal).every(({ category }) => category === 'OBJECT_NOT_FOUND')) {
    return { done: all, ...none }
  }
  const verdicts = readBatchErrors({ status, text, body: { errors } }, pairs)
  const isDone = ({ key }: Pair) => !verdicts.refused.has(key) && !verdicts.passing.has(key)
  const done = verdicts.reason === null ? pairs.filter(isDone) : []
  return { ...verdicts, done: new Map(done.map(({ key, id }) => [key, id])) }
}

import type { BatchInputPublicDefaultAssociationMultiPost } from '@hubspot/api-client/lib/codegen/crm/associations/v4/index.js'
import type { TargetObject } from '../account/prepared.ts'
import type { Ask } from '../http/client.ts'
import { readBatchErrors } from '../http/read-batch-answer.ts'
import { sendBatch } from '../http/send-batch.ts'
import { asSent } from '../http/told.ts'
import type { Pair } from './associate-with-codes.ts'
import type { Verdicts } from './settle-inputs.ts'

/** Creates associations without a label; repeating it changes nothing. */
export async function associateDefault(
  ask: Ask,
  from: TargetObject,
  to: TargetObject,
  pairs: readonly Pair[],
): Promise<Verdicts<string>> {
  const batch = asSent<BatchInputPublicDefaultAssociationMultiPost>({
    inputs: pairs.map((pair) => ({ _from: { id: pair.id }, to: { id: pair.to } })),
  })
  const answer = await sendBatch(
    ask,
    ({ associations }) => associations.createDefaultWithHttpInfo(from.typeId, to.typeId, batch),
    { has207: false },
  )
  const verdicts = readBatchErrors(answer, pairs)
  const made = answer.body.results ?? []
  const names = new Set(made.map((each) => `${each?._from?.id ?? ''} ${each?.to?.id ?? ''}`))
  const done = pairs.filter((pair) => names.has(`${pair.id} ${pair.to}`))
  return { ...verdicts, done: new Map(done.map(({ key, id }) => [key, id])) }
}

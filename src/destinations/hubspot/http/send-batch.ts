import type {
  BatchInputSimplePublicObjectBatchInput,
  BatchInputSimplePublicObjectBatchInputUpsert,
} from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import type { PartLimits } from '../../parts-by-size.ts'
import { AccountChanged, blameAccount } from '../account/account-changed.ts'
import type { Ask } from './client.ts'
import { throughClient, type Answer, type CallOptions, type HubSpotCall } from './hubspot-apis.ts'
import {
  batchRefusals,
  readBatchAnswer,
  traceId,
  type BatchInput,
  type HubSpotRecord,
} from './read-batch-answer.ts'
import { parseRefusal } from './refusal.ts'
import { asSent } from './told.ts'
import type { Verdicts } from '../records/settle-inputs.ts'
import type { PropertyValues } from '../mapping/to-values.ts'

/** The most inputs that HubSpot accepts in one call. */
export const inputsPerCall = 100

/** Longer requests are split: HubSpot documents no limit, but may refuse long ones or time out. */
export const textPerCall = 1_000_000

/** The limits of one call that writes records. */
export const callLimits: PartLimits<Pick<WriteInput, 'values'>> = {
  items: inputsPerCall,
  size: textPerCall,
  sizeOf: ({ values }) => Object.values(values).reduce((sum, { length }) => sum + length, 0),
}

export interface WriteInput extends BatchInput {
  values: PropertyValues
}

/** @throws AccountChanged */
export async function upsertBatch(
  ask: Ask,
  typeId: string,
  idProperty: string,
  inputs: readonly WriteInput[],
): Promise<Verdicts<HubSpotRecord>> {
  const batch = asSent<BatchInputSimplePublicObjectBatchInputUpsert>({
    inputs: inputs.map(({ id, values }, place) => ({
      id,
      idProperty,
      properties: values,
      objectWriteTraceId: traceId(place),
    })),
  })
  const answer = await sendBatch(ask, ({ records }) => records.upsertWithHttpInfo(typeId, batch))
  return readBatchAnswer(answer, inputs, ({ properties }) => [properties[idProperty] ?? ''])
}

/** @param inputs by the ids of their records: HubSpot cannot update contacts in any other way */
export async function updateBatch(
  ask: Ask,
  typeId: string,
  inputs: readonly WriteInput[],
): Promise<Verdicts<HubSpotRecord>> {
  const batch = asSent<BatchInputSimplePublicObjectBatchInput>({
    inputs: inputs.map(({ id, values }, place) => ({
      id,
      properties: values,
      objectWriteTraceId: traceId(place),
    })),
  })
  const answer = await sendBatch(ask, ({ records }) => records.updateWithHttpInfo(typeId, batch))
  return readBatchAnswer(answer, inputs, ({ id }) => [id])
}

/** @throws AccountChanged, or ConnectorError if something other than HubSpot refuses it */
export async function sendBatch<Body>(
  ask: Ask,
  call: HubSpotCall<Body>,
  read: Pick<CallOptions, 'readAs' | 'has207'> = {},
): Promise<Answer<Body>> {
  const answer = await throughClient(ask, call, { ...read, judged: batchRefusals })
  if (answer.status < 400) return answer
  const refusal = parseRefusal(answer.text)
  // A proxy's page says nothing about the rows, or the account.
  if (!refusal.isHubSpots) throw answer.refused()
  blameAccount(refusal)
  if (answer.status === 404 && refusal.category !== 'OBJECT_NOT_FOUND') {
    throw new AccountChanged(refusal.reason)
  }
  return answer
}

import type { PartLimits } from '../../parts-by-size.ts'
import { AccountChanged, blameAccount } from '../account/account-changed.ts'
import type { Ask, Reply } from './client.ts'
import {
  batchRefusals,
  readBatchAnswer,
  traceId,
  type BatchInput,
  type HubSpotRecord,
} from './read-batch-answer.ts'
import { parseRefusal } from './refusal.ts'
import type { Verdicts } from '../records/settle-inputs.ts'
import type { PropertyValues } from '../mapping/to-values.ts'

/** The most inputs that HubSpot takes in one call. */
export const inputsPerCall = 100

/** Longer requests are cut: what HubSpot accepts in one is not documented, and with long values it may refuse or time out. */
const textPerCall = 1_000_000

/** Of one call that writes records. */
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
  const body = {
    inputs: inputs.map(({ id, values }, place) => ({
      id,
      idProperty,
      properties: values,
      objectWriteTraceId: traceId(place),
    })),
  }
  const reply = await askBatch(ask, `/crm/objects/2026-09/${typeId}/batch/upsert`, body)
  return readBatchAnswer(reply, inputs, ({ properties }) => [properties[idProperty] ?? ''])
}

/** @param inputs by the ids of their records: HubSpot updates contacts in no other way */
export async function updateBatch(
  ask: Ask,
  typeId: string,
  inputs: readonly WriteInput[],
): Promise<Verdicts<HubSpotRecord>> {
  const body = {
    inputs: inputs.map(({ id, values }, place) => ({
      id,
      properties: values,
      objectWriteTraceId: traceId(place),
    })),
  }
  const reply = await askBatch(ask, `/crm/objects/2026-09/${typeId}/batch/update`, body)
  return readBatchAnswer(reply, inputs, ({ id }) => [id])
}

/** @throws AccountChanged */
export async function askBatch(ask: Ask, path: string, body: object): Promise<Reply> {
  const reply = await ask({ method: 'POST', path, body }, batchRefusals)
  if (reply.status < 400) return reply
  const refusal = parseRefusal(reply.text)
  blameAccount(refusal)
  if (reply.status === 404 && refusal.category !== 'OBJECT_NOT_FOUND') {
    throw new AccountChanged(refusal.reason)
  }
  return reply
}

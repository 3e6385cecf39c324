import { z } from 'zod'
import { blameAccount } from '../account/account-changed.ts'
import type { Reply } from './client.ts'
import { parseRefusal, readRefusal, type Refusal } from './refusal.ts'
import type { Passing, Verdicts } from '../records/settle-inputs.ts'

/** One input of a batch. */
export interface BatchInput {
  /** Its name among all inputs of a delivery. */
  key: string
  /** By what HubSpot is asked to find the record: the value of `idProperty`, or the id of the record. */
  id: string
}

const record = z.object({
  id: z.string(),
  properties: z.record(z.string(), z.string().nullable().catch(null)).catch({}),
  objectWriteTraceId: z.string().optional().catch(undefined),
  new: z.boolean().optional().catch(undefined),
})
export type HubSpotRecord = z.output<typeof record>

const batchAnswer = z.object({
  results: z.array(record.nullable().catch(null)).catch([]),
  errors: z.array(z.unknown()).catch([]),
})

/** Statuses with which HubSpot refuses a whole batch for one of its inputs. */
export const batchRefusals = [400, 404, 409] as const

/** The inputs carry their place in the call, by which HubSpot names them in its answer. */
export const traceId = (place: number): string => `input-${place}`

/** Categories of errors that are no fault of the input. */
const passingCategories = /RATE_LIMIT|TIMEOUT|TIMED_OUT|UNAVAILABLE|INTERNAL|\bLOCKED|SERVER_ERROR|TRANSIENT/

/**
 * What an answer to a batch says of its inputs: nothing is taken as done that it does not name.
 *
 * @throws AccountChanged
 * @param idsOf the ids, as in {@link BatchInput}, that a record answers to
 * @see https://developers.hubspot.com/docs/api-reference/latest/error-handling#multi-status-errors
 */
export function readBatchAnswer(
  reply: Reply,
  inputs: readonly BatchInput[],
  idsOf: (record: HubSpotRecord) => readonly string[],
): Verdicts<HubSpotRecord> {
  const verdicts = {
    done: new Map<string, HubSpotRecord>(),
    refused: new Map<string, string>(),
    passing: new Map<string, Passing>(),
    reason: null as string | null,
  }
  const byTraceId = new Map(inputs.map(({ key }, place) => [traceId(place), key]))
  const byId = Map.groupBy(inputs, ({ id }) => id)
  const keysOf = (traceIds: readonly string[], ids: readonly string[]) => {
    const keys = traceIds.flatMap((id) => byTraceId.get(id) ?? [])
    return keys.length > 0 ? keys : ids.flatMap((id) => byId.get(id) ?? []).map(({ key }) => key)
  }

  const isRefused = (batchRefusals as readonly number[]).includes(reply.status)
  const { results, errors } = isRefused ? { results: [], errors: [] } : reply.read(batchAnswer)
  for (const result of results) {
    if (result === null) continue
    const traceIds = result.objectWriteTraceId === undefined ? [] : [result.objectWriteTraceId]
    for (const key of keysOf(traceIds, idsOf(result))) verdicts.done.set(key, result)
  }

  const refusals = isRefused ? [parseRefusal(reply.text)] : errors.map(readRefusal)
  const unnamed: Refusal[] = []
  for (const refusal of refusals) {
    blameAccount(refusal)
    const { reason, traceIds, ids } = refusal
    const named = keysOf(traceIds, ids).filter((key) => !verdicts.done.has(key))
    const isAlone = isRefused && inputs.length === 1
    const keys = isAlone ? inputs.map(({ key }) => key) : named
    if (keys.length === 0) unnamed.push(refusal)
    const passes = whetherItPasses(refusal)
    for (const key of keys) {
      if (passes === 'no') verdicts.refused.set(key, reason)
      else verdicts.passing.set(key, { reason, isSure: passes === 'yes' })
    }
  }

  const [first] = unnamed
  if (first !== undefined && unnamed.every((each) => whetherItPasses(each) === 'yes')) {
    for (const { key } of inputs) {
      if (!verdicts.done.has(key) && !verdicts.refused.has(key)) {
        verdicts.passing.set(key, { reason: first.reason, isSure: true })
      }
    }
  } else verdicts.reason = first?.reason ?? null
  return verdicts
}

/** Two who make the same record at the same moment are in each other's way once. */
function whetherItPasses({ category, codes }: Refusal): 'yes' | 'maybe' | 'no' {
  if ([category, ...codes].some((each) => passingCategories.test(each))) return 'yes'
  return category === 'CONFLICT' ? 'maybe' : 'no'
}

import type {
  SimplePublicObject,
  SimplePublicUpsertObject,
} from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import { blameAccount } from '../account/account-changed.ts'
import type { Answer } from './hubspot-apis.ts'
import { parseRefusal, readRefusal, type Refusal } from './refusal.ts'
import type { Told } from './told.ts'
import type { Passing, Verdicts } from '../records/settle-inputs.ts'

/** One input of a batch. */
export interface BatchInput {
  /** Identifies it among all inputs of a delivery. */
  key: string
  /** How HubSpot finds the record: the value of `idProperty`, or the id of the record. */
  id: string
}

/** The usable parts of a record in a response. */
export interface HubSpotRecord {
  id: string
  properties: Record<string, string>
  /** Only in responses to upserts. */
  isNew: boolean
}

export type ToldRecord = Told<SimplePublicObject | SimplePublicUpsertObject>

/** Null if it has no id. */
export function toRecord(told: ToldRecord): HubSpotRecord | null {
  if (typeof told?.id !== 'string') return null
  const properties: Record<string, string> = {}
  for (const [name, value] of Object.entries(told.properties ?? {})) {
    if (typeof value === 'string') properties[name] = value
  }
  return { id: told.id, properties, isNew: told._new === true }
}

/** The parts of a batch response that contain the results of its inputs. */
export interface BatchAnswer {
  status: number
  text: string
  body: { results?: readonly ToldRecord[] | null | undefined; errors?: readonly unknown[] | null | undefined }
}

/** Statuses with which HubSpot refuses a whole batch because of one input. */
export const batchRefusals = [400, 404, 409] as const

/** The index of an input in the call, which HubSpot repeats in its response. */
export const traceId = (place: number): string => `input-${place}`

/** Categories of errors that are not caused by the input. */
const passingCategories = /RATE_LIMIT|TIMEOUT|TIMED_OUT|UNAVAILABLE|INTERNAL|\bLOCKED|SERVER_ERROR|TRANSIENT/

/**
 * Returns the results of the inputs in a batch response: only inputs that it names count as done.
 *
 * @throws AccountChanged
 * @param idsOf returns the ids, as in {@link BatchInput}, of a record
 * @see https://developers.hubspot.com/docs/api-reference/latest/error-handling#multi-status-errors
 */
export function readBatchAnswer(
  answer: BatchAnswer,
  inputs: readonly BatchInput[],
  idsOf: (record: HubSpotRecord) => readonly string[],
): Verdicts<HubSpotRecord> {
  const done = new Map<string, HubSpotRecord>()
  const keysOf = namesOf(inputs)
  for (const told of isRefused(answer) ? [] : (answer.body.results ?? [])) {
    const record = toRecord(told)
    if (record === null) continue
    const traceId = told?.objectWriteTraceId
    for (const key of keysOf(typeof traceId === 'string' ? [traceId] : [], idsOf(record))) {
      done.set(key, record)
    }
  }
  return { done, ...readErrors(answer, inputs, done) }
}

/** The same for responses whose results are not records. */
export function readBatchErrors(
  {
    status,
    text,
    body: { errors },
  }: Pick<Answer<unknown>, 'status' | 'text'> & { body: Pick<BatchAnswer['body'], 'errors'> },
  inputs: readonly BatchInput[],
): Verdicts<never> {
  const done = new Map<string, never>()
  return { done, ...readErrors({ status, text, body: { errors } }, inputs, done) }
}

const isRefused = ({ status }: BatchAnswer) => (batchRefusals as readonly number[]).includes(status)

/** Maps HubSpot's names of inputs to their keys: the index in the call, otherwise the id. */
function namesOf(inputs: readonly BatchInput[]) {
  const byTraceId = new Map(inputs.map(({ key }, place) => [traceId(place), key]))
  const byId = Map.groupBy(inputs, ({ id }) => id)
  return (traceIds: readonly string[], ids: readonly string[]) => {
    const keys = traceIds.flatMap((id) => byTraceId.get(id) ?? [])
    return keys.length > 0 ? keys : ids.flatMap((id) => byId.get(id) ?? []).map(({ key }) => key)
  }
}

function readErrors(
  answer: BatchAnswer,
  inputs: readonly BatchInput[],
  done: ReadonlyMap<string, unknown>,
): Omit<Verdicts<never>, 'done'> {
  const verdicts = {
    refused: new Map<string, string>(),
    passing: new Map<string, Passing>(),
    reason: null as string | null,
  }
  const keysOf = namesOf(inputs)
  const isWhole = isRefused(answer)
  const refusals = isWhole ? [parseRefusal(answer.text)] : (answer.body.errors ?? []).map(readRefusal)
  const unnamed: Refusal[] = []
  for (const refusal of refusals) {
    blameAccount(refusal)
    const { reason, traceIds, ids } = refusal
    const named = keysOf(traceIds, ids).filter((key) => !done.has(key))
    const keys = isWhole && inputs.length === 1 ? inputs.map(({ key }) => key) : named
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
      if (!done.has(key) && !verdicts.refused.has(key)) {
        verdicts.passing.set(key, { reason: first.reason, isSure: true })
      }
    }
  } else verdicts.reason = first?.reason ?? null
  return verdicts
}

/** Two clients that create the same record at once conflict once. */
function whetherItPasses({ category, codes }: Refusal): 'yes' | 'maybe' | 'no' {
  if ([category, ...codes].some((each) => passingCategories.test(each))) return 'yes'
  return category === 'CONFLICT' ? 'maybe' : 'no'
}

import { HubSpotError, invalidValues, valuesMessage, type InputError } from '../errors.ts'
import type { ObjectType } from '../types/object-type.ts'
import { createRecord, type Portal, type WriteInput } from '../portal.ts'
import { recordBody } from './record-body.ts'
import type { HubSpotRecord } from './record-store.ts'
import { checkWrite, isInputError, type Claims } from './write-checks.ts'

export interface BatchInput extends WriteInput {
  objectWriteTraceId?: string
}

export interface Answer {
  status: number
  body: unknown
}

export interface BatchWrite<Input extends BatchInput> {
  portal: Portal
  type: ObjectType
  inputs: readonly Input[]
  /** The record of an input: null for a new one. */
  locate(input: Input): HubSpotRecord | null | InputError
  /** Inputs that fail this time without a fault of their own. */
  failing?: ((index: number) => boolean) | undefined
  status: number
  /** Adds `new` to each result. */
  tellsNew?: boolean
  /** What else to do with a record once it is written. */
  written?(record: HubSpotRecord, input: Input): void
}

/**
 * Writes a batch like the vendor. If each input has its own `objectWriteTraceId`, errors come back under that
 * id in a 207, and the others are written. Otherwise the first wrong value fails all of them, and the response
 * does not say whose it was. Missing ids come back in a 207 either way.
 *
 * Sources: https://developers.hubspot.com/docs/api-reference/error-handling#multi-status-errors (documented for
 * create; seen on the live API for upsert and update).
 *
 * @throws 400 or 409 for the whole batch, with nothing written
 */
export function writeBatch<Input extends BatchInput>(batch: BatchWrite<Input>): Answer {
  const { portal, type, inputs } = batch
  const startedAt = new Date(portal.now()).toISOString()
  const claims: Claims = new Map()
  const checked = inputs.map((input, index) => {
    if (batch.failing?.(index)) return transientError
    const record = batch.locate(input)
    if (record !== null && 'category' in record) return record
    return refused(portal, type, input) ?? checkWrite(type, record, input.properties, claims, portal.id)
  })
  const errors = checked.map((one) => (isInputError(one) ? one : null))
  if (!isTraced(inputs)) failWhole(errors, portal.id)

  const uniques = uniqueNames(type)
  const results = checked.flatMap((one, index) => {
    if (isInputError(one)) return []
    const { record, values } = one
    if (record) type.records.update(record, values, portal.now())
    const written = record ?? createRecord(portal, type, values)
    const names = [...Object.keys(values), ...uniques].filter((name) => name in written.properties)
    const input = inputs[index]
    const traceId = input?.objectWriteTraceId
    if (input) batch.written?.(written, input)
    return {
      ...recordBody(portal, type, written, names),
      ...(batch.tellsNew && { new: record === null }),
      ...(traceId !== undefined && { objectWriteTraceId: traceId }),
    }
  })
  const told = errorBodies(inputs, errors, portal.id)
  return {
    status: told.length > 0 ? 207 : batch.status,
    body: {
      status: 'COMPLETE',
      // The live API does not return results in the order of the inputs.
      results: results.reverse(),
      ...(told.length > 0 && { numErrors: told.length, errors: told }),
      startedAt,
      completedAt: new Date(portal.now()).toISOString(),
    },
  }
}

/** A temporary error: the vendor documents no form for it, so this one is ours. */
const transientError: InputError = { status: 500, category: 'INTERNAL_ERROR', message: 'internal error' }

export function isTraced(inputs: readonly BatchInput[]): boolean {
  const ids = new Set(inputs.map((input) => input.objectWriteTraceId ?? ''))
  return ids.size === inputs.length && !ids.has('')
}

function refused(portal: Portal, type: ObjectType, input: BatchInput): InputError | null {
  for (const refusal of portal.refusals) {
    if (!refusal.matches(input, type.custom?.name ?? type.names[1] ?? type.id)) continue
    if (refusal.how === 'conflict') throw wholeConflict()
    const name = Object.keys(input.properties)[0] ?? 'hs_object_id'
    const message = `${input.properties[name] ?? ''} was not one of the allowed options: []`
    return {
      status: 400,
      category: 'VALIDATION_ERROR',
      message,
      values: [{ name, error: 'INVALID_OPTION', message }],
    }
  }
  return null
}

/**
 * One record fails its whole batch, and the response names none:
 * https://github.com/airbytehq/airbyte/pull/76340.
 */
export function wholeConflict(): HubSpotError {
  return new HubSpotError(409, {
    message: 'A record of this batch is in conflict with another.',
    category: 'CONFLICT',
  })
}

function failWhole(errors: readonly (InputError | null)[], portalId: number): void {
  const fatal = errors.filter((error) => error !== null && error.category !== 'OBJECT_NOT_FOUND')
  const values = fatal.flatMap((error) => error?.values ?? [])
  if (values.length > 0) throw invalidValues(values, portalId)
  const [first] = fatal
  if (!first) return
  const { status, message, category, subCategory, context } = first
  // The conflict of a whole batch names the existing record, not the input.
  throw new HubSpotError(status, {
    message,
    ...(status === 400 && context !== undefined && { context }),
    category,
    ...(subCategory !== undefined && { subCategory }),
  })
}

function errorBodies(
  inputs: readonly BatchInput[],
  errors: readonly (InputError | null)[],
  portalId: number,
): Record<string, unknown>[] {
  const isAbsent = (error: InputError | null) => error?.category === 'OBJECT_NOT_FOUND'
  const bodies = errors.flatMap((error, index) => {
    if (error === null || isAbsent(error)) return []
    return errorBody(error, { ...error.context, ...traceContext([inputs[index]]) }, portalId)
  })
  // All missing records are reported at once.
  const absent = inputs.filter((_, index) => isAbsent(errors[index] ?? null))
  const first = errors.find(isAbsent)
  if (first) {
    const ids = absent.map((input) => input.id ?? '')
    bodies.push(errorBody(first, { ids, ...traceContext(absent) }, portalId))
  }
  return bodies
}

function traceContext(inputs: readonly (BatchInput | undefined)[]): Record<string, string[]> {
  const ids = inputs.flatMap((input) => input?.objectWriteTraceId ?? [])
  return ids.length > 0 ? { objectWriteTraceId: ids } : {}
}

function errorBody(error: InputError, context: Record<string, string[]>, portalId: number) {
  return {
    status: 'error',
    category: error.category,
    ...(error.subCategory !== undefined && { subCategory: error.subCategory }),
    message: error.values ? valuesMessage(error.values, portalId) : error.message,
    context,
  }
}

function uniqueNames(type: ObjectType): string[] {
  return [...type.properties.values()].filter((one) => one.hasUniqueValue).map((one) => one.name)
}

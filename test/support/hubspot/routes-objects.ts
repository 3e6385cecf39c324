import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HubSpotError, validationError, type InputError } from './errors.ts'
import type { Faults } from './faults.ts'
import { resolveType, type ObjectType } from './object-type.ts'
import type { Portal } from './portal.ts'
import { namesOr, recordBody } from './record-body.ts'
import type { HubSpotRecord } from './record-store.ts'
import type { RequestModel } from './request-models.ts'
import type { Requests } from './requests.ts'
import { requireRecords } from './scopes.ts'
import { isTraced, writeBatch, type BatchInput } from './write-batch.ts'

interface IdInput extends BatchInput {
  id: string
  idProperty?: string
}

interface IdInputs {
  inputs: IdInput[]
}

interface ReadInput {
  inputs: { id: string }[]
  properties: string[]
  idProperty?: string
}

/** "Object API batch endpoints are limited to 100 inputs per request" (https://developers.hubspot.com/docs/guides/crm/using-object-apis#limits). */
const maxInputs = 100

/** The batch endpoints of CRM/Objects/Rollouts/424/2026-09/objects.json. */
export function objectBatchRoutes(
  app: FastifyInstance,
  portal: Portal,
  requests: Requests,
  faults: Faults,
): void {
  const path = '/crm/objects/2026-09/:objectType/batch'

  function bodyOf(request: FastifyRequest, model: RequestModel): unknown {
    const body = requests.body(request, model) as { inputs: unknown[] }
    if (body.inputs.length > maxInputs) {
      // As seen on the live API.
      throw validationError(
        `The maximum number of inputs supported in a batch is ${maxInputs}. Please reduce the number of items and try again`,
      )
    }
    return body
  }

  function write<T extends BatchInput>(
    request: FastifyRequest,
    reply: FastifyReply,
    type: ObjectType,
    inputs: T[],
    how: { locate: (input: T) => HubSpotRecord | null | InputError; status: number; tellsNew?: boolean },
  ) {
    const isPartial = request.fault === 'partial'
    if (isPartial && !isTraced(inputs)) throw unavailable()
    const chosen = Math.floor(faults.random() * inputs.length)
    const failing = isPartial ? (index: number) => index === chosen || faults.random() < 0.3 : undefined
    const answer = writeBatch({ portal, type, inputs, failing, ...how })
    void reply.status(answer.status)
    return answer.body
  }

  app.post(`${path}/upsert`, (request, reply) => {
    const type = typeOf(portal, request, 'write')
    const { inputs } = bodyOf(request, 'BatchInputSimplePublicObjectBatchInputUpsert') as IdInputs
    const idProperty = commonIdProperty(inputs) ?? 'hs_object_id'
    requireUnique(portal, type, idProperty)
    const keyed = inputs.map((input) => ({ ...input, id: canonical(type, idProperty, input.id) }))
    refuseDuplicates(keyed)
    const complete = keyed.map((input) => ({
      ...input,
      properties: { [idProperty]: input.id, ...input.properties },
    }))
    if (idProperty === 'email') refusePartial(type, complete, requests, request)
    return write(request, reply, type, complete, {
      locate: (input) => type.records.holder(idProperty, input.id) ?? null,
      status: 200,
      tellsNew: true,
    })
  })

  app.post(`${path}/update`, (request, reply) => {
    const type = typeOf(portal, request, 'write')
    const { inputs } = bodyOf(request, 'BatchInputSimplePublicObjectBatchInput') as IdInputs
    const idProperty = commonIdProperty(inputs)
    if (idProperty !== undefined) requireUnique(portal, type, idProperty)
    refuseDuplicates(inputs.map((input) => ({ ...input, id: canonical(type, idProperty, input.id) })))
    return write(request, reply, type, inputs, {
      locate: (input) => find(type, idProperty, input.id) ?? absent(type),
      status: 200,
    })
  })

  app.post(`${path}/read`, (request, reply) => {
    const type = typeOf(portal, request, 'read')
    requests.query(request, { archived: 'flag' })
    const { inputs, properties, idProperty } = bodyOf(
      request,
      'BatchReadInputSimplePublicObjectId',
    ) as ReadInput
    if (idProperty !== undefined) requireUnique(portal, type, idProperty)
    const found = inputs.map(({ id }) => find(type, idProperty, id))
    const missing = inputs.filter((_, index) => found[index] === undefined).map(({ id }) => id)
    const at = new Date(portal.now()).toISOString()
    void reply.status(missing.length > 0 ? 207 : 200)
    return {
      status: 'COMPLETE',
      results: [...new Set(found)].flatMap((record) =>
        record ? recordBody(portal, type, record, namesOr(type, properties)) : [],
      ),
      ...(missing.length > 0 && {
        numErrors: 1,
        errors: [{ ...told(absent(type)), context: { ids: missing } }],
      }),
      startedAt: at,
      completedAt: at,
    }
  })
}

function told(error: InputError) {
  return { status: 'error', category: error.category, message: error.message }
}

export function typeOf(portal: Portal, request: FastifyRequest, action: 'read' | 'write'): ObjectType {
  const type = resolveType(portal.types, (request.params as { objectType: string }).objectType)
  requireRecords(portal, type, action)
  return type
}

export function unavailable(): HubSpotError {
  return new HubSpotError(503, { message: 'The service is temporarily unavailable.' })
}

/** As seen on the live API. */
function absent(type: ObjectType): InputError {
  return {
    status: 404,
    category: 'OBJECT_NOT_FOUND',
    message: `Could not get some ${type.spelling} objects, they may be deleted or not exist. Check that ids are valid.`,
  }
}

export function find(
  type: ObjectType,
  idProperty: string | undefined,
  id: string,
): HubSpotRecord | undefined {
  return idProperty === undefined
    ? type.records.records.get(id)
    : type.records.holder(idProperty, canonical(type, idProperty, id))
}

/** An address is known in lower case only. */
function canonical(type: ObjectType, idProperty: string | undefined, id: string): string {
  return type.id === '0-1' && idProperty === 'email' ? id.toLowerCase() : id
}

/** That all inputs of a batch are known by the same property is our reading of the vendor's examples. */
function commonIdProperty(inputs: IdInput[]): string | undefined {
  const names = new Set(inputs.map((input) => input.idProperty))
  if (names.size > 1) throw validationError('All inputs of a batch must have the same idProperty')
  return inputs[0]?.idProperty
}

/** As seen on the live API, also for `hs_object_id`: https://github.com/segmentio/action-destinations/pull/3957. */
export function requireUnique(portal: Portal, type: ObjectType, idProperty: string): void {
  if (type.properties.get(idProperty)?.hasUniqueValue === true) return
  throw validationError(
    `Unable to perform update/upsert by non-unique ${type.id} property ${idProperty} in portal ID ${portal.id}`,
  )
}

/** As seen on the live API, with trace ids and without. */
function refuseDuplicates(inputs: { id: string }[]): void {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const { id } of inputs) (seen.has(id) ? twice : seen).add(id)
  if (twice.size === 0) return
  throw validationError(
    `Duplicate IDs found in batch input: [${[...twice].join(', ')}]. IDs must be unique`,
    { context: { ids: [...twice] } },
  )
}

/**
 * "Partial upserts are not supported when using `email` as the `idProperty` for contacts"
 * (https://developers.hubspot.com/docs/guides/crm/using-object-apis#upsert-records). What the live API does then is not
 * said, so it is refused: whoever leaves out a value that a contact has can not rely on anything.
 */
function refusePartial(
  type: ObjectType,
  inputs: IdInput[],
  requests: Requests,
  request: FastifyRequest,
): void {
  const partial = inputs.find((input) => {
    const record = type.records.holder('email', input.id)
    return record !== undefined && Object.keys(record.properties).some((name) => !(name in input.properties))
  })
  if (partial === undefined) return
  requests.note(request, 'a partial upsert by email')
  throw validationError('Partial upserts are not supported when using email as the idProperty')
}

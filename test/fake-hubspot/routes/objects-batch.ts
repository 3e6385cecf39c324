import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { checkAssociations, tieRecord, type AssociationInput } from '../associations/associate.ts'
import { unavailable, validationError } from '../errors.ts'
import type { Faults } from '../http/faults.ts'
import * as ids from '../records/id-property.ts'
import { resolveType, type ObjectType } from '../types/object-type.ts'
import { archiveRecord, type Portal } from '../portal.ts'
import { namesOr, recordBody } from '../records/record-body.ts'
import type { RequestModel } from '../http/request-models.ts'
import type { Requests } from '../http/requests.ts'
import { requireRecords } from '../http/scopes.ts'
import { isTraced, writeBatch, type BatchInput, type BatchWrite } from '../records/write-batch.ts'

interface IdInputs {
  inputs: ids.IdInput[]
}

interface CreateInputs {
  inputs: (BatchInput & { associations: AssociationInput[] })[]
}

interface ReadInput {
  inputs: { id: string }[]
  properties: string[]
  propertiesWithHistory: string[]
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
    if (body.inputs.length <= maxInputs) return body
    // As seen on the live API.
    throw validationError(
      `The maximum number of inputs supported in a batch is ${maxInputs}. Please reduce the number of items and try again`,
    )
  }

  function write<Input extends BatchInput>(
    request: FastifyRequest,
    reply: FastifyReply,
    batch: Omit<BatchWrite<Input>, 'portal' | 'failing'>,
  ) {
    const { inputs } = batch
    const isPartial = request.fault === 'partial'
    if (isPartial && !isTraced(inputs)) throw unavailable()
    const chosen = Math.floor(faults.random() * inputs.length)
    const failing = isPartial ? (index: number) => index === chosen || faults.random() < 0.3 : undefined
    const answer = writeBatch({ ...batch, portal, failing })
    void reply.status(answer.status)
    return answer.body
  }

  app.post(`${path}/upsert`, (request, reply) => {
    const type = requestedType(portal, request, 'write')
    const { inputs } = bodyOf(request, 'BatchInputSimplePublicObjectBatchInputUpsert') as IdInputs
    const idProperty = ids.commonIdProperty(inputs) ?? 'hs_object_id'
    ids.requireUnique(portal, type, idProperty)
    const keyed = inputs.map((input) => {
      const id = ids.canonicalId(type, idProperty, input.id)
      return { ...input, id, properties: { [idProperty]: id, ...input.properties } }
    })
    if (keyed.some(({ id }) => id === '')) throw validationError(`${idProperty} needs a value in each input`)
    ids.refuseDuplicates(keyed)
    if (idProperty === 'email') ids.refusePartial(type, keyed, requests, request)
    return write(request, reply, {
      type,
      inputs: keyed,
      status: 200,
      tellsNew: true,
      locate: (input) => type.records.holder(idProperty, input.id) ?? null,
    })
  })

  app.post(`${path}/update`, (request, reply) => {
    const type = requestedType(portal, request, 'write')
    const { inputs } = bodyOf(request, 'BatchInputSimplePublicObjectBatchInput') as IdInputs
    const idProperty = ids.commonIdProperty(inputs)
    if (idProperty !== undefined) ids.requireUnique(portal, type, idProperty)
    ids.refuseDuplicates(inputs.map(({ id }) => ({ id: ids.canonicalId(type, idProperty, id) })))
    return write(request, reply, {
      type,
      inputs,
      status: 200,
      locate: (input) => ids.findRecord(type, idProperty, input.id) ?? ids.absentRecord(type),
    })
  })

  app.post(`${path}/create`, (request, reply) => {
    const type = requestedType(portal, request, 'write')
    const { inputs } = bodyOf(request, 'BatchInputSimplePublicObjectBatchInputForCreate') as CreateInputs
    return write(request, reply, {
      type,
      inputs,
      status: 201,
      locate: (input) => checkAssociations(portal, type, input.associations),
      written: (record, input) => {
        tieRecord(portal, type, record, input.associations)
      },
    })
  })

  // "Archive a batch of objects by ID": 204, also where some are gone.
  app.post(`${path}/archive`, (request, reply) => {
    const type = requestedType(portal, request, 'write')
    const { inputs } = bodyOf(request, 'BatchInputSimplePublicObjectId') as IdInputs
    for (const { id } of inputs) {
      const record = ids.findRecord(type, undefined, id)
      if (record !== undefined) archiveRecord(portal, type, record)
    }
    return reply.status(204).send()
  })

  app.post(`${path}/read`, (request, reply) => {
    const type = requestedType(portal, request, 'read')
    const { archived } = requests.query(request, { archived: 'flag' })
    const read = bodyOf(request, 'BatchReadInputSimplePublicObjectId') as ReadInput
    const { inputs, idProperty } = read
    if (idProperty !== undefined) ids.requireUnique(portal, type, idProperty)
    const found = inputs.map(({ id }) =>
      archived === 'true' ? ids.findArchived(type, idProperty, id) : ids.findRecord(type, idProperty, id),
    )
    const missing = inputs.filter((_, index) => found[index] === undefined).map(({ id }) => id)
    const at = new Date(portal.now()).toISOString()
    const { category, message } = ids.absentRecord(type)
    void reply.status(missing.length > 0 ? 207 : 200)
    return {
      status: 'COMPLETE',
      results: [...new Set(found)].flatMap((record) =>
        record ? recordBody(portal, type, record, namesOr(type, read.properties)) : [],
      ),
      ...(missing.length > 0 && {
        numErrors: 1,
        errors: [{ status: 'error', category, message, context: { ids: missing } }],
      }),
      startedAt: at,
      completedAt: at,
    }
  })
}

/** The object type of the path, if the token has access to its records. */
export function requestedType(portal: Portal, request: FastifyRequest, action: 'read' | 'write'): ObjectType {
  const type = resolveType(portal.types, (request.params as { objectType: string }).objectType)
  requireRecords(portal, type, action)
  return type
}

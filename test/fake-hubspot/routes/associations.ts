import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { findAssociationType, type AssociationSpec } from '../associations/associate.ts'
import type { AssociationType } from '../associations/association-store.ts'
import * as errors from '../associations/association-errors.ts'
import { validationError } from '../errors.ts'
import { resolveType, type ObjectType } from '../types/object-type.ts'
import type { Portal } from '../portal.ts'
import type { RequestModel } from '../http/request-models.ts'
import type { Requests } from '../http/requests.ts'
import { requireRecords } from '../http/scopes.ts'

interface Pair extends errors.EndIds {
  types?: AssociationSpec[]
}

/** https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide and, for reading, …/changelog/bug-fix-batch-read-limit-for-hubspot-associations-api */
const maxCreated = 2000
const maxRead = 1000
const maxPage = 500
/**
 * The most labels of a pair of objects, which the limits API reports for each account
 * (/crm/limits/2026-09/associations/labels), and which depend on its subscription:
 * https://knowledge.hubspot.com/object-settings/create-and-use-association-labels.
 */
export const maxLabels = 10

/** CRM/Associations/Rollouts/130902/2026-09/associations.json and CRM/Associations Schema beside it */
export function associationRoutes(app: FastifyInstance, portal: Portal, requests: Requests): void {
  const path = '/crm/associations/2026-09/:fromObjectType/:toObjectType'

  function ends(request: FastifyRequest, action: 'read' | 'write'): [ObjectType, ObjectType] {
    const { fromObjectType, toObjectType } = request.params as Record<string, string>
    const from = resolveType(portal.types, fromObjectType ?? '')
    const to = resolveType(portal.types, toObjectType ?? '')
    // That both ends are needed is our assumption: the file lists the scopes of all objects.
    for (const type of [from, to]) requireRecords(portal, type, action)
    return [from, to]
  }

  function inputsOf(request: FastifyRequest, model: RequestModel, max: number): unknown {
    const { inputs } = requests.body(request, model) as { inputs: unknown[] }
    if (inputs.length <= max) return inputs
    throw validationError(`The maximum number of inputs supported in a batch is ${max}`)
  }

  app.post(`${path}/batch/associate/default`, (request, reply) => {
    const [from, to] = ends(request, 'write')
    const pairs = inputsOf(request, 'BatchInputPublicDefaultAssociationMultiPost', maxCreated) as Pair[]
    errors.refuseTwice(pairs)
    const type = portal.associations.typesBetween(from, to).find((one) => one.label === null)
    if (!type) throw errors.noSuchType('default', from, to)
    return answer(portal, reply, pairs, (pair) => {
      const refusal = errors.missingEnd(pair, from, to) ?? overLimit(portal, pair, from, to)
      if (refusal) return refusal
      portal.associations.add(type, pair.from.id, pair.to.id)
      return [
        defaultTie(pair.from, pair.to, type, type.typeId),
        defaultTie(pair.to, pair.from, type, type.inverseTypeId),
      ]
    })
  })

  app.post(`${path}/batch/create`, (request, reply) => {
    const [from, to] = ends(request, 'write')
    const pairs = inputsOf(request, 'BatchInputPublicAssociationMultiPost', maxCreated) as Pair[]
    errors.refuseTwice(pairs)
    const typed = pairs.map((pair) =>
      (pair.types ?? []).map((spec) => {
        const type = findAssociationType(portal, from, spec)
        if (type?.toTypeId === to.id) return type
        throw errors.noSuchType(String(spec.associationTypeId), from, to)
      }),
    )
    // A record that is associated with a label is also associated without one: the guide above, "retrieve
    // associated records".
    const unlabelled = portal.associations.typesBetween(from, to).filter((one) => one.label === null)
    return answer(portal, reply, pairs, (pair, index) => {
      const refusal = errors.missingEnd(pair, from, to) ?? overLimit(portal, pair, from, to)
      if (refusal) return refusal
      const types = typed[index] ?? []
      for (const type of [...types, ...unlabelled]) portal.associations.add(type, pair.from.id, pair.to.id)
      return [
        {
          fromObjectTypeId: from.id,
          fromObjectId: pair.from.id,
          toObjectTypeId: to.id,
          toObjectId: pair.to.id,
          labels: types.flatMap((type) => type.label ?? []),
        },
      ]
    })
  })

  app.post(`${path}/batch/read`, (request, reply) => {
    const [from, to] = ends(request, 'read')
    const asked = inputsOf(request, 'BatchInputPublicFetchAssociationsBatchRequest', maxRead) as {
      id: string
      after?: string
    }[]
    return answer(portal, reply, asked, ({ id, after }) => {
      const ties = [...portal.associations.of(from, to, id)]
      if (ties.length === 0) return errors.noTies(id, from, to)
      const start = Number(after ?? 0)
      const end = start + maxPage
      const page = ties.slice(start, end).map(([toObjectId, typeIds]) => ({
        toObjectId,
        associationTypes: portal.associations
          .typesBetween(from, to)
          .filter((type) => typeIds.has(type.typeId))
          .map(spell),
      }))
      return [
        { from: { id }, to: page, ...(end < ties.length && { paging: { next: { after: String(end) } } }) },
      ]
    })
  })

  app.post(`${path}/batch/archive`, (request, reply) => {
    const [from, to] = ends(request, 'write')
    const inputs = inputsOf(request, 'BatchInputPublicAssociationMultiArchive', maxCreated) as {
      from: { id: string }
      to: { id: string }[]
    }[]
    for (const input of inputs) {
      for (const { id } of input.to) portal.associations.remove(from, to, input.from.id, id)
    }
    return reply.status(204).send()
  })

  app.post(`${path}/batch/labels/archive`, (request, reply) => {
    const [from, to] = ends(request, 'write')
    const pairs = inputsOf(request, 'BatchInputPublicAssociationMultiPost', maxCreated) as Pair[]
    for (const pair of pairs) {
      for (const spec of pair.types ?? []) {
        const type = findAssociationType(portal, from, spec)
        if (type?.toTypeId !== to.id) throw errors.noSuchType(String(spec.associationTypeId), from, to)
        // "Deleting an unlabeled association will also delete all labeled associations between those two objects."
        if (type.label === null) portal.associations.remove(from, to, pair.from.id, pair.to.id)
        else portal.associations.removeType(type, pair.from.id, pair.to.id)
      }
    }
    return reply.status(204).send()
  })

  app.get(`${path}/labels`, (request) => {
    const [from, to] = ends(request, 'read')
    return { results: portal.associations.typesBetween(from, to).map(spell) }
  })

  app.post(`${path}/labels`, (request) => {
    const [from, to] = ends(request, 'write')
    const input = requests.body(request, 'PublicAssociationDefinitionCreateRequest') as {
      name: string
      label: string
      inverseLabel?: string
    }
    const between = portal.associations.typesBetween(from, to)
    // Our assumption: a label belongs to an existing association.
    if (between.length === 0) throw errors.noSuchType(input.name, from, to)
    if (
      between.filter((type) => type.category === 'USER_DEFINED' && type.label !== null).length >= maxLabels
    ) {
      throw validationError(
        `${from.spelling} and ${to.spelling} have ${maxLabels} labels, which is the limit`,
      )
    }
    if (between.some((type) => type.name === input.name)) {
      // Names are those of https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associations-schema/guide.
      throw validationError(`An association named ${input.name} already exists`)
    }
    const type = portal.associations.define(from, to, input.name, [
      input.label,
      input.inverseLabel ?? input.label,
    ])
    const told = [
      spell(type),
      { category: type.category, typeId: type.inverseTypeId, label: input.inverseLabel ?? input.label },
    ]
    return { results: told }
  })
}

/** See {@link errors.tooMany}. */
function overLimit({ associations, mostAssociations }: Portal, pair: Pair, from: ObjectType, to: ObjectType) {
  const ties = associations.of(from, to, pair.from.id)
  const isFull = ties.size >= mostAssociations && !ties.has(pair.to.id)
  return isFull ? errors.tooMany(pair, from, to, mostAssociations) : null
}

/** `AssociationSpecWithLabel` */
function spell({ category, typeId, label }: AssociationType) {
  return { category, typeId, label }
}

/** `PublicDefaultAssociation`: one for each direction. */
function defaultTie(from: { id: string }, to: { id: string }, { category }: AssociationType, typeId: number) {
  return { from, to, associationSpec: { associationCategory: category, associationTypeId: typeId } }
}

/** Failed inputs come back in a 207 next to successful ones; all categories as seen on the live API. */
function answer<Input>(
  portal: Portal,
  reply: FastifyReply,
  inputs: readonly Input[],
  work: (input: Input, index: number) => unknown[] | errors.ItemError,
) {
  const startedAt = new Date(portal.now()).toISOString()
  const outcomes = inputs.map(work)
  const failed = outcomes.filter((one): one is errors.ItemError => !Array.isArray(one))
  void reply.status(failed.length > 0 ? 207 : 200)
  return {
    status: 'COMPLETE',
    results: outcomes.flatMap((one) => (Array.isArray(one) ? one : [])),
    ...(failed.length > 0 && { numErrors: failed.length, errors: failed }),
    startedAt,
    completedAt: new Date(portal.now()).toISOString(),
  }
}

import type { FastifyInstance } from 'fastify'
import { alreadyExists, HubSpotError, notFound, validationError } from '../errors.ts'
import { maxPropertiesOfFree } from './limits.ts'
import { resolveType, type ObjectType, type PropertyGroup } from '../types/object-type.ts'
import type { Portal } from '../portal.ts'
import { propertyBody } from '../types/property.ts'
import { addProperty, changeProperty, type PropertyInput } from '../types/property-rules.ts'
import type { Requests } from '../http/requests.ts'
import { requireProperties } from '../http/scopes.ts'

interface Params {
  objectType: string
  propertyName: string
  groupName: string
}

const readFields = { archived: 'flag', dataSensitivity: 'text', locale: 'text', properties: 'text' } as const

/** CRM/Properties/Rollouts/145899/2026-09/properties.json */
export function propertyRoutes(app: FastifyInstance, portal: Portal, requests: Requests): void {
  const path = '/crm/properties/2026-09/:objectType'
  const typeOf = (params: unknown, action: 'read' | 'write') => {
    const type = resolveType(portal.types, (params as Params).objectType)
    requireProperties(portal, type, action)
    return type
  }

  app.get(path, (request) => {
    const type = typeOf(request.params, 'read')
    const { archived } = requests.query(request, readFields)
    const properties = archived === 'true' ? type.deletedProperties : type.properties
    return { results: [...properties.values()].map(propertyBody) }
  })
  app.post(path, (request, reply) => {
    const type = typeOf(request.params, 'write')
    const input = requests.body(request, 'PropertyCreate') as PropertyInput
    void reply.status(201)
    requireRoom(portal)
    return propertyBody(addProperty(type, input, portal.now()))
  })
  app.get(`${path}/:propertyName`, (request) => {
    const type = typeOf(request.params, 'read')
    requests.query(request, readFields)
    return propertyBody(existingProperty(type, (request.params as Params).propertyName))
  })
  app.patch(`${path}/:propertyName`, (request) => {
    const type = typeOf(request.params, 'write')
    const property = existingProperty(type, (request.params as Params).propertyName)
    const change = requests.body(request, 'PropertyUpdate') as Partial<PropertyInput>
    return propertyBody(changeProperty(type, property, change, portal.now()))
  })

  app.post(`${path}/batch/create`, (request, reply) => {
    const type = typeOf(request.params, 'write')
    const { inputs } = requests.body(request, 'BatchInputPropertyCreate') as { inputs: PropertyInput[] }
    const outcomes = inputs.map((input) =>
      attempt(() => {
        requireRoom(portal)
        return addProperty(type, input, portal.now())
      }),
    )
    // 201, as for single ones and in other versions of the file, not the 200 of this one.
    return answerBatch(portal, reply, outcomes, 201)
  })
  app.post(`${path}/batch/read`, (request, reply) => {
    const type = typeOf(request.params, 'read')
    requests.query(request, { locale: 'text' })
    const { inputs } = requests.body(request, 'BatchReadInputPropertyName') as { inputs: { name: string }[] }
    const outcomes = inputs.map(({ name }) => attempt(() => existingProperty(type, name)))
    return answerBatch(portal, reply, outcomes, 200)
  })

  app.get(`${path}/groups`, (request) => {
    const type = typeOf(request.params, 'read')
    requests.query(request, { locale: 'text' })
    return { results: [...type.groups.values()].map(groupBody) }
  })
  app.post(`${path}/groups`, (request, reply) => {
    const type = typeOf(request.params, 'write')
    const input = requests.body(request, 'PropertyGroupCreate') as {
      name: string
      label: string
      displayOrder?: number
    }
    if (type.groups.has(input.name)) {
      throw alreadyExists(
        `A property group named '${input.name}' already exists.`,
        'Properties.GROUP_WITH_NAME_EXISTS',
      )
    }
    const group = { ...input, displayOrder: input.displayOrder ?? -1 }
    type.groups.set(group.name, group)
    void reply.status(201)
    return groupBody(group)
  })
  app.get(`${path}/groups/:groupName`, (request) => {
    const type = typeOf(request.params, 'read')
    requests.query(request, { locale: 'text' })
    return groupBody(existingGroup(type, (request.params as Params).groupName))
  })
  app.patch(`${path}/groups/:groupName`, (request) => {
    const type = typeOf(request.params, 'write')
    const { groupName } = request.params as Params
    const group = existingGroup(type, groupName)
    const change = requests.body(request, 'PropertyGroupUpdate') as { label?: string; displayOrder?: number }
    const changed = { ...group, ...change, name: groupName }
    type.groups.set(groupName, changed)
    return groupBody(changed)
  })
}

/**
 * A free account has few properties of its own; /crm/limits/2026-09/custom-properties reports how many. The
 * words are ours.
 */
function requireRoom(portal: Portal): void {
  if (portal.tier !== 'free') return
  const own = portal.types
    .flatMap((type) => [...type.properties.values()])
    .filter((one) => !one.hubspotDefined)
  if (own.length < maxPropertiesOfFree) return
  throw validationError(`The account has ${maxPropertiesOfFree} custom properties, which is its limit`)
}

/** 404 and its subcategory as seen on the live API. */
function existingProperty(type: ObjectType, name: string) {
  const property = type.properties.get(name)
  if (property) return property
  throw notFound(`Property "${name}" does not exist`, { subCategory: 'PROPERTY_DOESNT_EXIST' })
}

function existingGroup(type: ObjectType, name: string): PropertyGroup {
  const group = type.groups.get(name)
  if (group) return group
  throw notFound(`Property group "${name}" does not exist`)
}

function groupBody(group: PropertyGroup): Record<string, unknown> {
  const { name, label, displayOrder } = group
  return { archived: false, name, label, displayOrder }
}

function attempt<T>(work: () => T): T | HubSpotError {
  try {
    return work()
  } catch (error) {
    if (error instanceof HubSpotError) return error
    throw error
  }
}

function answerBatch(
  portal: Portal,
  reply: { status(code: number): unknown },
  outcomes: (ReturnType<typeof addProperty> | HubSpotError)[],
  status: number,
) {
  const errors = outcomes.filter((one) => one instanceof HubSpotError)
  const at = new Date(portal.now()).toISOString()
  reply.status(errors.length > 0 ? 207 : status)
  return {
    status: 'COMPLETE',
    results: outcomes.flatMap((one) => (one instanceof HubSpotError ? [] : propertyBody(one))),
    ...(errors.length > 0 && {
      numErrors: errors.length,
      errors: errors.map(({ body }) => ({
        context: {},
        links: {},
        errors: [],
        ...body,
        correlationId: undefined,
      })),
    }),
    startedAt: at,
    completedAt: at,
  }
}

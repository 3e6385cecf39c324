import type { FastifyInstance } from 'fastify'
import type { AssociationType } from '../associations/association-store.ts'
import { addCustomType, setRoles, type Roles, type SchemaInput } from '../types/custom-types.ts'
import { notFound, validationError } from '../errors.ts'
import {
  findType,
  resolveType,
  type CustomDefinition,
  type Labels,
  type ObjectType,
} from '../types/object-type.ts'
import type { Portal } from '../portal.ts'
import { propertyBody } from '../types/property.ts'
import type { Requests } from '../http/requests.ts'
import { requireSchemas } from '../http/scopes.ts'

const path = '/crm-object-schemas/2026-09/schemas'
const includes = {
  includeAssociationDefinitions: 'flag',
  includeAuditMetadata: 'flag',
  includePropertyDefinitions: 'flag',
} as const

/** "Products themselves can't be associated with other CRM objects": https://developers.hubspot.com/docs/api-reference/latest/crm/objects/products/guide; the words of the error are ours. */
const productsId = '0-7'

type CustomType = ObjectType & { custom: CustomDefinition }
type SchemaPatch = Partial<Roles> & {
  description?: string
  clearDescription: boolean
  labels?: Partial<Labels>
}

/** CRM/Schemas/Rollouts/145900/2026-09/schemas.json */
export function schemaRoutes(app: FastifyInstance, portal: Portal, requests: Requests): void {
  const existing = (params: unknown): CustomType => {
    const type = findType(portal.types, (params as { objectType: string }).objectType)
    if (type && isCustom(type)) return type
    throw notFound('Unable to find object schema')
  }

  app.get(path, (request) => {
    requireSchemas(portal, 'read')
    const { archived } = requests.query(request, { ...includes, archived: 'flag' })
    const types = archived === 'true' ? portal.deletedTypes : portal.types
    return { results: types.filter(isCustom).map((type) => schemaBody(portal, type)) }
  })
  app.post(path, (request, reply) => {
    requireSchemas(portal, 'write')
    const type = addCustomType(portal, requests.body(request, 'ObjectSchemaEgg') as SchemaInput)
    void reply.status(201)
    return schemaBody(portal, type as CustomType)
  })
  app.get(`${path}/:objectType`, (request) => {
    requireSchemas(portal, 'read')
    requests.query(request, includes)
    return schemaBody(portal, existing(request.params))
  })
  app.patch(`${path}/:objectType`, (request) => {
    requireSchemas(portal, 'write')
    const type = existing(request.params)
    const patch = requests.body(request, 'ObjectTypeDefinitionPatch') as SchemaPatch
    setRoles(type, patch)
    type.labels = { ...type.labels, ...patch.labels }
    type.custom.updatedAtMs = portal.now()
    if (patch.description !== undefined) type.custom.description = patch.description
    if (patch.clearDescription) delete type.custom.description
    return definitionBody(portal, type)
  })
  app.post(`${path}/:objectType/associations`, (request, reply) => {
    requireSchemas(portal, 'write')
    existing(request.params)
    const input = requests.body(request, 'AssociationDefinitionEgg') as {
      fromObjectTypeId: string
      toObjectTypeId: string
      name?: string
    }
    const from = resolveType(portal.types, input.fromObjectTypeId)
    const to = resolveType(portal.types, input.toObjectTypeId)
    for (const { id } of [from, to]) {
      if (id === productsId) throw validationError('Products can not be associated with other objects')
    }
    const type = portal.associations.define(from, to, input.name ?? `${from.id}_to_${to.id}`, [null, null])
    void reply.status(201)
    return definition(portal, type)
  })
}

function isCustom(type: ObjectType): type is CustomType {
  return type.custom !== null
}

/** `ObjectTypeDefinition` */
function definitionBody(portal: Portal, type: CustomType): Record<string, unknown> {
  const { createdAtMs, updatedAtMs, ...told } = type.custom
  return {
    ...told,
    id: type.id.slice(2),
    objectTypeId: type.id,
    portalId: portal.id,
    labels: type.labels,
    archived: false,
    createdAt: new Date(createdAtMs).toISOString(),
    updatedAt: new Date(updatedAtMs).toISOString(),
  }
}

/** `ObjectSchema` */
function schemaBody(portal: Portal, type: CustomType): Record<string, unknown> {
  const { types } = portal.associations
  return {
    ...definitionBody(portal, type),
    // This model does not have it: undefined leaves it out of the JSON.
    portalId: undefined,
    properties: [...type.properties.values()].map(propertyBody),
    associations: types
      .filter((one) => one.label === null && [one.fromTypeId, one.toTypeId].includes(type.id))
      .map((one) => definition(portal, one)),
  }
}

/** `AssociationDefinition` */
function definition(portal: Portal, type: AssociationType): Record<string, unknown> {
  return {
    id: String(type.typeId),
    fromObjectTypeId: type.fromTypeId,
    toObjectTypeId: type.toTypeId,
    name: type.name,
    createdAt: new Date(portal.now()).toISOString(),
    updatedAt: new Date(portal.now()).toISOString(),
  }
}

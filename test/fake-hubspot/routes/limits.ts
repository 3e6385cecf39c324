import type { FastifyInstance } from 'fastify'
import { maxCustomTypes } from '../types/custom-types.ts'
import { findType, type ObjectType } from '../types/object-type.ts'
import type { Portal } from '../portal.ts'
import { maxLabels } from './associations.ts'
import { requireOneOf } from '../http/scopes.ts'

/**
 * Numbers of https://legal.hubspot.com/hubspot-product-and-services-catalog; accounts may have others. What an account reports:
 * https://developers.hubspot.com/docs/api-reference/latest/crm/limits-tracking/guide.
 */
const maxRecords = 15_000_000
const maxCustomRecords = 1_500_000
const maxProperties = 1_000
/** Of a free account, in total (the same catalogue); real accounts have about this many. */
export const maxPropertiesOfFree = 10

/** CRM/Limits Tracking/Rollouts/199890/2026-09/limitsTracking.json */
export function limitRoutes(app: FastifyInstance, portal: Portal): void {
  // As seen on the live API: a scope of any object's records, but not one of schemas.
  const anyRecords = ['contacts', 'companies', 'deals', 'custom', 'products'].flatMap((object) => [
    `crm.objects.${object}.read`,
    `crm.objects.${object}.write`,
  ])
  const own = () => portal.types.filter((type) => type.custom === null)
  const custom = () => portal.types.filter((type) => type.custom !== null)

  app.get('/crm/limits/2026-09/records', () => {
    requireOneOf(portal, anyRecords)
    const used = custom().map((type) => ({ ...told(type), usage: type.records.records.size }))
    const overall = used.reduce((sum, { usage }) => sum + usage, 0)
    return {
      hubspotDefinedObjectTypes: own().map((type) => ({
        ...told(type),
        ...share(type.records.records.size, maxRecords),
      })),
      customObjectTypes: {
        byObjectType: used,
        overallLimit: maxCustomRecords,
        overallUsage: overall,
        overallPercentage: (100 * overall) / maxCustomRecords,
      },
    }
  })

  app.get('/crm/limits/2026-09/custom-properties', () => {
    requireOneOf(portal, anyRecords)
    const counted = portal.types.map((type) => ({
      ...told(type),
      ...share([...type.properties.values()].filter((one) => !one.hubspotDefined).length, maxProperties),
    }))
    const usage = counted.reduce((sum, one) => sum + one.usage, 0)
    const overallLimit = portal.tier === 'free' ? maxPropertiesOfFree : 10 * maxProperties
    return {
      byObjectType: counted,
      overallLimit,
      overallUsage: usage,
      overallPercentage: (100 * usage) / overallLimit,
    }
  })

  app.get('/crm/limits/2026-09/associations/labels', (request) => {
    requireOneOf(portal, anyRecords)
    const { fromObjectTypeId = '', toObjectTypeId = '' } = request.query as Record<string, string>
    const from = findType(portal.types, fromObjectTypeId)
    const to = findType(portal.types, toObjectTypeId)
    if (from === undefined || to === undefined) return { results: [] }
    const labelled = portal.associations
      .typesBetween(from, to)
      .filter(({ category, label }) => category === 'USER_DEFINED' && label !== null)
    return {
      results: [{ ...share(labelled.length, maxLabels), allLabels: labelled.map(({ label }) => label) }],
    }
  })

  app.get('/crm/limits/2026-09/custom-object-types', () => {
    requireOneOf(portal, [
      'crm.schemas.custom.read',
      'crm.schemas.custom.write',
      'crm.objects.custom.read',
      'crm.objects.custom.write',
    ])
    return share(custom().length, maxCustomTypes)
  })
}

function told(type: ObjectType) {
  return { objectTypeId: type.id, singularLabel: type.labels.singular, pluralLabel: type.labels.plural }
}

function share(usage: number, limit: number) {
  return { usage, limit, percentage: (100 * usage) / limit }
}

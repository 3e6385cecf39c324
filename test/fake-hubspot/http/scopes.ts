import { missingScopes, validationError } from '../errors.ts'
import type { ObjectType } from '../types/object-type.ts'
import type { Portal } from '../portal.ts'

type Action = 'read' | 'write'

const scopedObjects = [
  'contacts',
  'companies',
  'deals',
  'custom',
  'appointments',
  'courses',
  'listings',
  'orders',
  'projects',
  'services',
]

/** The scopes that a token for qrsync may have; tests remove some of them. */
export const allScopes: readonly string[] = [
  'oauth',
  'behavioral_events.event_definitions.read_write',
  'analytics.behavioral_events.send',
  'tickets',
  'e-commerce',
  'crm.lists.read',
  'crm.lists.write',
  ...scopedObjects.flatMap((object) =>
    ['objects', 'schemas'].flatMap((kind) => [`crm.${kind}.${object}.read`, `crm.${kind}.${object}.write`]),
  ),
  'crm.objects.products.read',
  'crm.objects.products.write',
]

/**
 * Scopes of custom objects are "available to Enterprise accounts only"
 * (https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/scopes): a token of
 * another account has none, whatever it was given.
 */
export function heldScopes(portal: Portal): string[] {
  const held = [...portal.scopes]
  return portal.tier === 'enterprise' ? held : held.filter((scope) => !scope.includes('.custom.'))
}

/** @throws 403 MISSING_SCOPES, unless the token has one of `accepted` */
export function requireOneOf(portal: Portal, accepted: readonly string[]): void {
  const held = heldScopes(portal)
  if (!accepted.some((scope) => held.includes(scope))) throw missingScopes(accepted)
}

/**
 * Records. The published files list every object's scopes for every endpoint. That each object needs its own is
 * shown by the 403 of https://developers.hubspot.com/docs/guides/crm/using-object-apis.
 */
export function requireRecords(portal: Portal, type: ObjectType, action: Action): void {
  requireOneOf(portal, recordScopes(type, action))
  requireActivated(type)
}

/**
 * "New objects (e.g., appointments, courses, listings, services) must be activated in the HubSpot account before you can
 * manage their records via API" (https://developers.hubspot.com/docs/guides/crm/using-object-apis). The error is ours.
 */
function requireActivated({ isActivated, spelling }: ObjectType): void {
  if (isActivated === false) throw validationError(`The object ${spelling} is not activated in this account`)
}

function recordScopes(type: ObjectType, action: Action): string[] {
  if (type.scope === 'tickets') return ['tickets']
  const granular = `crm.objects.${type.scope}.${action}`
  return type.scope === 'products' ? [granular, 'e-commerce'] : [granular]
}

/**
 * Properties and groups: reading needs a scope of the object's schema or of its records, writing one of its
 * schema (CRM/Properties/Rollouts/145899/2026-09/properties.json; products have only `e-commerce`).
 */
export function requireProperties(portal: Portal, type: ObjectType, action: Action): void {
  requirePropertyScopes(portal, type, action)
  requireActivated(type)
}

function requirePropertyScopes(portal: Portal, type: ObjectType, action: Action): void {
  if (type.scope === 'tickets') requireOneOf(portal, ['tickets'])
  else if (type.scope === 'products') {
    const records = action === 'read' ? ['crm.objects.products.read', 'crm.objects.products.write'] : []
    requireOneOf(portal, [...records, 'e-commerce'])
  } else {
    const schemas = `crm.schemas.${type.scope}.${action}`
    const records = [`crm.objects.${type.scope}.read`, `crm.objects.${type.scope}.write`]
    requireOneOf(portal, action === 'read' ? [schemas, ...records] : [schemas])
  }
}

/** CRM/Schemas/Rollouts/145900/2026-09/schemas.json */
export function requireSchemas(portal: Portal, action: Action): void {
  requireOneOf(
    portal,
    action === 'read' ? ['crm.schemas.custom.read', 'crm.objects.custom.read'] : ['crm.schemas.custom.write'],
  )
}

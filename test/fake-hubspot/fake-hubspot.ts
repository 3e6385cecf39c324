import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import type { FakeHubSpot, FakeRecord } from './fake-account.ts'
import { createAssociationStore } from './associations/association-store.ts'
import { createCallLog } from './http/call-log.ts'
import { createFaults } from './http/faults.ts'
import { findType, type ObjectType } from './types/object-type.ts'
import {
  archiveRecord,
  createRecord,
  mergeRecords,
  type Portal,
  type Refusal,
  type WriteInput,
} from './portal.ts'
import { propertyBody } from './types/property.ts'
import { createRateLimits, limitsOfTier, type Limits, type Tier } from './http/rate-limits.ts'
import type { HubSpotRecord } from './records/record-store.ts'
import { controlRoutes } from './routes/control.ts'
import { allScopes } from './http/scopes.ts'
import { addPipeline, createStandardTypes } from './types/standard-types.ts'
import { checkWrite, isInputError } from './records/write-checks.ts'

export interface FakeHubSpotOptions {
  /** Default: Enterprise. */
  tier?: Tier
  /** Replace the tier's own limits. */
  limits?: Partial<Limits>
  /** Default: every scope that qrsync may need. */
  scopes?: readonly string[]
  /** The share of calls that fail, from 0 to 1; the same calls for the same seed. */
  faults?: { rate: number; seed: number }
  now?: () => number
  /** The time zone in which the account's day ends. Default: `US/Eastern`. */
  timeZone?: string
  port?: number
  portalId?: number
}

export async function startFakeHubSpot(options: FakeHubSpotOptions = {}): Promise<FakeHubSpot> {
  const { fake, app } = createFakeHubSpot(options)
  await app.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  const { port } = app.server.address() as AddressInfo
  return Object.defineProperty(fake, 'url', { value: `http://127.0.0.1:${port}` })
}

/** Creates one without a port: pass requests to `app.inject`. */
export function createFakeHubSpot(options: FakeHubSpotOptions = {}): {
  fake: FakeHubSpot
  app: FastifyInstance
} {
  const now = options.now ?? Date.now
  const timeZone = options.timeZone ?? 'US/Eastern'
  let limits: Partial<Limits> = options.limits ?? {}
  const limitsFor = (tier: Tier): Limits => ({ ...limitsOfTier[tier], ...limits })
  const tier = options.tier ?? 'enterprise'
  const portal: Portal = {
    id: options.portalId ?? 24_680_135,
    timeZone,
    token: 'pat-na1-11111111-2222-3333-4444-555555555555',
    now,
    limits: createRateLimits(now, timeZone, limitsFor(tier)),
    types: createStandardTypes(),
    deletedTypes: [],
    associations: createAssociationStore(),
    violations: [],
    refusals: new Set(),
    eventDefinitions: new Map(),
    events: [],
    refusedEventValues: new Set(),
    lists: [],
    tier,
    scopes: new Set(options.scopes ?? allScopes),
    expiredAtMs: null,
    lastId: 30_000_000_000,
    mostAssociations: Infinity,
    searchLagMs: 0,
    refusedSearches: new Set(),
  }
  const log = createCallLog()
  const faults = createFaults(options.faults?.rate ?? 0, options.faults?.seed ?? 1)
  let isDown = false
  let slow: { callEnd: string; latencyMs: number } | null = null
  const latencyMs = (call: string) => (slow !== null && call.endsWith(slow.callEnd) ? slow.latencyMs : 0)
  const app = buildApp({ portal, log, faults, isDown: () => isDown, latencyMs })
  controlRoutes(app, () => fake)

  const fake: FakeHubSpot = {
    url: 'http://hubspot.test',
    token: portal.token,
    portalId: portal.id,
    violations: portal.violations,
    calls: log.counts,
    faults: faults.counts,
    get refused429() {
      return portal.limits.refused
    },
    get peakIn10Seconds() {
      return portal.limits.peakIn10Seconds
    },
    get usedToday() {
      return portal.limits.usedToday
    },
    recordsOf: (objectType) => [...typeOf(portal, objectType).records.records.values()].map(toFakeRecord),
    propertiesOf: (objectType) => [...typeOf(portal, objectType).properties.values()].map(propertyBody),
    associations: (from, to) => portal.associations.all(typeOf(portal, from), typeOf(portal, to)),
    get events() {
      return portal.events
    },
    refuseEvents: (value) => {
      portal.refusedEventValues.add(value)
    },
    lists: portal.lists,
    addRecord: (objectType, properties) => {
      const type = typeOf(portal, objectType)
      const checked = checkWrite(type, null, properties, new Map(), portal.id)
      if (isInputError(checked)) throw new Error(`${checked.message} ${JSON.stringify(checked.values ?? [])}`)
      return createRecord(portal, type, checked.values).id
    },
    activate: (objectType, isActivated = true) => {
      typeOf(portal, objectType).isActivated = isActivated
    },
    addPipeline: (objectType, id, stages) => {
      addPipeline(typeOf(portal, objectType), id, stages)
    },
    addContact: (properties) => fake.addRecord('contacts', properties),
    addAddress: (contactId, address) => {
      const type = typeOf(portal, 'contacts')
      const contact = recordOf(type, contactId)
      const others = contact.properties['hs_additional_emails']?.split(';') ?? []
      contact.properties['hs_additional_emails'] = [...others, address].join(';')
      type.records.claim('email', address, contact)
    },
    changeRecord: (objectType, id, properties) => {
      const type = typeOf(portal, objectType)
      type.records.update(recordOf(type, id), properties, now())
    },
    deleteObject: (objectType) => {
      const type = typeOf(portal, objectType)
      portal.types.splice(portal.types.indexOf(type), 1)
      portal.deletedTypes.push(type)
    },
    deleteProperty: (objectType, name) => {
      const type = typeOf(portal, objectType)
      const property = type.properties.get(name)
      if (property === undefined) throw new Error(`no property ${name} of ${objectType} in the fake HubSpot`)
      type.properties.delete(name)
      type.deletedProperties.set(name, property)
    },
    removeRecord: (objectType, id) => {
      const type = typeOf(portal, objectType)
      archiveRecord(portal, type, recordOf(type, id))
    },
    merge: (objectType, primaryId, otherId) => {
      const type = typeOf(portal, objectType)
      return mergeRecords(portal, type, recordOf(type, primaryId), recordOf(type, otherId)).id
    },
    refuseSearch: (value) => {
      portal.refusedSearches.add(value)
    },
    setSearchLag: (ms) => {
      portal.searchLagMs = ms
    },
    refuse: (match, how = 'values') => {
      const refusal: Refusal = { matches: typeof match === 'function' ? match : hasValue(match), how }
      portal.refusals.add(refusal)
      return () => {
        portal.refusals.delete(refusal)
      }
    },
    failNext: (fault, calls = 1) => {
      faults.failNext(fault, calls)
    },
    setFaults: (rate, seed) => {
      faults.setRate(rate, seed)
    },
    spendDaily: (calls) => {
      portal.limits.spend(calls)
    },
    setLimits: (next) => {
      limits = { ...limits, ...next }
      portal.limits.setLimits(limitsFor(portal.tier))
    },
    setTier: (next) => {
      portal.tier = next
      portal.limits.setLimits(limitsFor(next))
    },
    setMostAssociations: (most) => {
      portal.mostAssociations = most
    },
    setScopes: (scopes) => {
      portal.scopes = new Set(scopes)
    },
    expireToken: () => {
      portal.expiredAtMs = now()
    },
    renewToken: () => {
      portal.expiredAtMs = null
    },
    slowDown: (callEnd, latencyMs) => {
      slow = { callEnd, latencyMs }
      return () => {
        slow = null
      }
    },
    goDown: () => {
      isDown = true
    },
    comeBack: () => {
      isDown = false
    },
    close: () => app.close(),
  }
  return { fake, app }
}

function hasValue({ property, value }: { property: string; value: string }) {
  return (input: WriteInput) => input.properties[property] === value || input.id === value
}

function typeOf(portal: Portal, name: string): ObjectType {
  const type = findType(portal.types, name) ?? portal.types.find((one) => one.custom?.name === name)
  if (!type) throw new Error(`no object type ${name} in the fake HubSpot`)
  return type
}

function recordOf(type: ObjectType, id: string): HubSpotRecord {
  const record = type.records.find(id)
  if (record === undefined) throw new Error(`no ${type.names[1] ?? type.id} record ${id} in the fake HubSpot`)
  return record
}

function toFakeRecord({ id, properties, createdAtMs, updatedAtMs }: HubSpotRecord): FakeRecord {
  return {
    id,
    properties: { ...properties },
    createdAt: new Date(createdAtMs).toISOString(),
    updatedAt: new Date(updatedAtMs).toISOString(),
  }
}

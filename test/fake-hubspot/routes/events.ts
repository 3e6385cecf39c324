import type { FastifyInstance } from 'fastify'
import { alreadyExists, missingScopes, notFound, validationError } from '../errors.ts'
import type { EventDefinition, Portal, SentEvent } from '../portal.ts'
import type { Requests } from '../http/requests.ts'
import { requireOneOf } from '../http/scopes.ts'

interface PropertyInput {
  name?: string
  label: string
  type: string
}

interface DefinitionInput {
  name?: string
  label: string
  primaryObject?: string
  propertyDefinitions: PropertyInput[]
}

/** Both numbers: https://developers.hubspot.com/docs/api-reference/latest/events/send-event-data/guide (limits). */
const maxEvents = 500
const maxValue = 1_024
/** Of ExternalBehavioralEventTypeDefinitionEgg. */
const primaryObjects = ['CONTACT', 'COMPANY', 'DEAL', 'TICKET']

const defining = 'behavioral_events.event_definitions.read_write'
const sending = 'analytics.behavioral_events.send'

/**
 * Custom events: definitions, and sent events
 * (https://developers.hubspot.com/docs/api-reference/latest/events/define-events/guide). The words of errors are ours.
 */
export function eventRoutes(app: FastifyInstance, portal: Portal, requests: Requests): void {
  const path = '/events/2026-09/event-definitions'

  /** Both files: ENTERPRISE. */
  function requireEvents(scope: string): void {
    if (portal.tier !== 'enterprise') throw missingScopes([scope])
    requireOneOf(portal, [scope])
  }

  function existing(params: unknown): EventDefinition {
    const { eventName } = params as { eventName: string }
    const found = portal.eventDefinitions.get(eventName)
    if (found === undefined) throw notFound(`No event definition ${eventName} exists`)
    return found
  }

  app.get(`${path}/:eventName`, (request) => {
    requireEvents(defining)
    return bodyOf(existing(request.params))
  })

  app.post(path, (request, reply) => {
    requireEvents(defining)
    const input = requests.body(request, 'ExternalBehavioralEventTypeDefinitionEgg') as DefinitionInput
    const name = input.name ?? input.label.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')
    const fullyQualifiedName = `pe${portal.id}_${name}`
    if (portal.eventDefinitions.has(fullyQualifiedName)) {
      throw alreadyExists(`An event named ${name} already exists`, 'EventDefinitions.NAME_EXISTS')
    }
    const primaryObject = input.primaryObject ?? 'CONTACT'
    if (!primaryObjects.includes(primaryObject)) {
      throw validationError(`${primaryObject} has no custom events`)
    }
    const definition: EventDefinition = {
      fullyQualifiedName,
      name,
      label: input.label,
      primaryObject,
      properties: new Map(input.propertyDefinitions.map((each) => [each.name ?? each.label, each.type])),
    }
    portal.eventDefinitions.set(fullyQualifiedName, definition)
    void reply.status(201)
    return bodyOf(definition)
  })

  app.post(`${path}/:eventName/property`, (request, reply) => {
    requireEvents(defining)
    const { properties } = existing(request.params)
    const input = requests.body(request, 'ExternalBehavioralEventPropertyCreate') as PropertyInput
    const name = input.name ?? input.label
    if (properties.has(name)) {
      throw alreadyExists(`A property named ${name} already exists`, 'EventDefinitions.PROPERTY_EXISTS')
    }
    properties.set(name, input.type)
    void reply.status(201)
    return input
  })

  app.post('/events/2026-09/send/batch', (request, reply) => {
    requireEvents(sending)
    const { inputs } = requests.body(request, 'BatchedBehavioralEventHttpCompletionRequest') as {
      inputs: SentEvent[]
    }
    if (inputs.length > maxEvents) throw validationError(`A batch holds at most ${maxEvents} events`)
    for (const input of inputs) refuseInvalid(portal, input)
    for (const input of inputs) {
      // "When multiple events have the same ID within a year, the first will be accepted and all others will be rejected."
      const isKnown = portal.events.some(
        ({ eventName, uuid }) => eventName === input.eventName && uuid === input.uuid,
      )
      if (!isKnown) portal.events.push(input)
    }
    return reply.status(204).send()
  })
}

function refuseInvalid(portal: Portal, { eventName, properties }: SentEvent): void {
  const definition = portal.eventDefinitions.get(eventName)
  if (definition === undefined) throw validationError(`There is no event ${eventName}`)
  for (const [name, value] of Object.entries(properties)) {
    if (!definition.properties.has(name)) {
      throw validationError(`Event ${eventName} has no property ${name}`)
    }
    if (portal.refusedEventValues.has(value)) throw validationError(`${value} is not valid`)
    if (value.length > maxValue) throw validationError(`${name} is longer than ${maxValue} characters`)
  }
}

/** `ExternalBehavioralEventTypeDefinition` */
function bodyOf({ fullyQualifiedName, name, label, primaryObject, properties }: EventDefinition) {
  return {
    id: fullyQualifiedName,
    fullyQualifiedName,
    name,
    labels: { singular: label },
    primaryObject,
    objectTypeId: '6-1',
    associations: [],
    archived: false,
    properties: [...properties].map(([property, type]) => ({ name: property, type })),
  }
}

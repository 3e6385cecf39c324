import { z } from 'zod'
import type { Ask } from '../http/client.ts'
import { forbidden } from '../http/hubspot-error.ts'
import { parseRefusal } from '../http/refusal.ts'
import type { EventField } from '../mapping/event-fields.ts'
import type { Language } from '../settings.ts'
import type { Words } from '../mapping/language.ts'
import type { TargetObject } from './prepared.ts'

/** Objects on whose records HubSpot shows custom events, with their names in its API. */
const eventObjects: Readonly<Record<string, string>> = {
  contacts: 'CONTACT',
  companies: 'COMPANY',
  deals: 'DEAL',
  tickets: 'TICKET',
}

const label: Words = { en: 'QR code scanned', de: 'QR-Code gescannt' }
const description: Words = {
  en: 'A QR code of QRCodeStack that names this record was scanned.',
  de: 'Ein QR-Code von QRCodeStack, der diesen Datensatz nennt, wurde gescannt.',
}

/**
 * HubSpot's file of 2026-09 still shows the draft of March 2026, which has "/events/custom/" in all versions. Its
 * file of 2026-03 dropped "custom" a week later, before that version was released, and its reference has paths
 * like this one: https://developers.hubspot.com/docs/api-reference/latest/events/send-event-data/send-event-occurrence.
 */
const definitions = '/events/2026-09/event-definitions'

const definition = z.object({
  fullyQualifiedName: z.string(),
  properties: z.array(z.object({ name: z.string() })).catch([]),
})

export interface EventPlan {
  /** The name of the destination. */
  name: string
  portalId: number
  language: Language
  fields: readonly EventField[]
  dryRun: boolean
}

/**
 * Creates the definition of the event with all properties, if they are missing.
 *
 * @returns the name for sending events, and what was done or, with `dryRun`, would be
 * @throws ConnectorError if the account has no custom events
 * @see https://developers.hubspot.com/docs/api-reference/latest/events/define-events/guide
 */
export async function prepareScanEvent(
  ask: Ask,
  object: TargetObject,
  plan: EventPlan,
): Promise<{ event: string; changes: string[] }> {
  const { language, fields, dryRun } = plan
  const name = `qrsync_scan_${object.name}`
  const event = `pe${plan.portalId}_${name}`
  const path = `${definitions}/${encodeURIComponent(event)}`
  const found = await ask({ method: 'GET', path }, [400, 403, 404])
  if (found.status === 403) throw noEvents(plan, found.text)
  const properties = fields.map((field) => ({
    name: field.name,
    label: field.label[language],
    description: field.description[language],
    type: field.type,
  }))
  if (found.status !== 200) {
    const changes = [`create event ${event}`]
    if (dryRun) return { event, changes }
    const body = {
      name,
      label: label[language],
      description: description[language],
      primaryObject: eventObjects[object.name] ?? '',
      includeDefaultProperties: false,
      propertyDefinitions: properties,
    }
    const made = await ask({ method: 'POST', path: definitions, body }, [400, 402, 403, 409])
    if (made.status < 300) return { event: made.read(definition).fullyQualifiedName, changes }
    // Another worker may have created it first.
    const other = await ask({ method: 'GET', path }, [400, 403, 404])
    if (other.status === 200) return { event, changes: [] }
    throw noEvents(plan, made.text)
  }
  const known = new Set(found.read(definition).properties.map((each) => each.name))
  const missing = properties.filter((each) => !known.has(each.name))
  for (const body of dryRun ? [] : missing) {
    // 409: another worker created it first.
    await ask({ method: 'POST', path: `${path}/property`, body }, [409])
  }
  return { event, changes: missing.map((each) => `create property ${each.name} of event ${event}`) }
}

function noEvents({ name }: EventPlan, text: string) {
  const what = `HubSpot does not allow custom events: ${parseRefusal(text).reason}.`
  const advice =
    'Custom events are part of Enterprise. Give the key the scopes behavioral_events.event_definitions.read_write and analytics.behavioral_events.send, or leave out "events: true".'
  return forbidden(name, what, advice)
}

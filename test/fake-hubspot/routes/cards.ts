import type { FastifyInstance } from 'fastify'
import { notFound } from '../errors.ts'
import type { Portal, SentEvent } from '../portal.ts'
import type { HubSpotRecord } from '../records/record-store.ts'
import { findType, type ObjectType } from '../types/object-type.ts'
import type { Property } from '../types/property.ts'
import { cardsPath, newContactPath } from './control-path.ts'
import { html, type Html } from './html.ts'
import { page } from './page.ts'

const mostCards = 24
const mostAssociated = 8
const mostEvents = 5

/** Objects with records of users: each record is shown, whether an integration has changed it or not. */
const shownFirst = ['0-1', '0-2']

/**
 * Shows the records of the account as cards, like HubSpot's record view: properties by their labels, and
 * associated records. For people; it is not part of HubSpot's API.
 */
export function cardRoutes(app: FastifyInstance, portal: Portal): void {
  app.get(cardsPath, (_, reply) => {
    const shown = portal.types.filter(({ records }) => records.records.size > 0).toSorted(byPlace)
    const body = shown.map((type) => {
      const records = [...type.records.records.values()].toSorted((a, b) => b.updatedAtMs - a.updatedAtMs)
      const { size } = type.records.records
      const count =
        size > mostCards ? `${size.toLocaleString('en')}, the last ${mostCards} changed` : String(size)
      return html`<section>
        <h2>${type.labels.plural} <small>${count}</small></h2>
        <div class="cards">${records.slice(0, mostCards).map((record) => card(portal, type, record))}</div>
      </section>`
    })
    const nothing = html`<p>No records yet: they appear here as qrsync delivers them.</p>`
    const create = html`<p><a href="${newContactPath}">Create a contact</a></p>`
    return reply.type('text/html').send(page(portal, [create, ...(body.length > 0 ? body : [nothing])]))
  })

  app.get(`${cardsPath}/:typeId/:id`, (request, reply) => {
    const { typeId, id } = request.params as { typeId: string; id: string }
    const type = findType(portal.types, typeId)
    const record = type?.records.find(id)
    if (type === undefined || record === undefined) throw notFound()
    const back = html`<p><a href="${cardsPath}">All records</a></p>`
    return reply.type('text/html').send(page(portal, [back, card(portal, type, record)]))
  })
}

function byPlace(one: ObjectType, other: ObjectType): number {
  const placeOf = ({ id, custom }: ObjectType) =>
    (shownFirst.includes(id) ? 0 : 1) + (custom === null ? 0 : 1)
  return placeOf(one) - placeOf(other)
}

function titleOf({ custom }: ObjectType, { id, properties }: HubSpotRecord): string {
  const own = custom?.primaryDisplayProperty
  const names = own === undefined ? ['name', 'dealname', 'subject', 'hs_name', 'email'] : [own]
  const person = [properties['firstname'], properties['lastname']].filter(Boolean).join(' ')
  return person || (names.map((name) => properties[name]).find(Boolean) ?? id)
}

function card(portal: Portal, type: ObjectType, record: HubSpotRecord): Html {
  const properties = [...type.properties.values()].filter(
    ({ name, hubspotDefined }) => !hubspotDefined && record.properties[name] !== undefined,
  )
  const events = portal.events
    .filter(({ objectId }) => objectId === record.id)
    .toSorted((a, b) => (b.occurredAt ?? '').localeCompare(a.occurredAt ?? ''))
  return html`<article id="${type.id}-${record.id}">
    <h3><a href="${cardsPath}/${type.id}/${record.id}">${titleOf(type, record)}</a></h3>
    <p class="kind">
      ${type.labels.singular} ${record.properties['email'] ?? record.properties['domain'] ?? ''}
    </p>
    <dl>
      ${properties.map(
        (property) =>
          html`<dt>${property.label}</dt>
            <dd>${shown(portal, property, record.properties[property.name] ?? '')}</dd>`,
      )}
    </dl>
    ${associated(portal, type, record)} ${timeline(portal, events)}
  </article>`
}

/** What tells a reader which scan it was, in this order. */
const shownOfEvent = ['qrsync_code_name', 'qrsync_device_type', 'qrsync_city', 'qrsync_country']

function timeline(portal: Portal, events: readonly SentEvent[]): Html {
  if (events.length === 0) return html``
  const left = events.length - mostEvents
  return html`<h4>Timeline <small>${events.length}</small></h4>
    ${events.slice(0, mostEvents).map(({ eventName, occurredAt = '', properties }) => {
      const label = portal.eventDefinitions.get(eventName)?.label ?? eventName
      const details = shownOfEvent.flatMap((name) => properties[name] ?? []).filter((value) => value !== '')
      return html`<p class="event">
        ${label}, ${timeIn(portal, occurredAt)}<br /><small>${details.join(' · ')}</small>
      </p>`
    })}
    ${left > 0 ? html`<p class="event">and ${left.toLocaleString('en')} more</p>` : ''}`
}

function associated(portal: Portal, type: ObjectType, { id }: HubSpotRecord): Html[] {
  return portal.types.flatMap((other) => {
    // The newest first: scans by their time, others by when they were associated.
    const timeOf = (otherId: string) => other.records.find(otherId)?.properties['qrsync_scanned_at'] ?? ''
    const ties = [...portal.associations.of(type, other, id)]
      .toReversed()
      .toSorted(([a], [b]) => timeOf(b).localeCompare(timeOf(a)))
    if (ties.length === 0) return []
    const more = ties.length > mostAssociated ? html`<li>and ${ties.length - mostAssociated} more</li>` : ''
    return html`<h4>${other.labels.plural} <small>${ties.length}</small></h4>
      <ul>
        ${ties.slice(0, mostAssociated).map(([otherId, typeIds]) => {
          const record = other.records.find(otherId)
          const label = portal.associations
            .typesBetween(type, other)
            .find((each) => typeIds.has(each.typeId) && each.label !== null)?.label
          return html`<li>
            <a href="${cardsPath}/${other.id}/${otherId}"
              >${record === undefined ? otherId : titleOf(other, record)}</a
            >
            ${label === undefined || label === null ? '' : html`<em>${label}</em>`}
          </li>`
        })}
        ${more}
      </ul>`
  })
}

function shown(portal: Portal, { type, options }: Property, value: string): string {
  if (type === 'datetime') return timeIn(portal, value)
  return options.find((option) => option.value === value)?.label ?? value
}

function timeIn({ timeZone }: Portal, value: string): string {
  const time = new Date(/^\d+$/.test(value) ? Number(value) : value)
  if (Number.isNaN(time.getTime())) return value
  return time.toLocaleString('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  })
}

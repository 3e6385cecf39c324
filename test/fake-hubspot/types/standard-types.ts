import type { ObjectType, Pipelines } from './object-type.ts'
import { optionsOf, standardProperty, type Property, type PropertyOption } from './property.ts'
import { createRecordStore } from '../records/record-store.ts'

interface StandardType {
  id: string
  singular: string
  plural: string
  group: string
  properties: Record<string, string | [type: string, extra: Partial<Property>]>
  required: string[][]
  defaults: string[]
  updated?: string
  /**
   * Appointments, courses, listings and services are off until a super admin activates them:
   * https://knowledge.hubspot.com/object-settings/use-the-object-library.
   */
  isActivatable?: true
}

const stages = optionsOf('appointmentscheduled', 'qualifiedtobuy', 'contractsent', 'closedwon', 'closedlost')
const lifecycle = optionsOf(
  'subscriber',
  'lead',
  'marketingqualifiedlead',
  'opportunity',
  'customer',
  'other',
)

/**
 * The standard objects that codes or contacts may be mapped to, with a few of their properties. Ids and
 * required values: https://developers.hubspot.com/docs/guides/crm/using-object-apis ("Required properties to
 * create records"). If that table requires more than the page's own examples send (a ticket with a stage only),
 * the examples apply.
 */
const standardTypes: StandardType[] = [
  {
    id: '0-1',
    singular: 'contact',
    plural: 'contacts',
    group: 'contactinformation',
    properties: {
      email: ['string', { hasUniqueValue: true }],
      // Their other addresses also identify them:
      // https://knowledge.hubspot.com/records/add-multiple-email-addresses-to-a-contact.
      hs_additional_emails: ['string', { readOnlyValue: true }],
      firstname: 'string',
      lastname: 'string',
      phone: 'string',
      company: 'string',
      website: 'string',
      lifecyclestage: ['enumeration', { options: lifecycle }],
    },
    required: [],
    defaults: ['email', 'firstname', 'lastname'],
    updated: 'lastmodifieddate',
  },
  {
    id: '0-2',
    singular: 'company',
    plural: 'companies',
    group: 'companyinformation',
    properties: {
      name: 'string',
      // Identifies a company in HubSpot, but is not a unique property: the live API refuses it as idProperty.
      domain: 'string',
      city: 'string',
      country: 'string',
      industry: 'string',
      numberofemployees: 'number',
    },
    required: [['domain', 'name']],
    defaults: ['domain', 'name'],
  },
  {
    id: '0-3',
    singular: 'deal',
    plural: 'deals',
    group: 'dealinformation',
    properties: {
      dealname: 'string',
      amount: 'number',
      closedate: 'datetime',
      pipeline: ['enumeration', { options: optionsOf('default') }],
      dealstage: ['enumeration', { fieldType: 'radio', options: stages }],
    },
    required: [['dealname'], ['dealstage']],
    defaults: ['amount', 'closedate', 'dealname', 'dealstage', 'pipeline'],
  },
  {
    id: '0-5',
    singular: 'ticket',
    plural: 'tickets',
    group: 'ticketinformation',
    properties: {
      subject: 'string',
      content: 'string',
      hs_pipeline: ['enumeration', { options: optionsOf('0') }],
      hs_pipeline_stage: ['enumeration', { options: optionsOf('1', '2', '3', '4') }],
      hs_external_object_ids: ['string', { hasUniqueValue: true }],
    },
    required: [['hs_pipeline_stage']],
    defaults: ['content', 'hs_pipeline', 'hs_pipeline_stage', 'subject'],
  },
  {
    id: '0-7',
    singular: 'product',
    plural: 'products',
    group: 'productinformation',
    properties: {
      name: 'string',
      description: 'string',
      price: 'number',
      hs_sku: ['string', { hasUniqueValue: true }],
      hs_url: 'string',
    },
    required: [['name']],
    defaults: ['description', 'name', 'price'],
  },
  {
    id: '0-421',
    singular: 'appointment',
    plural: 'appointments',
    isActivatable: true,
    group: 'appointmentinformation',
    properties: {
      hs_appointment_name: 'string',
    },
    required: [['hs_appointment_name']],
    defaults: ['hs_appointment_name'],
  },
  {
    id: '0-410',
    singular: 'course',
    plural: 'courses',
    isActivatable: true,
    group: 'courseinformation',
    properties: {
      hs_course_name: 'string',
    },
    required: [['hs_course_name']],
    defaults: ['hs_course_name'],
  },
  {
    id: '0-420',
    singular: 'listing',
    plural: 'listings',
    isActivatable: true,
    group: 'listinginformation',
    properties: {
      hs_name: 'string',
    },
    required: [['hs_name']],
    defaults: ['hs_name'],
  },
  {
    id: '0-123',
    singular: 'order',
    plural: 'orders',
    group: 'orderinformation',
    properties: {
      hs_order_name: 'string',
    },
    required: [['hs_order_name']],
    defaults: ['hs_order_name'],
  },
  {
    id: '0-162',
    singular: 'service',
    plural: 'services',
    isActivatable: true,
    group: 'serviceinformation',
    properties: {
      hs_name: 'string',
      hs_pipeline: ['enumeration', { options: optionsOf('0') }],
      hs_pipeline_stage: ['enumeration', { options: optionsOf('1', '2', '3') }],
    },
    required: [['hs_name'], ['hs_pipeline_stage']],
    defaults: ['hs_name'],
  },
  {
    id: '0-970',
    singular: 'project',
    plural: 'projects',
    group: 'projectinformation',
    properties: {
      hs_name: 'string',
      hs_pipeline: ['enumeration', { options: optionsOf('0') }],
      hs_pipeline_stage: ['enumeration', { options: optionsOf('1', '2', '3') }],
    },
    required: [['hs_name'], ['hs_pipeline_stage']],
    defaults: ['hs_name'],
  },
]

/** A pipeline has the stages of its property; {@link addPipeline} adds others, like an admin. */
function pipelinesOf(properties: ReadonlyMap<string, Property>): Pipelines | null {
  for (const [property, stageProperty] of [
    ['pipeline', 'dealstage'],
    ['hs_pipeline', 'hs_pipeline_stage'],
  ] as const) {
    const stages = properties.get(stageProperty)?.options
    const list = (properties.get(property)?.options ?? []).map(({ value, label }) => ({
      id: value,
      label,
      stages: stages ?? [],
    }))
    if (list.length > 0) return { property, stageProperty, list }
  }
  return null
}

/** Adds a pipeline in the first place. */
export function addPipeline(
  { pipelines, properties }: ObjectType,
  id: string,
  stages: readonly string[],
): void {
  if (pipelines === null) throw new Error('the object has no pipelines')
  const added = optionsOf(...stages)
  pipelines.list.unshift({ id, label: id, stages: added })
  const addOptions = (name: string, options: readonly PropertyOption[]) =>
    properties.get(name)?.options.push(...options)
  addOptions(pipelines.property, optionsOf(id))
  addOptions(pipelines.stageProperty, added)
}

export function createStandardTypes(): ObjectType[] {
  return standardTypes.map((type) => {
    const { id, singular, plural, group, defaults } = type
    const created = 'createdate'
    const updated = type.updated ?? 'hs_lastmodifieddate'
    const own = Object.entries(type.properties).map(([name, told]) =>
      typeof told === 'string'
        ? standardProperty(name, group, told)
        : standardProperty(name, group, told[0], told[1]),
    )
    const properties = new Map(
      [...own, ...systemProperties(group, created, updated)].map((property) => [property.name, property]),
    )
    return {
      id,
      spelling: singular.toUpperCase(),
      names: [singular, plural],
      labels: { singular: capital(singular), plural: capital(plural) },
      scope: plural,
      groups: new Map([[group, { name: group, label: `${capital(singular)} information`, displayOrder: 0 }]]),
      deletedProperties: new Map(),
      properties,
      required: type.required,
      defaultProperties: defaults,
      createdProperty: created,
      updatedProperty: updated,
      records: createRecordStore(properties.values()),
      isActivated: type.isActivatable === true ? false : undefined,
      pipelines: pipelinesOf(properties),
      custom: null,
    }
  })
}

/** Properties that every object has, and that nobody can write. */
export function systemProperties(group: string, created: string, updated: string): Property[] {
  return [
    standardProperty('hs_object_id', group, 'number', { readOnlyValue: true }),
    standardProperty('hs_merged_object_ids', group, 'string', { readOnlyValue: true }),
    standardProperty(created, group, 'datetime', { readOnlyValue: true }),
    standardProperty(updated, group, 'datetime', { readOnlyValue: true }),
  ]
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

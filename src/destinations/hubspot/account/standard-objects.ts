/**
 * What qrsync needs to know about one of HubSpot's own objects to write codes, or scans of linked codes, to its
 * records.
 */
export interface StandardObject {
  typeId: string
  /** The property by which people recognise a record; HubSpot requires it for a new one. */
  nameProperty: string
  /** The properties for the pipeline and its stage, if a new record needs them. */
  pipeline?: { pipeline: string; stage: string }
  /**
   * Whether an account may not use it, until a super admin activates it:
   * https://knowledge.hubspot.com/object-settings/use-the-object-library.
   */
  isActivatable?: true
}

const pipelineOf = (prefix: string) => ({ pipeline: `${prefix}pipeline`, stage: `${prefix}pipeline_stage` })

/** @see https://developers.hubspot.com/docs/api-reference/latest/crm/using-object-apis#properties */
export const standardObjects: Readonly<Record<string, StandardObject>> = {
  appointments: { typeId: '0-421', nameProperty: 'hs_appointment_name', isActivatable: true },
  companies: { typeId: '0-2', nameProperty: 'name' },
  contacts: { typeId: '0-1', nameProperty: 'firstname' },
  courses: { typeId: '0-410', nameProperty: 'hs_course_name', isActivatable: true },
  deals: { typeId: '0-3', nameProperty: 'dealname', pipeline: { pipeline: 'pipeline', stage: 'dealstage' } },
  listings: { typeId: '0-420', nameProperty: 'hs_name', isActivatable: true },
  orders: { typeId: '0-123', nameProperty: 'hs_order_name', isActivatable: true },
  products: { typeId: '0-7', nameProperty: 'name' },
  projects: { typeId: '0-970', nameProperty: 'hs_name', isActivatable: true, pipeline: pipelineOf('hs_') },
  services: { typeId: '0-162', nameProperty: 'hs_name', isActivatable: true, pipeline: pipelineOf('hs_') },
  tickets: { typeId: '0-5', nameProperty: 'subject', pipeline: pipelineOf('hs_') },
}

/** The scopes for reading and writing records, and for creating properties. */
export interface ObjectScopes {
  readRecords: string
  writeRecords: string
  readProperties: string
  writeProperties: string
}

/** Custom objects share their scopes; tickets and products have their own. */
export function scopesOf(object: string): ObjectScopes {
  const family = object in standardObjects ? object : 'custom'
  const scopes = {
    readRecords: `crm.objects.${family}.read`,
    writeRecords: `crm.objects.${family}.write`,
    readProperties: `crm.schemas.${family}.read`,
    writeProperties: `crm.schemas.${family}.write`,
  }
  if (object === 'products') return { ...scopes, readProperties: 'e-commerce', writeProperties: 'e-commerce' }
  if (object !== 'tickets') return scopes
  return {
    readRecords: 'tickets',
    writeRecords: 'tickets',
    readProperties: 'tickets',
    writeProperties: 'tickets',
  }
}

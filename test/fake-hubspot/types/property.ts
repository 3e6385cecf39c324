/** `Option` of CRM/Properties/Rollouts/145899/2026-09/properties.json. */
export interface PropertyOption {
  label: string
  value: string
  displayOrder: number
  hidden: boolean
  description?: string
}

/** What the fake stores of a property: the fields of `Property` in the same file that can differ here. */
export interface Property {
  name: string
  label: string
  type: string
  fieldType: string
  groupName: string
  description: string
  options: PropertyOption[]
  displayOrder: number
  hasUniqueValue: boolean
  hidden: boolean
  formField: boolean
  hubspotDefined: boolean
  readOnlyValue: boolean
  createdAtMs: number
  updatedAtMs: number
}

/** As `Property` of the vendor's model; live responses omit `archived` for HubSpot's own. */
export function propertyBody(property: Property): Record<string, unknown> {
  const { readOnlyValue, createdAtMs, updatedAtMs, hubspotDefined, ...told } = property
  return {
    ...told,
    externalOptions: false,
    calculated: false,
    dataSensitivity: 'non_sensitive',
    modificationMetadata: {
      archivable: !hubspotDefined,
      readOnlyDefinition: hubspotDefined,
      readOnlyOptions: false,
      readOnlyValue,
    },
    ...(hubspotDefined
      ? { hubspotDefined }
      : {
          archived: false,
          createdAt: new Date(createdAtMs).toISOString(),
          updatedAt: new Date(updatedAtMs).toISOString(),
        }),
  }
}

/** A property that exists in every portal. */
export function standardProperty(
  name: string,
  groupName: string,
  type: string,
  extra: Partial<Property> = {},
): Property {
  const fieldType =
    { number: 'number', date: 'date', datetime: 'date', enumeration: 'select' }[type] ?? 'text'
  return {
    name,
    label: name,
    type,
    fieldType,
    groupName,
    description: '',
    options: [],
    displayOrder: -1,
    hasUniqueValue: false,
    hidden: false,
    formField: false,
    hubspotDefined: true,
    readOnlyValue: false,
    createdAtMs: 0,
    updatedAtMs: 0,
    ...extra,
  }
}

export function optionsOf(...values: string[]): PropertyOption[] {
  return values.map((value, displayOrder) => ({ label: value, value, displayOrder, hidden: false }))
}

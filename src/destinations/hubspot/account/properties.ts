import type { Field, FieldKind, Language, Words } from '../mapping/field.ts'

/** A property of ours on an object in HubSpot, as its API takes it. */
export interface PropertyDefinition {
  name: string
  label: string
  description: string
  type: 'string' | 'number' | 'datetime' | 'bool'
  fieldType: 'text' | 'textarea' | 'number' | 'date' | 'booleancheckbox'
  hasUniqueValue?: true
  /** HubSpot wants them named for yes and no. */
  options?: PropertyOption[]
}

export interface PropertyOption {
  label: string
  value: string
  displayOrder: number
  hidden: boolean
}

export const propertyGroupName = 'qrsync'
const groupLabel: Words = { en: 'QR codes', de: 'QR-Codes' }

export function propertyGroup(language: Language) {
  return { name: propertyGroupName, label: groupLabel[language] }
}

const types = {
  text: { type: 'string', fieldType: 'text' },
  long_text: { type: 'string', fieldType: 'textarea' },
  count: { type: 'number', fieldType: 'number' },
  time: { type: 'datetime', fieldType: 'date' },
  flag: { type: 'bool', fieldType: 'booleancheckbox' },
} as const satisfies Record<FieldKind, Pick<PropertyDefinition, 'type' | 'fieldType'>>

const yes: Words = { en: 'Yes', de: 'Ja' }
const no: Words = { en: 'No', de: 'Nein' }

export function definitionOf(
  { name, kind, label, description, isUnique }: Omit<Field<never>, 'valueOf'>,
  language: Language,
): PropertyDefinition {
  const definition: PropertyDefinition = {
    name,
    label: label[language],
    description: description[language],
    ...types[kind],
  }
  if (isUnique) definition.hasUniqueValue = true
  if (kind === 'flag') {
    definition.options = [
      { label: yes[language], value: 'true', displayOrder: 0, hidden: false },
      { label: no[language], value: 'false', displayOrder: 1, hidden: false },
    ]
  }
  return definition
}

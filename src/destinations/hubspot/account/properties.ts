import type { Option, PropertyCreate } from '@hubspot/api-client/lib/codegen/crm/properties/index.js'
import type { Plain, Told } from '../http/told.ts'
import type { Choice } from '../mapping/choices.ts'
import type { Field, FieldKind } from '../mapping/field.ts'
import type { Language } from '../settings.ts'
import type { Words } from '../mapping/language.ts'

/**
 * A property of ours on an object in HubSpot, in the form of its API. HubSpot requires options for yes and no
 * too.
 */
export interface PropertyDefinition extends Pick<
  Plain<PropertyCreate>,
  'name' | 'label' | 'type' | 'fieldType'
> {
  description: string
  hasUniqueValue?: true
  options?: PropertyOption[]
}

export interface PropertyOption {
  label: string
  value: string
  displayOrder: number
  hidden: boolean
  description?: string
}

/** Parses options as HubSpot returns them; leaves out those without a value. */
export function toOptions(told: Told<Option[]>): PropertyOption[] {
  return (told ?? []).flatMap((each) => {
    if (typeof each?.value !== 'string') return []
    const { value, label, displayOrder, hidden, description } = each
    const option = { value, label: label ?? value, displayOrder: displayOrder ?? -1, hidden: hidden ?? false }
    return [typeof description === 'string' ? { ...option, description } : option]
  })
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
  choice: { type: 'enumeration', fieldType: 'select' },
} as const satisfies Record<FieldKind, Pick<PropertyDefinition, 'type' | 'fieldType'>>

const yes: Words = { en: 'Yes', de: 'Ja' }
const no: Words = { en: 'No', de: 'Nein' }

export function definitionOf(
  { name, kind, label, description, isUnique, choice }: Omit<Field<never>, 'valueOf'>,
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
  if (choice !== null) {
    const options = choice.first.map((value) => optionOf(choice, value, language))
    definition.options = mergeOptions([], options)
  }
  return definition
}

export function optionOf({ labelOf }: Choice, value: string, language: Language): PropertyOption {
  return { label: labelOf(value, language), value, displayOrder: -1, hidden: false }
}

/** Merges the existing options, with the wanted labels, and new ones. HubSpot accepts each label once. */
export function mergeOptions(
  there: readonly PropertyOption[],
  wanted: readonly PropertyOption[],
): PropertyOption[] {
  const labels = new Map(wanted.map(({ value, label }) => [value, label]))
  const values = new Set(there.map(({ value }) => value))
  const all = [...there, ...wanted.filter(({ value }) => !values.has(value))]
  const taken = new Set<string>()
  return all.map((option, displayOrder) => {
    const given = labels.get(option.value) ?? option.label
    const label = taken.has(given.toLowerCase()) ? `${given} (${option.value})` : given
    taken.add(label.toLowerCase())
    return { ...option, label, displayOrder }
  })
}

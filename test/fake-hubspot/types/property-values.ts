import type { ValueProblem } from '../errors.ts'
import type { Property } from './property.ts'

/** Types, formats and the length of a string: https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide. */
const maxStringLength = 65_536
const dayMs = 86_400_000

/**
 * Returns the value as the vendor stores it, or why it does not accept it. Codes as seen in responses of the
 * live API: INVALID_LONG, INVALID_INTEGER, INVALID_OPTION, INVALID_DATE, INVALID_EMAIL. An empty string clears.
 *
 * @param before the record's current value: a leading semicolon adds to it
 */
export function checkValue(property: Property, value: string, before = ''): string | ValueProblem {
  if (value === '') return value
  if (property.readOnlyValue) {
    return problem(
      property,
      'READ_ONLY_VALUE',
      `"${property.name}" is a read only property; its value cannot be set.`,
    )
  }
  switch (property.type) {
    case 'number':
      return numeric.test(value)
        ? value
        : problem(property, 'INVALID_INTEGER', `${value} was not a valid number.`)
    case 'datetime':
      return checkDatetime(property, value)
    case 'date':
      return checkDate(property, value)
    case 'bool':
    case 'enumeration':
      return checkOptions(property, value, before)
    default:
      return checkString(property, value)
  }
}

const numeric = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const epochMs = /^-?\d{1,15}$/
const isoDate = /^\d{4}-\d{2}-\d{2}$/
const isoDatetime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/

function checkDatetime(property: Property, value: string): string | ValueProblem {
  const ms = readTime(value)
  if (ms === null) return problem(property, 'INVALID_LONG', `${value} was not a valid long.`)
  return new Date(ms).toISOString()
}

function checkDate(property: Property, value: string): string | ValueProblem {
  const ms = readTime(value)
  if (ms === null) return problem(property, 'INVALID_LONG', `${value} was not a valid long.`)
  const iso = new Date(ms).toISOString()
  if (ms % dayMs === 0) return iso.slice(0, 10)
  return problem(property, 'INVALID_DATE', `${ms} is at ${iso.slice(11, 23)} UTC, not midnight!`)
}

function readTime(value: string): number | null {
  const ms = epochMs.test(value) ? Number(value) : readIso(value)
  return Math.abs(ms) <= 8.64e15 ? ms : null
}

function readIso(value: string): number {
  if (!isoDate.test(value) && !isoDatetime.test(value)) return Number.NaN
  const ms = Date.parse(value)
  // Date reads 2026-02-30 as 2 March.
  const isSameDay = !value.endsWith('Z') && !isoDate.test(value)
  return isSameDay || new Date(ms).getUTCDate() === Number(value.slice(8, 10)) ? ms : Number.NaN
}

/**
 * Only checkboxes have several values, separated by semicolons without spaces; a leading one adds to the
 * existing values.
 */
function checkOptions(property: Property, value: string, before: string): string | ValueProblem {
  const isMany = property.fieldType === 'checkbox'
  const added = isMany && value.startsWith(';') ? before.split(';').filter(Boolean) : []
  const given = isMany ? value.split(';').filter(Boolean) : [value]
  const wrong = given.find((one) => !property.options.some((option) => option.value === one))
  if (wrong === undefined) return isMany ? [...new Set([...added, ...given])].join(';') : value
  const allowed = property.options.map((option) => option.value).join(', ')
  return problem(property, 'INVALID_OPTION', `${wrong} was not one of the allowed options: [${allowed}]`)
}

function checkString(property: Property, value: string): string | ValueProblem {
  if (value.length > maxStringLength) {
    // The limit is documented; the code and the words are our guess.
    return problem(
      property,
      'INVALID_STRING_LENGTH',
      `${value.slice(0, 20)}… is ${value.length} characters long, over the limit of ${maxStringLength}.`,
    )
  }
  if (property.name !== 'email') return value
  // The live API stores addresses in lower case.
  return /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(value)
    ? value.toLowerCase()
    : problem(property, 'INVALID_EMAIL', `Email address ${value} is invalid`)
}

function problem(property: Property, error: string, message: string): ValueProblem {
  return { name: property.name, error, message }
}

import { toUtcTime } from '../model/rfc3339.ts'
import { digitsOf } from '../model/exact-json.ts'

/*
 * What can be read without loss although it is spelled otherwise than documented: an integer as an id, 0 and 1 as a boolean,
 * digits as a count, an empty list as an empty object, a time in another zone or spelling. A value that needs a guess (a
 * time without a zone, `false` as a text) is returned as it came, and refused by the schema behind.
 */

type Read = (value: unknown) => unknown

/** A number by its digits. */
export const lenientText: Read = (value) =>
  digitsOf(value) ?? (typeof value === 'number' ? String(value) : value)

/** Fractions are no ids: `1.0` and `1` could be two, or one. */
export const lenientId: Read = (value) => {
  const text = lenientText(value)
  return typeof text === 'string' && (typeof value === 'string' || /^-?\d+$/.test(text)) ? text : value
}

export const lenientFlag: Read = (value) => {
  const word = digitsOf(value) === null ? value : Number(digitsOf(value))
  if (word === 0 || word === 1) return word === 1
  if (typeof word !== 'string') return value
  if (/^(?:true|1)$/i.test(word)) return true
  return /^(?:false|0)$/i.test(word) ? false : value
}

export const lenientCount: Read = (value) => {
  const digits = digitsOf(value)
  // "+ 0" makes 0 of -0.
  if (digits !== null) return Number(digits) + 0
  return typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
}

export const lenientTime: Read = (value) => (typeof value === 'string' ? (toUtcTime(value) ?? value) : value)

/** An empty text is no time. */
export const lenientOptionalTime: Read = (value) => (value === '' ? null : lenientTime(value))

/** PHP writes an empty object as an empty list. */
export const lenientObject: Read = (value) => (Array.isArray(value) && value.length === 0 ? {} : value)

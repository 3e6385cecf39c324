import { toUtcTime } from '../model/rfc3339.ts'
import { digitsOf } from '../model/exact-json.ts'

/*
 * Reads values that differ from the documented format without loss: an integer as an id, 0 and 1 as a boolean,
 * digits as a count, an empty list as an empty object, a time in another zone or spelling. A value that needs a
 * guess (a time without a zone, `false` as a text) is returned as it arrived, and the schema then refuses it.
 */

type Read = (value: unknown) => unknown

/** Reads a number as its digits. */
export const lenientText: Read = (value) =>
  digitsOf(value) ?? (typeof value === 'number' ? String(value) : value)

/** Fractions are not ids: `1.0` and `1` could be two ids or one. */
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
  // "+ 0" turns -0 into 0.
  if (digits !== null) return Number(digits) + 0
  return typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
}

export const lenientTime: Read = (value) => (typeof value === 'string' ? (toUtcTime(value) ?? value) : value)

/** An empty text is not a time. */
export const lenientOptionalTime: Read = (value) => (value === '' ? null : lenientTime(value))

/** PHP writes an empty object as an empty list. */
export const lenientObject: Read = (value) => (Array.isArray(value) && value.length === 0 ? {} : value)

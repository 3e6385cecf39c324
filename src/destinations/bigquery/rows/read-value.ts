import { isRfc3339Date, isRfc3339DateTime } from '../../../model/rfc3339.ts'
import type { ColumnType } from '../../../streams/define-stream.ts'
import { isInt64, isWideInteger } from './wide-numbers.ts'

/** The result for a value of the wrong kind. */
export const unreadable = Symbol('unreadable')

/** BigQuery's TIMESTAMP stores microseconds. */
const plainTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/
const anyTime = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)?$/

/**
 * Converts a value (never null) for BigQuery. Returns the same value if it is accepted as it is, another one if
 * it needs another format, or {@link unreadable}.
 */
export const readValue: Record<ColumnType, (value: unknown) => unknown> = {
  text(value) {
    if (typeof value === 'string') return value
    return JSON.stringify(value)
  },
  integer(value) {
    if (typeof value === 'number') {
      return Number.isInteger(value) && isInt64(BigInt(value)) ? value : unreadable
    }
    if (isWideInteger(value)) return value
    return typeof value === 'string' && /^-?\d{1,19}$/.test(value) && isInt64(BigInt(value))
      ? value
      : unreadable
  },
  boolean(value) {
    if (typeof value === 'boolean') return value
    const text = typeof value === 'string' ? value.toLowerCase() : ''
    return text === 'true' || text === 'false' ? text === 'true' : unreadable
  },
  time: readTime,
  date: (value) =>
    typeof value === 'string' && isRfc3339Date(value) && isInRange(value) ? value : unreadable,
  json: (value) => value,
}

/**
 * Converts to UTC, which divides the days. Cuts fractions finer than microseconds, so that no time moves into
 * the next day.
 */
function readTime(value: unknown): string | typeof unreadable {
  if (typeof value !== 'string') return unreadable
  if (plainTime.test(value)) return isRfc3339DateTime(value) && isInRange(value) ? value : unreadable
  const [, day = '', time = '', fraction = '', zone = 'Z'] = anyTime.exec(value) ?? []
  const whole = `${day}T${time}${zone.toUpperCase()}`
  if (!isRfc3339DateTime(whole)) return unreadable
  const utc = new Date(whole).toISOString().replace('.000Z', '')
  const read = fraction === '' ? `${utc}Z` : `${utc}.${fraction.slice(0, 6)}Z`
  return plainTime.test(read) && isInRange(read) ? read : unreadable
}

/** BigQuery's years begin with 1. */
function isInRange(day: string): boolean {
  return !day.startsWith('0000')
}

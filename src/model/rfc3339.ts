const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i
/** The form in which we store a time. The fraction is limited, because nobody stores more than nanoseconds. */
const utcShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/
/** Texts that name an instant without a guess: ISO 8601 with a zone. */
const looseShape =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:([Zz])|([+-]\d\d)(?::?(\d\d))?)$/
const dateShape = /^\d{4}-\d\d-\d\d$/
const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * Whether a text is an existing date-time with a zone. `Date.parse` alone would accept 30 February, and turn it
 * into 1 March. A leap second is refused, because neither JavaScript nor DuckDB can represent it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export function isRfc3339DateTime(text: string): boolean {
  return (
    shape.test(text) &&
    dayExists(text) &&
    twoDigits(text, 11) <= 23 &&
    twoDigits(text, 14) <= 59 &&
    twoDigits(text, 17) <= 59 &&
    isOffset(text)
  )
}

/** Whether a time has the form that all destinations accept: UTC, upper case, years 0001 to 9999. */
export function isUtcTime(text: string): boolean {
  return utcShape.test(text) && !text.startsWith('0000') && isRfc3339DateTime(text)
}

/**
 * Returns the same instant in the form of {@link isUtcTime}, or null if the text names none. A leap second
 * becomes the last microsecond before it, because JavaScript and DuckDB cannot represent it: it stays after
 * everything before it, and before everything after it. Digits after the nanoseconds are cut.
 */
export function toUtcTime(text: string): string | null {
  if (isUtcTime(text)) return text
  const [, day, clock, second = '00', digits = '', z, hours, minutes = '00'] = looseShape.exec(text) ?? []
  if (day === undefined || clock === undefined) return null
  const isLeap = second === '60'
  const fraction = isLeap ? '999999' : digits.slice(0, 9)
  const zone = z === undefined ? `${hours}:${minutes}` : 'Z'
  const whole = `${day}T${clock}:${isLeap ? '59' : second}${zone}`
  if (!isRfc3339DateTime(whole)) return null
  const timeMs = Date.parse(whole)
  // A leap second can only be the last second of a day in UTC.
  if (isLeap && (timeMs + 1000) % 86_400_000 !== 0) return null
  const seconds = new Date(timeMs).toISOString().slice(0, -'.000Z'.length)
  const utc = fraction === '' ? `${seconds}Z` : `${seconds}.${fraction}Z`
  return isUtcTime(utc) ? utc : null
}

/** Whether two times are the same instant to the millisecond, in any format. */
export function isSameTime(a: string | null, b: string | null): boolean {
  return a === b || (a !== null && b !== null && Date.parse(a) === Date.parse(b))
}

/** Whether a text is an existing day, such as `2026-03-14`. */
export function isRfc3339Date(text: string): boolean {
  return dateShape.test(text) && dayExists(text)
}

function dayExists(text: string): boolean {
  const year = 100 * twoDigits(text, 0) + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  const days = month === 2 && isLeapYear(year) ? 29 : (daysInMonth[month - 1] ?? 0)
  return day >= 1 && day <= days
}

function isOffset(text: string): boolean {
  if (text.length < 25 || text.at(-3) !== ':') return true
  return twoDigits(text, text.length - 5) <= 23 && twoDigits(text, text.length - 2) <= 59
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** By character codes: this runs for every scan, and a slice would allocate a string. */
function twoDigits(text: string, at: number): number {
  return 10 * (text.charCodeAt(at) - 48) + text.charCodeAt(at + 1) - 48
}

const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i
const dateShape = /^\d{4}-\d\d-\d\d$/
const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * Whether a text is a date-time with a zone that exists. `Date.parse` alone would take a 30th of February, and turn it
 * into the 1st of March. A leap second is refused: neither JavaScript nor DuckDB has a place for it.
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

/** Whether a text is a day that exists, such as `2026-03-14`. */
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

/** By character codes: this runs once for every scan, and a slice would be a string to collect. */
function twoDigits(text: string, at: number): number {
  return 10 * (text.charCodeAt(at) - 48) + text.charCodeAt(at + 1) - 48
}

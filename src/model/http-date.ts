const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

const time = '(?<hour>[01]\\d|2[0-3]):(?<minute>[0-5]\\d):(?<second>[0-5]\\d|60)'
const month = `(?<month>${months.join('|')})`
const weekday = `(?<weekday>${weekdays.join('|')})`

/** The three forms of RFC 9110, section 5.6.7. The last two are obsolete, but a recipient must accept them. */
const forms = [
  new RegExp(`^${weekday}, (?<day>\\d\\d) ${month} (?<year>\\d{4}) ${time} GMT$`),
  new RegExp(
    `^(?<weekday>Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day, (?<day>\\d\\d)-${month}-(?<year>\\d\\d) ${time} GMT$`,
  ),
  new RegExp(`^${weekday} ${month} (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})$`),
]

const fiftyYearsMs = 50 * 365.2425 * 24 * 3_600_000

/**
 * Parses an HTTP-date. It is strict where `Date.parse` guesses: a wrong weekday or 30 February is not a date.
 *
 * @param now in ms since 1970; a two-digit year is the one within the next 50 years or before
 * @returns ms since 1970, or null for anything that is not an HTTP-date
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#name-date-time-formats
 */
export function parseHttpDate(text: string, now: number): number | null {
  for (const form of forms) {
    const fields = form.exec(text)?.groups
    if (fields) return assemble(fields, now)
  }
  return null
}

function assemble(fields: Record<string, string>, now: number): number | null {
  const monthIndex = months.indexOf(fields['month'] ?? '')
  const day = Number(fields['day'])
  const clockMs =
    1000 * (3600 * Number(fields['hour']) + 60 * Number(fields['minute']) + Number(fields['second']))
  const midnight = new Date(0)

  let year = Number(fields['year'])
  midnight.setUTCFullYear(year, monthIndex, day)
  if (fields['year']?.length === 2) {
    const century = Math.floor(new Date(now).getUTCFullYear() / 100) * 100
    for (year += century + 100; ; year -= 100) {
      midnight.setUTCFullYear(year, monthIndex, day)
      if (midnight.getTime() + clockMs - now <= fiftyYearsMs) break
    }
  }

  const exists = midnight.getUTCMonth() === monthIndex && midnight.getUTCDate() === day
  const weekday = weekdays[midnight.getUTCDay()] ?? ''
  return exists && fields['weekday']?.startsWith(weekday) ? midnight.getTime() + clockMs : null
}

import { z } from 'zod'

const oneReading =
  'a URL that can be read in one way only: in the user, the password and the parameters, write "@" as %40, "/" as %2F, "?" as %3F and "#" as %23'
const wholeCharacters = 'a URL of whole characters: half of a surrogate pair cannot be sent'

/**
 * The URL of a PostgreSQL database. Its user and password may hold `/`, `#`, `?` and `%` as they are, as a password does that a
 * reference puts there; the value has them percent-encoded. A URL that could name two hosts is refused.
 */
export function postgresUrl(rule: string) {
  return z
    .string()
    .transform((text, context) => {
      const [, scheme = '', rest = ''] = /^(postgres(?:ql)?:\/\/)(.*)$/is.exec(text) ?? []
      if (scheme === '') return text
      const at = endOfUser(rest)
      if (at === null || !rest.isWellFormed()) {
        context.addIssue({ code: 'custom', message: at === null ? oneReading : wholeCharacters, input: text })
        return z.NEVER
      }
      return at === -1
        ? scheme + encodedPlace(rest)
        : scheme + encodedUser(rest, at) + encodedPlace(rest.slice(at))
    })
    .pipe(z.url({ protocol: /^postgres(ql)?$/i, error: rule }))
}

/**
 * @param rest the URL behind its scheme
 * @returns the index of the "@" behind the user and the password; -1 where there is none; null where it could be one of two
 */
function endOfUser(rest: string): number | null {
  const ends = [-1, ...Array.from(rest.matchAll(/@/g), ({ index }) => index)]
  const readings = ends.filter((at) => isPlace(rest.slice(at + 1)))
  const [first, second] = readings
  // No URL, as the check that follows reports.
  if (first === undefined) return rest.lastIndexOf('@')
  return second === undefined || isClear(rest.slice(first + 1)) ? first : null
}

const placePattern = /^(?<address>[^/?#]*)(?<database>[^?#]*)(?:\?(?<parameters>[^#]*))?(?<hash>.*)$/s
const addressPattern = /^(?:\[[\da-f:.]+\]|[^:[\]@]*)(?::\d*)?$/i

/** Whether the text can be a host with database and parameters. An "@" can only be in the value of a parameter. */
function isPlace(text: string): boolean {
  const { address = '', database = '', hash = '' } = placePattern.exec(text)?.groups ?? {}
  return (
    addressPattern.test(address) &&
    !(database + hash).includes('@') &&
    parametersOf(text).every(({ name }) => /^[a-z_]*$/i.test(name))
  )
}

/** @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS */
const parametersWithAt = new Set([
  'user',
  'password',
  'options',
  'application_name',
  'fallback_application_name',
])

/** Whether each "@" surely belongs to its parameter: what follows it begins no database. */
function isClear(place: string): boolean {
  return parametersOf(place)
    .filter(({ value }) => value.includes('@'))
    .every(({ name, value }) => parametersWithAt.has(name) && !/@.*\//s.test(value))
}

function parametersOf(place: string): { name: string; value: string }[] {
  const { parameters = '' } = placePattern.exec(place)?.groups ?? {}
  return parameters.split('&').map((parameter) => {
    const [name = '', ...value] = parameter.split('=')
    return { name, value: value.join('=') }
  })
}

function encodedUser(rest: string, at: number): string {
  const [user = '', ...password] = rest.slice(0, at).split(':')
  const parts = password.length === 0 ? [user] : [user, password.join(':')]
  return parts.map((part) => encoded(part, encodeURIComponent)).join(':')
}

/** A space or a "%" in it would make pg encode the password again. */
function encodedPlace(place: string): string {
  return encoded(place, (character) => (/[ %]/.test(character) ? encodeURIComponent(character) : character))
}

/** A character in UTF-8. `%ab` alone is none: a password that holds it has a "%". */
const percentEncoded =
  /%[0-7][\da-f]|%[cd][\da-f]%[89ab][\da-f]|%e[\da-f](?:%[89ab][\da-f]){2}|%f[0-7](?:%[89ab][\da-f]){3}/giu

/** What is percent-encoded stays so. */
function encoded(text: string, encode: (character: string) => string): string {
  const kept = [...text.matchAll(percentEncoded)].filter(([sequence]) => isDecodable(sequence))
  let end = 0
  let result = ''
  for (const { 0: sequence, index } of kept) {
    result += Array.from(text.slice(end, index), encode).join('') + sequence
    end = index + sequence.length
  }
  return result + Array.from(text.slice(end), encode).join('')
}

function isDecodable(sequence: string): boolean {
  try {
    return decodeURIComponent(sequence) !== ''
  } catch {
    return false
  }
}

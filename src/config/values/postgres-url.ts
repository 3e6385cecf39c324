import { z } from 'zod'

/**
 * The URL of a PostgreSQL database. Its user and password may hold `/`, `#`, `?` and `%` as they are, as a password does that a
 * reference puts there; the value has them percent-encoded.
 */
export function postgresUrl(rule: string) {
  return z
    .string()
    .transform(withEncodedUser)
    .pipe(z.url({ protocol: /^postgres(ql)?$/i, error: rule }))
}

/** Where the URL is none, it is returned as it is. */
function withEncodedUser(text: string): string {
  const [, scheme = '', rest = ''] = /^(postgres(?:ql)?:\/\/)(.*)$/is.exec(text) ?? []
  const at = endOfUser(text, rest)
  if (at === -1) return text
  const [user = '', ...password] = rest.slice(0, at).split(':')
  const parts = password.length === 0 ? [user] : [user, password.join(':')]
  return `${scheme}${parts.map(encoded).join(':')}${rest.slice(at)}`
}

/** @returns the index of the "@" behind the user and the password; -1 where there is none */
function endOfUser(text: string, rest: string): number {
  const last = rest.lastIndexOf('@')
  const authorityEnd = rest.search(/[/?#]/)
  const isStandard = authorityEnd === -1 || last < authorityEnd
  if (last === -1 || isStandard) return last
  const parsed = URL.parse(text)
  // An "@" in the value of a parameter belongs there, as in `?user=me@tenant`.
  const isInParameter =
    parsed !== null &&
    !(parsed.pathname + parsed.hash).includes('@') &&
    parsed.search.split('&').every((part) => !part.split('=', 1)[0]?.includes('@'))
  return isInParameter ? rest.lastIndexOf('@', authorityEnd) : last
}

/** What is percent-encoded stays so. */
function encoded(text: string): string {
  return text.replaceAll(/%[0-9a-f]{2}|[^%]|%/gisu, (part) =>
    part.length === 3 ? part : encodeURIComponent(part),
  )
}

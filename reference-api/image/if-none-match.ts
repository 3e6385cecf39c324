/**
 * Whether the header of a request names the entity tag of what would be answered: by RFC 9110, section 13.1.2, a list of
 * tags, compared without regard to `W/`, or `*`.
 */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  const tags: string[] = header.match(/"[\x21\x23-\x7e\x80-\xff]*"/g) ?? []
  return tags.includes(etag)
}

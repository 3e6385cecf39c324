/**
 * Whether the header of a request contains the entity tag of the response. By RFC 9110, section 13.1.2, it is a
 * list of tags, compared without `W/`, or `*`.
 */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  const tags: string[] = header.match(/"[\x21\x23-\x7e\x80-\xff]*"/g) ?? []
  return tags.includes(etag)
}

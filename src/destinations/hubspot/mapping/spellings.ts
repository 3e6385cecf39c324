import { domainToASCII, domainToUnicode } from 'node:url'

/**
 * How HubSpot may hold what a code names, the closest first. Its search finds texts in any letters, if they are sent in small
 * ones. A company's domain is kept without what surrounds it in an address, and in either way to write one that is not ASCII.
 *
 * @see https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm ("IN": values must be lower-case)
 */
export function spellingsOf(property: string, key: string): string[] {
  const text = key.trim().toLowerCase()
  if (property !== 'domain') return [text]
  const host = text
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
    .replace(/[/?#:].*$/, '')
    .replace(/\.$/, '')
  const bare = host.replace(/^www\./, '')
  const all = [text, host, bare, domainToASCII(bare), domainToUnicode(bare)]
  return [...new Set(all.filter((each) => each !== ''))]
}

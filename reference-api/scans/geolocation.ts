import type { IncomingHttpHeaders } from 'node:http'
import type { Place } from '../store/scans.ts'

/** Tells where a visitor is, from what the request says. Nothing but the place is kept of it. */
export type Geolocation = (visitor: { ip: string; headers: IncomingHttpHeaders }) => Place

export const nowhere: Place = { country: null, region: null, city: null }

/** Knows no place. */
export const noGeolocation: Geolocation = () => nowhere

// User-assigned codes, by which proxies say that they do not know either.
const unknownCountries = new Set(['XX', 'ZZ'])

/**
 * Takes the country from a header of the proxy in front of the server, as in `CF-IPCountry`: an ISO 3166-1 alpha-2 code.
 * Only for a server that visitors cannot reach without that proxy, or they could name any country.
 */
export function countryFromHeader(name: string): Geolocation {
  const header = name.toLowerCase()
  return ({ headers }) => {
    const country = String(headers[header] ?? '').toUpperCase()
    const isKnown = /^[A-Z]{2}$/.test(country) && !unknownCountries.has(country)
    return isKnown ? { ...nowhere, country } : nowhere
  }
}

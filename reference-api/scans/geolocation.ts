import type { IncomingHttpHeaders } from 'node:http'
import type { Place } from '../store/scans.ts'

/** Locates a visitor by the request. Only the place is stored. */
export type Geolocation = (visitor: { ip: string; headers: IncomingHttpHeaders }) => Place

export const nowhere: Place = { country: null, region: null, city: null }

/** Locates nobody. */
export const noGeolocation: Geolocation = () => nowhere

// User-assigned codes with which proxies say that they do not know the country.
const unknownCountries = new Set(['XX', 'ZZ'])

/**
 * Reads the country from a header of the proxy in front of the server, such as `CF-IPCountry`: an ISO 3166-1
 * alpha-2 code. Only for a server that visitors cannot reach without that proxy; otherwise they could name any
 * country.
 */
export function countryFromHeader(name: string): Geolocation {
  const header = name.toLowerCase()
  return ({ headers }) => {
    const country = String(headers[header] ?? '').toUpperCase()
    const isKnown = /^[A-Z]{2}$/.test(country) && !unknownCountries.has(country)
    return isKnown ? { ...nowhere, country } : nowhere
  }
}

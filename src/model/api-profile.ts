/** The most codes or scans that the API puts on a page: openapi.yaml, `per_page`. */
export const rowsPerPage = 100

/**
 * Which optional features the API has. Learned from its responses; null until one has shown it. Without any of
 * them the connector is still correct, but its data is less fresh.
 */
export interface ApiProfile {
  /** Whether the list counts each code's scans. */
  scanCount: boolean | null
  /** Whether the list reports when each code was last scanned. */
  lastScannedAt: boolean | null
  /** Whether the list can be sorted by that, so that its first page shows what is new. */
  sort: boolean | null
  /** Whether the list can return only what has changed since a time. */
  updatedSince: boolean | null
  /** Whether scans can be requested from a time on. */
  from: boolean | null
  /** Whether scans can be requested with the oldest first. */
  order: boolean | null
  /** Whether pages contain the total number of rows. */
  totals: boolean | null
  /** Scans per page, which may be fewer than requested. */
  scansPerPage: number | null
}

export const unknownProfile: ApiProfile = {
  scanCount: null,
  lastScannedAt: null,
  sort: null,
  updatedSince: null,
  from: null,
  order: null,
  totals: null,
  scansPerPage: null,
}

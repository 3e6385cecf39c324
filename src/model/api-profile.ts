/**
 * Which of the helps that the API need not offer are there. Learned from its answers; null while none has shown it. Without
 * any of them the connector is as correct, only less fresh.
 */
export interface ApiProfile {
  /** The list counts each code's scans. */
  scanCount: boolean | null
  /** The list tells when each code was last scanned. */
  lastScannedAt: boolean | null
  /** The list can be sorted by that, so that its first page shows what is new. */
  sort: boolean | null
  /** The list can be asked for what has changed since a time. */
  updatedSince: boolean | null
  /** Scans can be asked for from a time on. */
  from: boolean | null
  /** Scans can be asked for with the oldest first. */
  order: boolean | null
  /** Pages tell how many rows there are in all. */
  totals: boolean | null
  /** Scans on a page, which may be fewer than were asked for. */
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

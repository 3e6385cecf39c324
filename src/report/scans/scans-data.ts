import type { CodeScans, ScansPerCode, ScansPerDay } from '../report-data.ts'

/** Scans of a period, for an account or one code. */
export interface ScanFigures {
  scans: number
  /** Those that were the first of their visitor and code on their UTC day; null if the API does not say. */
  unique_scans: number | null
  /** Codes that were scanned. */
  codes: number
}

/** Scans with something in common; `name` is null if the API does not say what. */
export interface ScanShare {
  name: string | null
  scans: number
}

/** Scans of codes whose destination URL names the same campaign. */
export interface CampaignScans {
  /** `utm_campaign`, `utm_source` and `utm_medium`; null if the URL has none. */
  campaign: string | null
  source: string | null
  medium: string | null
  codes: number
  scans: number
  unique_scans: number | null
  previous_scans: number
}

/** Who scanned, when and with what. Days and hours are UTC. */
export interface Audience {
  /** The number of days, today included, and when they begin. */
  days: number
  since: string
  period: ScanFigures
  /** The same time before: as many days, which ended at the same time of day. */
  previous: ScanFigures
  /** The most scans first. */
  campaigns: CampaignScans[]
  /** Countries (ISO 3166-1 alpha-2), the most scans first; null if no scan has one, as on the Pro plan. */
  countries: ScanShare[] | null
  devices: ScanShare[]
  /** Scans by the hour of the day, from 0 to 23. */
  hours: number[]
}

/** How up to date the page is. */
export interface UpToDate {
  /**
   * When the API's list of codes was last read: all scans that it knew then are included, except those below.
   * Null before the first time.
   */
  listed_at: string | null
  /**
   * Scans that the API has reported and that have not landed yet: new ones, and those from before the connector
   * was set up.
   */
  waiting_scans: number
  older_scans: number
  /** Why no call is made, and until when; null while calls are made. */
  waits: { reason: string; until: string } | null
}

/** What the page shows to readers who want to know who scanned. */
export interface ScansData {
  connector: string
  made_at: string
  up_to_date: UpToDate
  scans: ScansPerDay
  codes: ScansPerCode
  audience: Audience
}

/** The same for one code. */
export interface CodeData {
  connector: string
  made_at: string
  up_to_date: UpToDate
  code: CodeScans
  scans: ScansPerDay
  audience: Audience
}

import type { CodeScans, ScansPerCode, ScansPerDay } from '../report-data.ts'

/** Scans of a period, of an account or of one code. */
export interface ScanFigures {
  scans: number
  /** The first of their visitor and code on their UTC day; null where the API does not tell. */
  unique_scans: number | null
  /** Codes that were scanned. */
  codes: number
}

/** Scans that have something in common; `name` is null where the API does not tell what. */
export interface ScanShare {
  name: string | null
  scans: number
}

/** Scans of the codes whose destination URL names the same campaign. */
export interface CampaignScans {
  /** `utm_campaign`, `utm_source` and `utm_medium`; null where the URL has none. */
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
  /** So many days, today's so far included, beginning at this time. */
  days: number
  since: string
  period: ScanFigures
  /** The same time before: as many days, ended at the same time of the day. */
  previous: ScanFigures
  /** The most scans first. */
  campaigns: CampaignScans[]
  /** Countries (ISO 3166-1 alpha-2), the most scans first; null where no scan tells one, as on the Pro plan. */
  countries: ScanShare[] | null
  devices: ScanShare[]
  /** Scans by the hour of the day, from 0 to 23. */
  hours: number[]
}

/** How far what is shown reaches. */
export interface UpToDate {
  /** When the API's list of codes was last read: all scans that it knew then are here, but for those below. Null before the first time. */
  listed_at: string | null
  /** Scans that the API has told of and that are on their way: new ones, and those from before the connector was set up. */
  waiting_scans: number
  older_scans: number
  /** Why no call goes out, and until when; null while calls go out. */
  waits: { reason: string; until: string } | null
}

/** What the page shows to those who want to know who scanned. */
export interface ScansData {
  connector: string
  made_at: string
  up_to_date: UpToDate
  scans: ScansPerDay
  codes: ScansPerCode
  audience: Audience
}

/** The same of one code. */
export interface CodeData {
  connector: string
  made_at: string
  up_to_date: UpToDate
  code: CodeScans
  scans: ScansPerDay
  audience: Audience
}

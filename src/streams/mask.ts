import type { Analytics, AnalyticsDimension } from '../model/analytics.ts'
import type { Scan } from './scans.ts'

/** Removes from a response what the config file forbids to store. */
export interface Mask {
  /** @param hashed fields that contain a hash already, which stays */
  scan(row: Scan, hashed?: readonly string[]): Scan
  analytics(answer: Analytics): Analytics
  /** Whether the value of a scan's field must not be shown or stored as it is. */
  hides(field: string): boolean
  hidesDimension(dimension: AnalyticsDimension): boolean
  /** Returns what may be stored of a scan's JSON text that cannot be parsed. */
  text(json: string): { json: string | null; hashed: readonly string[] }
}

import type { Analytics, AnalyticsDimension } from '../model/analytics.ts'
import type { Scan } from './scans.ts'

/** Takes out of an answer what is not to be kept. */
export interface Mask {
  /** @param hashed fields that hold a hash already, and keep it */
  scan(row: Scan, hashed?: readonly string[]): Scan
  analytics(answer: Analytics): Analytics
  /** Whether the value of a field of a scan must not be shown or kept as it is. */
  hides(field: string): boolean
  hidesDimension(dimension: AnalyticsDimension): boolean
  /** What may be kept of a scan's JSON text that cannot be read. */
  text(json: string): { json: string | null; hashed: readonly string[] }
}

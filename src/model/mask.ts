import type { Analytics } from './analytics.ts'
import type { Scan } from './scan.ts'

/** Takes out of an answer what is not to be kept. */
export interface Mask {
  scan(row: Scan): Scan
  analytics(answer: Analytics): Analytics
}

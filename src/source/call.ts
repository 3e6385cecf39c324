import type { Echo } from './echo.ts'

/** A call, as its errors speak of it. */
export interface Call {
  /** Method and path as documented: `GET /qr-codes/{id}/scans`. */
  endpoint: string
  /** The same with the id filled in, fit to be shown. */
  label: string
  /** As much of the key as may be shown. */
  keyLabel: string
  echo: Echo
}

import type { Echo } from './echo.ts'

/** A call, as its errors describe it. */
export interface Call {
  /** Method and path as documented: `GET /qr-codes/{id}/scans`. */
  endpoint: string
  /** The same with the id filled in; safe to show. */
  label: string
  /** The part of the key that may be shown. */
  keyLabel: string
  echo: Echo
}

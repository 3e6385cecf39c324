/**
 * One scan of a QR code. The names are those of the API, and also the names of the columns in every destination:
 * a row keeps one spelling on its whole way.
 */
export interface Scan {
  id: string
  qr_code_id: string
  /** RFC 3339 in UTC ({@link import('./rfc3339.ts').toUtcTime}): a finer fraction than milliseconds is kept. */
  scanned_at: string
  device_type: string | null
  os: string | null
  browser: string | null
  language: string | null
  referrer: string | null
  /** First scan of that visitor and code on that UTC day. */
  is_unique: boolean | null
  /** ISO 3166-1 alpha-2; only the Advanced plan has the three places. */
  country: string | null
  region: string | null
  city: string | null
  /** Fields that this version does not know yet; null when there are none. */
  extra: Record<string, unknown> | null
}

import { z } from 'zod'
import { isRfc3339Date, isRfc3339DateTime } from '../model/rfc3339.ts'

/*
 * The README promises new optional fields within v1 without notice, and not every plan has all of today's fields. So what
 * is absent becomes null, what is unknown is kept in `extra`, and only a known field of a wrong type is refused. Analytics
 * have no `extra`: unlike rows, they can be asked for again.
 */

const time = z.string().refine(isRfc3339DateTime, 'expected an RFC 3339 date-time with a zone')
const day = z.string().refine(isRfc3339Date, 'expected a date such as 2026-03-14')
const text = z.string().nullish()
const flag = z.boolean().nullish()
const count = z.int().nonnegative().nullish()

const scanRow = z.looseObject({
  id: z.string().min(1),
  qr_code_id: text,
  scanned_at: time,
  device_type: text,
  os: text,
  browser: text,
  language: text,
  referrer: text,
  is_unique: flag,
  country: text,
  region: text,
  city: text,
})

const qrCodeRow = z.looseObject({
  id: z.string().min(1),
  name: text,
  type: text,
  destination_url: text,
  short_url: text,
  status: text,
  render_customizations: z.looseObject({}).nullish(),
  scan_count: count,
  last_scanned_at: time.nullish(),
  created_at: time.nullish(),
  updated_at: time.nullish(),
  deleted_at: time.nullish(),
})

const account = z.object({
  account_id: z.string().min(1),
  email: text,
  plan: z.string(),
  usage: z.object({
    dynamic_qr_count: count,
    dynamic_qr_limit: count,
    api_calls_this_month: z.int().nonnegative(),
    api_calls_monthly_limit: z.int().nonnegative(),
  }),
})

const shares = z.array(z.object({ name: z.string(), scans: z.int().nonnegative() })).nullish()

const analytics = z.object({
  qr_code_id: text,
  from: day.nullish(),
  to: day.nullish(),
  total_scans: count,
  unique_scans: count,
  series: z.array(z.object({ date: day, scans: z.int().nonnegative(), unique_scans: count })).nullish(),
  devices: shares,
  operating_systems: shares,
  browsers: shares,
  countries: shares,
  cities: shares,
})

const success = z.literal(true).optional()
const pagination = z
  .object({ per_page: z.int().positive().nullish(), total: count, total_pages: count })
  .nullish()

/** GET /me. */
export const accountAnswer = z.object({ success, data: account })
/** GET /qr-codes. */
export const qrCodesAnswer = z.object({ success, data: z.array(qrCodeRow), pagination })
/** GET /qr-codes/{id}/scans. */
export const scansAnswer = z.object({ success, data: z.array(scanRow), pagination })

/** GET /qr-codes/{id}/analytics. */
export const analyticsAnswer = z.object({ success, data: analytics })

export type AccountData = z.output<typeof account>
export type QrCodeRow = z.output<typeof qrCodeRow>
export type ScanRow = z.output<typeof scanRow>
export type AnalyticsData = z.output<typeof analytics>
/** The optional block beside `data` in a list. */
export type Pagination = z.output<typeof pagination>

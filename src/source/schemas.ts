import { z } from 'zod'
import { digitsOf } from '../model/exact-json.ts'
import { isRfc3339Date, isUtcTime } from '../model/rfc3339.ts'
import {
  lenientCount,
  lenientFlag,
  lenientId,
  lenientObject,
  lenientOptionalTime,
  lenientText,
  lenientTime,
} from './lenient.ts'

/*
 * The README promises new optional fields within v1 without notice, and not every plan has all of today's fields. So what
 * is absent becomes null, and what is unknown is kept in `extra`. A known field of a wrong type is read if that loses
 * nothing (`lenient`); otherwise its row, and only that, is set aside. Analytics have no `extra`: unlike rows, they can be
 * asked for again.
 */

const time = z.string().refine(isUtcTime, 'expected an RFC 3339 date-time with a zone')
const day = z.string().refine(isRfc3339Date, 'expected a date such as 2026-03-14')
const text = z.string().nullish()
const flag = z.boolean().nullish()
const count = z.int().nonnegative().nullish()
/** In the envelope, where there is no row to set aside. */
const envelopeCount = z.preprocess(lenientCount, z.int().nonnegative())
const object = z
  .custom<Record<string, unknown>>(
    (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) && digitsOf(value) === null,
    'expected object',
  )
  .nullish()

const longestCodeId = 1_000

/** A code's id is part of a path and of a key in every database. */
const codeId = z
  .string()
  .min(1)
  .refine(
    (id) => id.length <= longestCodeId && id.isWellFormed() && !/\p{Cc}/u.test(id),
    `expected at most ${longestCodeId} characters, none of them a control character`,
  )

/** One kind of row: as documented, and how each field is read where it is spelled otherwise. */
export interface RowSchema<Row> {
  strict: z.ZodType<Row>
  lenient: Readonly<Record<string, (value: unknown) => unknown>>
}

const scan = z.looseObject({
  id: z.string().min(1),
  qr_code_id: codeId.nullish(),
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

const qrCode = z.looseObject({
  id: codeId,
  name: text,
  type: text,
  destination_url: text,
  short_url: text,
  status: text,
  render_customizations: object,
  scan_count: count,
  last_scanned_at: time.nullish(),
  created_at: time.nullish(),
  updated_at: time.nullish(),
  deleted_at: time.nullish(),
})

const share = z.object({ name: z.string(), scans: z.int().nonnegative() })
const seriesDay = z.object({ date: day, scans: z.int().nonnegative(), unique_scans: count })

export const scanRow: RowSchema<z.output<typeof scan>> = {
  strict: scan,
  lenient: {
    id: lenientId,
    qr_code_id: lenientId,
    scanned_at: lenientTime,
    device_type: lenientText,
    os: lenientText,
    browser: lenientText,
    language: lenientText,
    referrer: lenientText,
    is_unique: lenientFlag,
    country: lenientText,
    region: lenientText,
    city: lenientText,
  },
}

export const qrCodeRow: RowSchema<z.output<typeof qrCode>> = {
  strict: qrCode,
  lenient: {
    id: lenientId,
    name: lenientText,
    type: lenientText,
    destination_url: lenientText,
    short_url: lenientText,
    status: lenientText,
    render_customizations: lenientObject,
    scan_count: lenientCount,
    last_scanned_at: lenientOptionalTime,
    created_at: lenientOptionalTime,
    updated_at: lenientOptionalTime,
    deleted_at: lenientOptionalTime,
  },
}

export const shareRow: RowSchema<z.output<typeof share>> = {
  strict: share,
  lenient: { name: lenientText, scans: lenientCount },
}

export const seriesRow: RowSchema<z.output<typeof seriesDay>> = {
  strict: seriesDay,
  lenient: { scans: lenientCount, unique_scans: lenientCount },
}

const account = z.object({
  account_id: z.string().min(1).or(z.int().transform(String)),
  email: text,
  plan: z.string(),
  usage: z.object({
    dynamic_qr_count: envelopeCount.nullish(),
    dynamic_qr_limit: envelopeCount.nullish(),
    api_calls_this_month: envelopeCount,
    api_calls_monthly_limit: envelopeCount,
  }),
})

const rows = z.array(z.unknown())

const analytics = z.object({
  qr_code_id: text,
  from: day.nullish(),
  to: day.nullish(),
  total_scans: envelopeCount.nullish(),
  unique_scans: envelopeCount.nullish(),
  series: rows.nullish(),
  devices: rows.nullish(),
  operating_systems: rows.nullish(),
  browsers: rows.nullish(),
  countries: rows.nullish(),
  cities: rows.nullish(),
})

const success = z.literal(true).optional()
const pagination = z
  .object({
    per_page: envelopeCount.refine((rows) => rows > 0, 'expected a positive number').nullish(),
    total: envelopeCount.nullish(),
    total_pages: envelopeCount.nullish(),
  })
  .nullish()

/** GET /me. */
export const accountAnswer = z.object({ success, data: account })
/** GET /qr-codes. */
export const qrCodesAnswer = z.object({ success, data: rows, pagination })
/** GET /qr-codes/{id}/scans. */
export const scansAnswer = z.object({ success, data: rows, pagination })

/** GET /qr-codes/{id}/analytics. */
export const analyticsAnswer = z.object({ success, data: analytics })

export type AccountData = z.output<typeof account>
export type SeriesRow = z.output<typeof seriesDay>
export type QrCodeRow = z.output<typeof qrCode>
export type ScanRow = z.output<typeof scan>
export type AnalyticsData = z.output<typeof analytics>
/** The optional block beside `data` in a list. */
export type Pagination = z.output<typeof pagination>

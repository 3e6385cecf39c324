import { z } from 'zod'
import { lenientCount, lenientText } from './lenient.ts'
import { formats, rowSchemaOf, type RowSchema } from './row-schema.ts'
import { qrCodes } from '../streams/qr-codes.ts'
import { scans } from '../streams/scans.ts'

const text = formats.text.nullish()
const count = formats.count.nullish()
/** For counts in the envelope, where there is no row to set aside. */
const envelopeCount = z.preprocess(lenientCount, formats.count)

/** Analytics have no `extra`: unlike rows, they can be requested again. */
export const share = z.object({ name: formats.text, scans: formats.count })
export const seriesDay = z.object({ date: formats.day, scans: formats.count, unique_scans: count })

export const scanRow = rowSchemaOf(scans)
export const qrCodeRow = rowSchemaOf(qrCodes)

export const shareRow: RowSchema<z.output<typeof share>> = {
  strict: share,
  lenient: { name: lenientText, scans: lenientCount },
}

export const seriesRow: RowSchema<z.output<typeof seriesDay>> = {
  strict: seriesDay,
  lenient: { scans: lenientCount, unique_scans: lenientCount },
}

// Loose, like rows, so that its fields can be compared with earlier ones.
export const usage = z.looseObject({
  dynamic_qr_count: envelopeCount.nullish(),
  dynamic_qr_limit: envelopeCount.nullish(),
  api_calls_this_month: envelopeCount,
  api_calls_monthly_limit: envelopeCount,
})

export const account = z.looseObject({
  account_id: z.string().min(1).or(z.int().transform(String)),
  email: text,
  plan: z.string(),
  usage,
})

const rows = z.array(z.unknown())

export const analytics = z.looseObject({
  qr_code_id: text,
  from: formats.day.nullish(),
  to: formats.day.nullish(),
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
export type AnalyticsData = z.output<typeof analytics>
/** The optional block next to `data` in a list. */
export type Pagination = z.output<typeof pagination>

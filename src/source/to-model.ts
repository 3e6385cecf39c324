import type { Account } from '../model/account.ts'
import type { Analytics } from '../model/analytics.ts'
import { qrCodes, type QrCode } from '../streams/qr-codes.ts'
import { scans, type Scan } from '../streams/scans.ts'
import { rowMakerOf, type Fields } from './row-schema.ts'
import type { AccountData, AnalyticsData, SeriesRow } from './schemas.ts'

export function toAccount({ account_id, email = null, plan, usage }: AccountData): Account {
  const {
    dynamic_qr_count = null,
    dynamic_qr_limit = null,
    api_calls_this_month,
    api_calls_monthly_limit,
  } = usage
  return {
    account_id,
    email,
    plan,
    usage: { dynamic_qr_count, dynamic_qr_limit, api_calls_this_month, api_calls_monthly_limit },
  }
}

const makeQrCode = rowMakerOf(qrCodes)
const makeScan = rowMakerOf(scans)

export const toQrCode = (fields: Fields): QrCode => makeQrCode(fields)

/** @param qrCodeId the code whose scans were requested */
export const toScan = (fields: Fields, qrCodeId: string): Scan => makeScan(fields, { qr_code_id: qrCodeId })

/** The list of a response that contains the shares of each dimension. */
export const listOf = {
  device: 'devices',
  os: 'operating_systems',
  browser: 'browsers',
  country: 'countries',
  city: 'cities',
} as const

/**
 * @param asked what the call named: a response need not repeat it
 * @param read the parts of the response's lists that could be read
 */
export function toAnalytics(
  data: AnalyticsData,
  asked: { qrCodeId: string; from: string; to: string },
  read: Pick<Analytics, 'breakdowns' | 'setAside'> & { series: readonly SeriesRow[] },
): Analytics {
  return {
    qr_code_id: data.qr_code_id ?? asked.qrCodeId,
    from: data.from ?? asked.from,
    to: data.to ?? asked.to,
    total_scans: data.total_scans ?? null,
    unique_scans: data.unique_scans ?? null,
    series: read.series.map(({ date, scans, unique_scans = null }) => ({ date, scans, unique_scans })),
    breakdowns: read.breakdowns,
    ...(read.setAside !== undefined && read.setAside.length > 0 && { setAside: read.setAside }),
  }
}

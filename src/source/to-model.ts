import type { Account } from '../model/account.ts'
import type { Analytics } from '../model/analytics.ts'
import type { QrCode } from '../model/qr-code.ts'
import type { Scan } from '../model/scan.ts'
import type { AccountData, AnalyticsData, QrCodeRow, ScanRow, SeriesRow } from './schemas.ts'

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

export function toQrCode(row: QrCodeRow): QrCode {
  const {
    id,
    name = null,
    type = null,
    destination_url = null,
    short_url = null,
    status = null,
    render_customizations = null,
    scan_count = null,
    last_scanned_at = null,
    created_at = null,
    updated_at = null,
    deleted_at = null,
    ...unknown
  } = row
  return {
    id,
    name,
    type,
    destination_url,
    short_url,
    status,
    render_customizations,
    scan_count,
    last_scanned_at,
    created_at,
    updated_at,
    deleted_at,
    extra: nullIfEmpty(unknown),
  }
}

/** @param qrCodeId the code whose scans were asked for: a row need not repeat it. */
export function toScan(row: ScanRow, qrCodeId: string): Scan {
  const {
    id,
    qr_code_id,
    scanned_at,
    device_type = null,
    os = null,
    browser = null,
    language = null,
    referrer = null,
    is_unique = null,
    country = null,
    region = null,
    city = null,
    ...unknown
  } = row
  return {
    id,
    qr_code_id: qr_code_id ?? qrCodeId,
    scanned_at,
    device_type,
    os,
    browser,
    language,
    referrer,
    is_unique,
    country,
    region,
    city,
    extra: nullIfEmpty(unknown),
  }
}

/** Where an answer holds the shares of each dimension. */
export const listOf = {
  device: 'devices',
  os: 'operating_systems',
  browser: 'browsers',
  country: 'countries',
  city: 'cities',
} as const

/**
 * @param asked what the call named: an answer need not repeat it
 * @param read what could be read of the answer's lists
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

function nullIfEmpty(fields: Record<string, unknown>): Record<string, unknown> | null {
  return Object.keys(fields).length === 0 ? null : fields
}

import type { AnalyticsBreakdown } from '../../../src/streams/analytics-breakdown.ts'
import type { AnalyticsDaily } from '../../../src/streams/analytics-daily.ts'
import type { QrCode } from '../../../src/streams/qr-codes.ts'
import type { Scan } from '../../../src/streams/scans.ts'
import type { DeliveredStream, LandedRow } from '../../../src/streams/streams.ts'
import type {
  CodeSummary,
  LinkedCode,
  LinkedScan,
  LinkSummary,
  ScanTotals,
} from '../../../src/streams/summaries.ts'

export function scanOf(fields: Partial<Scan> = {}): Scan {
  return {
    id: 'scan',
    qr_code_id: 'code-1',
    scanned_at: '2026-01-02T03:04:05.678Z',
    device_type: 'mobile',
    os: 'iOS',
    browser: 'Safari',
    language: 'pl-PL',
    referrer: 'https://example.com/?a=1&b=2',
    is_unique: true,
    country: 'PL',
    region: 'Małopolskie',
    city: 'Kraków',
    extra: null,
    ...fields,
  }
}

export function codeOf(seq: number): QrCode {
  return {
    id: `code-${seq}`,
    name: 'Menu',
    type: 'url',
    destination_url: 'https://example.com/menu',
    short_url: 'https://qr.example.com/r/1',
    status: 'active',
    render_customizations: { colour: '#000', eyes: ['round', null] },
    scan_count: 7,
    last_scanned_at: '2026-01-02T03:04:05.678Z',
    created_at: '2025-01-02T03:04:05.678Z',
    updated_at: '2025-02-03T04:05:06.789Z',
    deleted_at: null,
    extra: { owner: 'marketing' },
  }
}

function dailyOf(seq: number): AnalyticsDaily {
  // March has a day for each position up to 31.
  const date = `2026-03-${String(seq).padStart(2, '0')}`
  return { id: `code-1/${date}`, qr_code_id: 'code-1', date, scans: 12, unique_scans: 7 }
}

function breakdownOf(seq: number): AnalyticsBreakdown {
  const name = `Phone ${seq}`
  return {
    id: `code-1/device/${name}`,
    qr_code_id: 'code-1',
    dimension: 'device',
    name,
    scans: 5,
    first_day: '2026-02-12',
    last_day: '2026-03-14',
  }
}

const totals: ScanTotals = {
  total_scans: 12,
  unique_scans: 7,
  scans_last_7_days: 3,
  scans_last_30_days: 9,
  first_scanned_at: '2026-01-02T03:04:05.678Z',
  last_scanned_at: '2026-03-02T03:04:05.678Z',
  top_device: 'mobile',
  top_country: 'PL',
  last_device: 'tablet',
  last_country: 'CZ',
  last_city: 'Brno',
}

function codeSummaryOf(seq: number): CodeSummary {
  return {
    id: `code-${seq}`,
    name: `Menu ${seq}`,
    destination_url: 'https://example.com/menu',
    short_url: `https://qr.example.com/r/${seq}`,
    status: 'active',
    ...totals,
  }
}

/** The summary of the fake HubSpot's record with this number. */
function linkSummaryOf(seq: number): LinkSummary {
  const record = String(30_000_000_000 + seq)
  return {
    id: `contacts.email#${record}`,
    rule: 'contacts.email',
    record,
    codes: 2,
    code_names: [`Menu ${seq}`, 'Poster'],
    last_code: 'Poster',
    ...totals,
  }
}

function linkedCodeOf(seq: number): LinkedCode {
  const { rule, record } = linkSummaryOf(seq)
  return {
    id: `contacts.email#${record}/code-${seq}`,
    rule,
    record,
    qr_code_id: `code-${seq}`,
    is_linked: true,
  }
}

function linkedScanOf(seq: number): LinkedScan {
  const { rule, record } = linkSummaryOf(seq)
  const scan = scanOf({ id: `scan-${seq}` })
  return { id: `contacts.email#${record}/${scan.id}`, rule, record, is_linked: true, code: 'Menu', scan }
}

const rowOf: Record<DeliveredStream, (seq: number) => { id: string }> = {
  qr_codes: codeOf,
  scans: (seq) => scanOf({ id: `scan-${seq}`, extra: { nested: { list: [1, 'two', null] }, flag: false } }),
  analytics_daily: dailyOf,
  analytics_breakdown: breakdownOf,
  code_summaries: codeSummaryOf,
  link_summaries: linkSummaryOf,
  link_codes: linkedCodeOf,
  link_scans: linkedScanOf,
}

/** A row of any stream with every field set, for each position from 1 to 31. */
export function landedRow(stream: DeliveredStream, seq: number, fields: object = {}): LandedRow {
  const row = { ...rowOf[stream](seq), ...fields }
  return { seq, id: row.id, json: JSON.stringify(row) }
}

export function landedScan(seq: number, fields: Partial<Scan> = {}): LandedRow {
  const scan = scanOf({ id: `scan-${seq}`, ...fields })
  return { seq, id: scan.id, json: JSON.stringify(scan) }
}

export function landedCode(seq: number, fields: object = {}): LandedRow {
  const code = {
    id: 'code-1',
    name: 'Menu',
    destination_url: 'https://example.com/menu',
    extra: null,
    ...fields,
  }
  return { seq, id: code.id, json: JSON.stringify(code) }
}

import type { AnalyticsBreakdown, AnalyticsDaily } from '../model/analytics.ts'
import type { QrCode } from '../model/qr-code.ts'
import type { Scan } from '../model/scan.ts'
import type { StreamName } from '../model/stream.ts'

/** `time` is an instant, `date` a UTC day, `json` anything. */
export type ColumnType = 'text' | 'integer' | 'boolean' | 'time' | 'date' | 'json'

export interface Column {
  type: ColumnType
  comment: string
  /** A row without it is refused: it could not be counted anywhere. */
  required?: true
}

export interface Table {
  comment: string
  columns: Record<string, Column>
}

interface TableOf<Row> extends Table {
  columns: Record<keyof Row, Column>
}

const extra: Column = { type: 'json', comment: 'Fields that the API sends and this table has no column for.' }

const scans: TableOf<Scan> = {
  comment: 'One row for each scan of a QR code.',
  columns: {
    id: { type: 'text', required: true, comment: "The API's id of the scan; no two rows share one." },
    qr_code_id: { type: 'text', required: true, comment: 'The scanned code: qr_codes.id.' },
    scanned_at: { type: 'time', required: true, comment: 'When it was scanned.' },
    device_type: { type: 'text', comment: 'Kind of device, such as mobile, tablet or desktop.' },
    os: { type: 'text', comment: 'Operating system of the device.' },
    browser: { type: 'text', comment: 'Browser that followed the redirect.' },
    language: { type: 'text', comment: "The browser's preferred language." },
    referrer: { type: 'text', comment: 'Page that led to the scan, where there was one.' },
    is_unique: { type: 'boolean', comment: 'First scan of that visitor and code on that UTC day.' },
    country: { type: 'text', comment: 'ISO 3166-1 alpha-2; from the Advanced plan on.' },
    region: { type: 'text', comment: 'From the Advanced plan on.' },
    city: { type: 'text', comment: 'From the Advanced plan on.' },
    extra,
  },
}

const qrCodes: TableOf<QrCode> = {
  comment: 'One row for each dynamic QR code, as the API last listed it.',
  columns: {
    id: { type: 'text', required: true, comment: "The API's id of the code; no two rows share one." },
    name: { type: 'text', comment: 'Name given by its owner.' },
    type: { type: 'text', comment: 'What the code stands for, as the API names it.' },
    destination_url: { type: 'text', comment: 'Where a scan is led to now.' },
    short_url: { type: 'text', comment: 'The redirect that the printed code encodes.' },
    status: { type: 'text', comment: 'As the API names it.' },
    render_customizations: { type: 'json', comment: 'Colours, logo and shape of the printed code.' },
    scan_count: { type: 'integer', comment: "The API's own count, which may be ahead of the landed scans." },
    last_scanned_at: { type: 'time', comment: "The API's own; null before the first scan." },
    created_at: { type: 'time', comment: 'When the code was made.' },
    updated_at: { type: 'time', comment: 'When the code was last changed.' },
    deleted_at: { type: 'time', comment: 'When it was deleted; its scans stay.' },
    extra,
  },
}

const analyticsDaily: TableOf<AnalyticsDaily> = {
  comment: "The API's own count of each code's scans by UTC day: a day without a scan has a row too.",
  columns: {
    id: { type: 'text', required: true, comment: 'Code and day; no two rows share one.' },
    qr_code_id: { type: 'text', required: true, comment: 'The counted code: qr_codes.id.' },
    date: { type: 'date', required: true, comment: 'The UTC day.' },
    scans: { type: 'integer', required: true, comment: 'Scans of the code on that day.' },
    unique_scans: { type: 'integer', comment: 'Visitors of that day, each counted once.' },
  },
}

const analyticsBreakdown: TableOf<AnalyticsBreakdown> = {
  comment: "The API's own count of each code's scans by device, os, browser and place, over a range of days.",
  columns: {
    id: { type: 'text', required: true, comment: 'Code, dimension and name; no two rows share one.' },
    qr_code_id: { type: 'text', required: true, comment: 'The counted code: qr_codes.id.' },
    dimension: {
      type: 'text',
      required: true,
      comment: 'device, os or browser; from the Advanced plan on also country or city.',
    },
    name: { type: 'text', required: true, comment: 'What is counted, such as mobile, iOS or PL.' },
    scans: { type: 'integer', required: true, comment: 'Scans of the code from there, in the range.' },
    from: { type: 'date', required: true, comment: 'First UTC day of the range, included.' },
    to: { type: 'date', required: true, comment: 'Last UTC day of the range, included.' },
  },
}

/** What a destination of tables keeps of each stream; the columns are those of the model, which the types hold to. */
export const tables: Record<StreamName, Table> = {
  qr_codes: qrCodes,
  scans,
  analytics_daily: analyticsDaily,
  analytics_breakdown: analyticsBreakdown,
}

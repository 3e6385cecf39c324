import type { Scan } from '../../src/model/scan.ts'
import type { LandedRow } from '../../src/model/stream.ts'

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

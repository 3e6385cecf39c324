import { randomUUID } from 'node:crypto'
import { validationFailed } from '../http/api-error.ts'
import type { Client, Place } from '../store/scans.ts'
import type { Store } from '../store/store.ts'
import { parseTimestamp } from '../timestamps.ts'

/** A scan to be stored as given; missing values are unknown. */
export interface GivenScan extends Partial<Client>, Partial<Place> {
  qr_code_id: string
  /** RFC 3339. */
  scanned_at: string
  id?: string
  is_unique?: boolean
}

const nullableText = { type: 'string', nullable: true }
/** The JSON Schema of a list of them. */
export const givenScansSchema = {
  type: 'array',
  items: {
    type: 'object',
    required: ['qr_code_id', 'scanned_at'],
    properties: {
      qr_code_id: { type: 'string' },
      scanned_at: { type: 'string', format: 'date-time' },
      id: { type: 'string', format: 'uuid' },
      device_type: { type: 'string', enum: ['mobile', 'tablet', 'desktop', 'bot', 'other'] },
      is_unique: { type: 'boolean' },
      ...Object.fromEntries(
        ['os', 'browser', 'language', 'referrer', 'country', 'region', 'city'].map((name) => [
          name,
          nullableText,
        ]),
      ),
    },
  },
}

/** Inserts scans from elsewhere, late ones too, and returns their ids. All of them or none. */
export function insertScans(store: Store, given: GivenScan[]): string[] {
  return store.transaction(() => given.map((scan, index) => insertScan(store, scan, index)))
}

function insertScan(store: Store, scan: GivenScan, index: number): string {
  const code = store.qrCodes.findAny(scan.qr_code_id)
  const scannedAt = parseTimestamp(scan.scanned_at)
  if (code === null) throw validationFailed({ [`scans[${index}].qr_code_id`]: ['is not a QR code'] })
  if (scannedAt === null) {
    throw validationFailed({ [`scans[${index}].scanned_at`]: ['must be a time that exists'] })
  }
  const id = scan.id ?? randomUUID()
  const { device_type = 'other', os = null, browser = null, language = null, referrer = null } = scan
  const { country = null, region = null, city = null } = scan
  store.recordScan({
    id,
    code: code.number,
    scannedAt,
    client: store.scans.clientId({ device_type, os, browser, language, referrer }),
    place: store.scans.placeId({ country, region, city }),
    isUnique: scan.is_unique ?? true,
  })
  return id
}

import { parseKeepingDigits } from '../model/exact-json.ts'
import type { Mask } from '../streams/mask.ts'
import type { QrCode } from '../streams/qr-codes.ts'
import type { Scan } from '../streams/scans.ts'
import { createEcho } from './echo.ts'
import { readRow } from './read-rows.ts'
import { qrCodeRow, scanRow } from './schemas.ts'
import { toQrCode, toScan } from './to-model.ts'

export interface KeptText {
  stream: string
  /** The code whose rows were requested. */
  qrCodeId: string
  json: string
  /** Fields that contain a hash already. */
  hashed: readonly string[]
}

/** Parses a row that was set aside again. Null if it is still malformed. Makes no call. */
export function rereadRow(
  { stream, qrCodeId, json, hashed }: KeptText,
  mask: Mask | undefined,
): { scan: Scan } | { code: QrCode } | null {
  const row = parseKeepingDigits(json)
  const echo = createEcho('qrs_')
  if (stream === 'qr_codes') {
    const read = readRow(qrCodeRow, row, echo)
    return typeof read === 'string' ? null : { code: toQrCode(read.row) }
  }
  if (stream !== 'scans') return null
  const read = readRow(scanRow, row, echo)
  if (typeof read === 'string') return null
  const scan = toScan(read.row, qrCodeId)
  return { scan: mask?.scan(scan, hashed) ?? scan }
}

import { reserveCall } from '../../../src/ledger/calls/calls.ts'
import { insertScans } from '../../../src/ledger/scans/insert-scans.ts'
import { landQrCodes } from '../../../src/ledger/codes/land-qr-codes.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { QrCode } from '../../../src/streams/qr-codes.ts'
import type { Scan } from '../../../src/streams/scans.ts'
import { codeOf } from './landed-rows.ts'

const connector = 'test'

/** Lands codes like a page of the list. */
export async function landCodes(ledger: Ledger, codes: readonly QrCode[], nowMs: number): Promise<void> {
  const reservation = await reserveCall(ledger, {
    connector,
    endpoint: 'GET /qr-codes',
    purpose: 'list',
    timeoutMs: 0,
    now: () => nowMs,
  })
  if (!reservation.granted) throw new Error('no call is left to land codes with')
  const progress = { kind: 'full', nextPage: null, highMs: null, startedMs: nowMs, profile: {} } as const
  await landQrCodes(ledger, reservation.call, codes, progress, nowMs)
}

/** Lands scans, without a call. */
export async function landNewScans(ledger: Ledger, scans: readonly Scan[], nowMs: number): Promise<void> {
  await ledger.transaction().execute((transaction) => insertScans(transaction, connector, scans, nowMs))
}

export interface Filling {
  codes: number
  scans: number
  nowMs: number
}

const rowsAtOnce = 2_000
const devices = ['mobile', 'mobile', 'desktop', 'tablet']
const countries = ['PL', 'DE', 'PL', 'FR', null]

/** Fills a ledger with codes `code-0` … and scans `scan-0` … of the last 60 days, spread over the codes. */
export async function fillLedger(ledger: Ledger, { codes, scans, nowMs }: Filling): Promise<void> {
  await ledger
    .updateTable('accounts')
    .set({ calls_per_minute: 1_000_000, calls_per_month: 1_000_000 })
    .execute()
  for (let start = 0; start < codes; start += 100) {
    await landCodes(
      ledger,
      Array.from({ length: Math.min(100, codes - start) }, (_, index) => ({
        ...codeOf(start + index),
        name: `Code ${start + index}`,
        scan_count: Math.ceil(scans / codes),
      })),
      nowMs,
    )
  }
  const betweenMs = (60 * 24 * 3_600_000) / scans
  for (let start = 0; start < scans; start += rowsAtOnce) {
    await landNewScans(
      ledger,
      Array.from({ length: Math.min(rowsAtOnce, scans - start) }, (_, index) =>
        filledScan(start + index, codes, nowMs - (scans - start - index) * betweenMs),
      ),
      nowMs,
    )
  }
}

function filledScan(number: number, codes: number, scannedMs: number): Scan {
  return {
    id: `scan-${number}`,
    qr_code_id: `code-${number % codes}`,
    scanned_at: new Date(scannedMs).toISOString(),
    device_type: devices[number % devices.length] ?? null,
    os: 'iOS',
    browser: 'Safari',
    language: 'pl-PL',
    referrer: null,
    is_unique: number % 3 !== 0,
    country: countries[number % countries.length] ?? null,
    region: null,
    city: null,
    extra: null,
  }
}

import { expect, it } from 'vitest'
import { reserveCall } from '../../../src/ledger/calls/calls.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { readCode } from '../../../src/ledger/codes/due-codes.ts'
import { landQrCodes, type ListProgress } from '../../../src/ledger/codes/land-qr-codes.ts'
import type { ScansPage } from '../../../src/ledger/scans/land-rows.ts'
import { landScans } from '../../../src/ledger/scans/land-scans.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { codeOf, scanOf } from '../../support/ledger/landed-rows.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const connector = 'test'
const nowMs = Date.parse('2026-03-15T00:00:00Z')
const farAheadMs = Date.parse('2099-01-01T00:00:00Z')

async function callOf(ledger: Ledger) {
  const request = {
    connector,
    endpoint: 'GET /qr-codes',
    purpose: 'list',
    timeoutMs: 1_000,
    now: () => nowMs,
  }
  const reservation = await reserveCall(ledger, request)
  if (!reservation.granted) throw new Error('no call granted')
  return reservation.call
}

async function ledgerWithCode(given: Partial<ListProgress> = {}): Promise<Ledger> {
  const ledger = await temporaryLedger()
  const progress: ListProgress = {
    kind: 'full',
    nextPage: null,
    highMs: 0,
    startedMs: nowMs,
    profile: {},
    ...given,
  }
  await landQrCodes(ledger, await callOf(ledger), [codeOf(1)], progress, nowMs)
  return ledger
}

async function cursorAfter(page: Partial<ScansPage>): Promise<string | null | undefined> {
  await using ledger = await ledgerWithCode()
  const code = await readCode(ledger, await readConnector(ledger, connector), 'code-1')
  if (code === null) throw new Error('the code is gone')
  const whole: ScansPage = {
    rows: [],
    page: 1,
    nextPage: 2,
    isLast: true,
    isDescending: false,
    remaining: 0,
    profile: {},
    ...page,
  }
  await landScans(ledger, await callOf(ledger), code, whole, nowMs)
  return (await readCode(ledger, await readConnector(ledger, connector), 'code-1'))?.cursor.from
}

const scanAt = (ms: number) =>
  scanOf({ id: `at ${ms}`, qr_code_id: 'code-1', scanned_at: new Date(ms).toISOString() })

it.each([true, false])(
  'a scan whose time is in the future hides no scan that comes before it (newest first: %s)',
  async (isDescending) => {
    const rows = [scanAt(nowMs - 1_000), scanAt(farAheadMs)]
    expect(await cursorAfter({ rows: isDescending ? rows.toReversed() : rows, isDescending })).toBe(
      new Date(nowMs).toISOString(),
    )
  },
)

it.each([true, false])(
  'an empty page of scans leaves the cursor unchanged (newest first: %s)',
  async (isDescending) => {
    expect(await cursorAfter({ isDescending })).toBeNull()
  },
)

it('a code whose last scan is listed far in the future does not shorten the next pass of the list', async () => {
  await using ledger = await ledgerWithCode({ highMs: farAheadMs })
  expect((await readConnector(ledger, connector)).list_watermark_ms).toBe(nowMs)
})

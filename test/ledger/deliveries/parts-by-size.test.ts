import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deliver } from '../../../activities/delivery/deliver.ts'
import { duckDbError } from '../../../src/destinations/duckdb/duckdb-error.ts'
import type { Destination } from '../../../src/destinations/destination.ts'
import { callLimits } from '../../../src/destinations/hubspot/http/send-batch.ts'
import { scanFields } from '../../../src/destinations/hubspot/mapping/scan-fields.ts'
import { mapRow } from '../../../src/destinations/hubspot/mapping/to-values.ts'
import { partsBySize } from '../../../src/destinations/parts-by-size.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { fillLedger, landCodes } from '../../support/ledger/filled-ledger.ts'
import { codeOf, landedScan } from '../../support/ledger/landed-rows.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { atOnce } from '../../support/destinations/with-upsert.ts'

describe('a list in parts', () => {
  const parts = (sizes: number[]) => [...partsBySize(sizes, { items: 3, size: 10, sizeOf: (size) => size })]

  it('has parts that are limited by number and by size, and keeps its order', () => {
    expect(parts([1, 1, 1, 1])).toEqual([[1, 1, 1], [1]])
    expect(parts([6, 4, 1, 9, 2])).toEqual([[6, 4], [1, 9], [2]])
    expect(parts([])).toEqual([])
  })

  it('puts an item that is too large into its own part', () => {
    expect(parts([1, 50, 1])).toEqual([[1], [50], [1]])
  })

  it('keeps a call to HubSpot at about 1 MB or less', () => {
    const rows = Array.from({ length: 40 }, () => ({ values: { qrsync_referrer: 'x'.repeat(60_000) } }))
    expect([...partsBySize(rows, callLimits)].map(({ length }) => length)).toEqual([16, 16, 8])
  })
})

describe('long rows', () => {
  let ledger: Ledger
  beforeEach(async () => {
    ledger = await temporaryLedger()
  })
  afterEach(() => ledger.destroy())

  it('reach a destination in batches of about 4 MB, summaries included', async () => {
    const nowMs = Date.parse('2026-03-31T12:00:00Z')
    await fillLedger(ledger, { codes: 1, scans: 1, nowMs })
    const name = 'n'.repeat(500_000)
    await landCodes(
      ledger,
      Array.from({ length: 20 }, (_, index) => ({ ...codeOf(index + 1), name })),
      nowMs,
    )
    const batches: Record<string, number[]> = { qr_codes: [], code_summaries: [] }
    const destination: Destination = {
      streams: ['qr_codes', 'code_summaries'],
      batch: { rows: 100, characters: 4_000_000 },
      gatherMs: 0,
      check: () => Promise.resolve({ identity: 'memory', needs: [] }),
      plan: () => Promise.resolve([]),
      apply: () => Promise.resolve([]),
      identity: () => Promise.resolve('memory'),
      write(stream, rows) {
        batches[stream]?.push(rows.reduce((sum, { json }) => sum + json.length, 0))
        return atOnce(rows)
      },
      close: () => Promise.resolve(),
    }
    const deps = activityDeps({ ledger, api: {} as never, destinations: new Map([['bi', destination]]) })
    const slice = await deliver(deps, { destination: 'bi', isUrgent: true }, new AbortController().signal)
    expect(slice).toMatchObject({ isDone: true, rejected: 0 })
    for (const sizes of Object.values(batches)) {
      expect(sizes.length).toBeGreaterThanOrEqual(3)
      expect(Math.max(...sizes)).toBeLessThanOrEqual(4_000_000)
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(20 * 500_000)
    }
  })

  it('are rejected by HubSpot with the reason if a value is too long', () => {
    expect(mapRow(scanFields('UTC'), landedScan(1, { referrer: 'x'.repeat(65_537) }))).toEqual({
      id: 'scan-1',
      reason: 'qrsync_referrer has 65,537 characters; HubSpot accepts 65,536 at most',
    })
    expect(mapRow(scanFields('UTC'), landedScan(1, { referrer: 'x'.repeat(65_536) }))).toHaveProperty(
      'values',
    )
  })

  it('fail only in their stream if DuckDB lacks memory, and the error says what helps', () => {
    const cause = new Error(
      'TransactionContext Error: Failed to commit: failed to pin block of size 256.0 KiB',
    )
    const error = duckDbError(cause, 'local', 'scans.duckdb')
    expect(error).toMatchObject({ code: 'DESTINATION_UNAVAILABLE', scope: 'stream', retry: 'backoff' })
    expect(error.message).toMatch(/reached its memory limit.*\n.*"privacy\.drop"/)
  })
})

import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { replaySetAside } from '../../../activities/sync/replay-set-aside.ts'
import { createEcho } from '../../../src/source/echo.ts'
import { readRows } from '../../../src/source/read-rows.ts'
import { scanRow } from '../../../src/source/schemas.ts'
import { toScan } from '../../../src/source/to-model.ts'
import { createDuckDbDestination } from '../../../src/destinations/duckdb/duckdb-destination.ts'
import { reserveCall } from '../../../src/ledger/calls/calls.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { readPendingRows } from '../../../src/ledger/deliveries/deliveries.ts'
import { readCode } from '../../../src/ledger/codes/due-codes.ts'
import { landAnalytics } from '../../../src/ledger/scans/land-analytics.ts'
import { landQrCodes } from '../../../src/ledger/codes/land-qr-codes.ts'
import { landScans } from '../../../src/ledger/scans/land-scans.ts'
import { readCompleteness } from '../../../src/insight/read-completeness.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { countSetAside, readSetAside } from '../../../src/ledger/scans/set-aside.ts'
import { queryDuckDb } from '../../support/destinations/duckdb-file.ts'
import { codeOf } from '../../support/ledger/landed-rows.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const connector = 'test'
const nowMs = Date.parse('2026-03-15T00:00:00Z')

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

async function ledgerWithCode(kind: (typeof ledgerKinds)[number], scanCount: number): Promise<Ledger> {
  const ledger = await temporaryLedger(kind)
  const code = { ...codeOf(1), scan_count: scanCount }
  const progress = { kind: 'full', nextPage: null, highMs: 0, startedMs: nowMs, profile: {} } as const
  await landQrCodes(ledger, await callOf(ledger), [code], progress, nowMs)
  return ledger
}

/** Lands a page of scans from the text of its rows. */
async function landTexts(ledger: Ledger, texts: readonly string[]) {
  const body = `{"data":[${texts.join(',')}]}`
  const parsed = (JSON.parse(body) as { data: unknown[] }).data
  const { rows, setAside } = readRows(scanRow, { body, path: ['data'], parsed, echo: createEcho('qrs_0') })
  const scans = rows.map((row) => toScan(row, 'code-1'))
  const code = await readCode(ledger, await readConnector(ledger, connector), 'code-1')
  if (code === null) throw new Error('the code is gone')
  return landScans(
    ledger,
    await callOf(ledger),
    code,
    {
      rows: scans,
      setAside,
      page: 1,
      nextPage: 2,
      isLast: true,
      isDescending: false,
      remaining: 0,
      profile: {},
    },
    nowMs,
  )
}

const scan = (second: number, more = '') =>
  `{"id":"s${second}","scanned_at":"2026-03-14T09:26:${second}Z"${more}}`

describe.each(ledgerKinds)('a malformed row, in a ledger on %s,', (kind) => {
  it('is kept once, counts as sent, and leaves no gap and nothing to fetch', async () => {
    const ledger = await ledgerWithCode(kind, 3)
    const texts = [scan(10), scan(11, ',"os":{"x":1.50}'), scan(12)]
    expect(await landTexts(ledger, texts)).toMatchObject({ landed: 2, pending: 0 })
    await landTexts(ledger, texts)
    expect(await readSetAside(ledger, { connector }, { limit: 9 })).toMatchObject([
      { row_id: 's11', json: texts[1], qr_code_id: 'code-1' },
    ])
    const state = await readConnector(ledger, connector)
    expect(await readCompleteness(ledger, state, nowMs)).toMatchObject([
      { landed: 2, setAside: 1, gap: 0, pending: 0, unexplained: 0 },
    ])
    await ledger.destroy()
  })

  it('lands once the API sends it correctly', async () => {
    const ledger = await ledgerWithCode(kind, 1)
    await landTexts(ledger, [scan(10, ',"os":{}')])
    expect(await landTexts(ledger, [scan(10, ',"os":"iOS"')])).toMatchObject({ landed: 1 })
    expect(await countSetAside(ledger, { connector })).toBe(0)
    expect(await readCompleteness(ledger, await readConnector(ledger, connector), nowMs)).toMatchObject([
      { landed: 1, setAside: 0 },
    ])
    await ledger.destroy()
  })

  it('lands without a call once a newer version can read it', async () => {
    const ledger = await ledgerWithCode(kind, 1)
    await landTexts(ledger, [scan(10, ',"os":{}')])
    const replay = () => replaySetAside({ ledger, mask: undefined, nowMs }, { connector })
    expect(await replay()).toBe(0)
    // A row that was set aside by a version which could not read numbers as texts yet.
    await ledger
      .updateTable('set_aside')
      .set({ json: scan(10, ',"os":17.10') })
      .execute()
    expect(await replay()).toBe(1)
    expect(await countSetAside(ledger, { connector })).toBe(0)
    const { rows } = await readPendingRows(ledger, { connector, destination: 'd', stream: 'scans' }, 9, nowMs)
    expect(rows.map(({ json }) => JSON.parse(json) as unknown)).toMatchObject([{ id: 's10', os: '17.10' }])
    await ledger.destroy()
  })

  it('reaches DuckDB with the texts and digits that were sent: NUL, 9,000 characters, long numbers', async () => {
    const ledger = await ledgerWithCode(kind, 2)
    const long = 'x'.repeat(9_000)
    const extra = '{"n":1610521604143693812,"e":1e400,"d":0.1000,"z":-0,"E":1E5}'
    await landTexts(ledger, [
      `{"id":"a\\u0000b","scanned_at":"2026-03-14T09:26:10Z","browser":"p\\u0000q","more":${extra}}`,
      `{"id":"${long}","scanned_at":"2026-03-14T09:26:11Z","browser":"${long}"}`,
    ])
    const names = ['p\0q', long]
    const analytics = {
      qr_code_id: 'code-1',
      from: '2026-03-14',
      to: '2026-03-14',
      total_scans: 2,
      unique_scans: null,
      series: [],
      breakdowns: names.map((name) => ({ dimension: 'browser' as const, name, scans: 1 })),
    }
    const land = async () =>
      landAnalytics(ledger, await callOf(ledger), analytics, { isSearch: false, nowMs })
    expect(await land()).toMatchObject({ analytics_breakdown: 2 })
    expect(await land()).toMatchObject({ analytics_breakdown: 0 })

    const path = join(tmpdir(), `${randomUUID()}.duckdb`)
    const destination = createDuckDbDestination({ name: 'd', path })
    await destination.apply()
    for (const stream of ['scans', 'analytics_breakdown'] as const) {
      const { rows } = await readPendingRows(ledger, { connector, destination: 'd', stream }, 9, nowMs)
      const outcomes = (await Array.fromAsync(destination.write(stream, rows))).flat()
      expect(outcomes).toHaveLength(2)
      expect(JSON.stringify(outcomes)).not.toContain('reason')
    }
    await destination.close()
    expect(
      await queryDuckDb(path, 'SELECT id, browser, extra::VARCHAR AS extra FROM scans ORDER BY scanned_at'),
    ).toEqual([
      { id: 'a\0b', browser: 'p\0q', extra: `{"more":${extra}}` },
      { id: long, browser: long, extra: null },
    ])
    const shares = await queryDuckDb(path, 'SELECT name FROM analytics_breakdown ORDER BY name')
    expect(shares.map(({ name }) => name)).toEqual(names)
    await rm(path)
    await ledger.destroy()
  })
})

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createDuckDbDestination } from '../../../src/destinations/duckdb/duckdb-destination.ts'
import { readOpenErasures } from '../../../src/ledger/erasure/erasures.ts'
import { streamNames } from '../../../src/streams/streams.ts'
import { queryDuckDb } from '../../support/destinations/duckdb-file.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { openRecorded, unpack } from './recorded/open-recorded.ts'
import { goOn, liveUntilStopped, type Continuation } from './recorded/recorded-life.ts'

const { nowMs, erased, next } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'recorded/warehouse-27.json'), 'utf8'),
) as { nowMs: number; erased: string; next: Continuation }

it.each(ledgerKinds)(
  'what the previous version left in the middle of a sync continues: nothing is fetched or delivered twice, on %s',
  async (kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'qrsync-previous-'))
    await using opened = new AsyncDisposableStack()
    opened.defer(() => {
      rmSync(folder, { recursive: true })
    })
    const [file, duckdb] = [join(folder, 'ledger.sqlite'), join(folder, 'bi.duckdb')]
    unpack('warehouse-27.sqlite', file)
    unpack('warehouse-27.duckdb', duckdb)
    const written = () => queryDuckDb(duckdb, 'SELECT id, qr_code_id, loaded_at FROM scans ORDER BY id')
    const before = await written()
    expect(before.some((row) => row['qr_code_id'] === erased)).toBe(true)
    const ledger = await openRecorded({ kind, file, last: '0027-erasures' }, opened)
    opened.defer(() => ledger.destroy())
    const bi = createDuckDbDestination({ name: 'bi', path: duckdb })
    const places = new Set(['bi'])
    expect(await readOpenErasures(ledger, 'test', places)).toMatchObject([{ qr_code_id: erased }])

    const { api } = await liveUntilStopped(await temporaryLedger(), { hasAnalytics: true })
    const { calls, ...rest } = await goOn(ledger, api, nowMs, { bi, hasAnalytics: true })
    expect(inOrder(calls)).toEqual(inOrder(next.calls))
    expect(rest).toEqual({ delivered: next.delivered, scans: next.scans })

    expect(await readOpenErasures(ledger, 'test', places)).toEqual([])
    const after = await written()
    const kept = before.filter((row) => row['qr_code_id'] !== erased)
    const ids = new Set(kept.map(({ id }) => id))
    expect(after.filter(({ id }) => ids.has(id))).toEqual(kept)
    for (const stream of streamNames) {
      const landed = await ledger.selectFrom(stream).select('id').orderBy('id').execute()
      const there = await queryDuckDb(duckdb, `SELECT id FROM ${stream}`)
      expect(there.map(({ id }) => String(id)).toSorted()).toEqual(landed.map(({ id }) => id).toSorted())
    }
  },
)

/** Parallel calls have no order, and the limit of a minute falls on one or the other. */
const inOrder = (calls: Continuation['calls']) =>
  calls.map(({ endpoint, purpose, qr_code_id: code }) => `${endpoint} ${purpose} ${code ?? ''}`).toSorted()

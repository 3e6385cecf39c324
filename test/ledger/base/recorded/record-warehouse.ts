/**
 * Records the ledger and the DuckDB file of a connector that stopped in the middle of a sync, while a destination still had to erase a
 * code, with the next calls of this version. Run it in a checkout of the version before a change, never of the change itself.
 *
 * npx node test/ledger/base/recorded/record-warehouse.ts NAME
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { createDuckDbDestination } from '../../../../src/destinations/duckdb/duckdb-destination.ts'
import { takeLease } from '../../../../src/ledger/connector/lease.ts'
import { eraseCode } from '../../../../src/ledger/erasure/erase-code.ts'
import { operator } from '../../../support/ledger/operator.ts'
import { temporaryLedger } from '../../../support/ledger/temporary-ledger.ts'
import { goOn, liveUntilStopped } from './recorded-life.ts'

const [name = 'warehouse'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'qrsync-record-'))
const ledger = await temporaryLedger()
const duckdb = join(folder, 'bi.duckdb')
const bi = createDuckDbDestination({ name: 'bi', path: duckdb })
const { api, nowMs } = await liveUntilStopped(ledger, { bi, hasAnalytics: true })
await takeLease(ledger, 'test', { holder: 'the old version', isManual: true, nowMs })
const erased = api.codes[0]?.id ?? ''
await eraseCode(ledger, { connector: 'test', qrCodeId: erased, destinations: ['bi'] }, operator, nowMs)

const file = join(folder, 'ledger.sqlite')
await sql`vacuum into ${file}`.execute(ledger)
writeFileSync(join(import.meta.dirname, `${name}.sqlite.gz`), gzipSync(readFileSync(file), { level: 9 }))
const copy = `${duckdb}.copy`
copyFileSync(duckdb, copy)
writeFileSync(join(import.meta.dirname, `${name}.duckdb.gz`), gzipSync(readFileSync(copy), { level: 9 }))
const next = await goOn(ledger, api, nowMs, { bi, hasAnalytics: true })
const told = { nowMs, erased, next }
writeFileSync(join(import.meta.dirname, `${name}.json`), `${JSON.stringify(told, null, 2)}\n`)
rmSync(folder, { recursive: true })
console.log(`${next.calls.length} calls, ${next.delivered} rows delivered, ${next.scans} scans`)

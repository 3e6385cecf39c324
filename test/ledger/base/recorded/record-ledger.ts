/**
 * Records the ledger of a connector that stopped in the middle of its work, with what this version does next. Run it in a checkout
 * of the version before a change of the ledger, never of the change itself.
 *
 * npx node test/ledger/base/recorded/record-ledger.ts NAME
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { closeGate } from '../../../../src/ledger/calls/gate.ts'
import { pauseHistory } from '../../../../src/ledger/connector/connector-state.ts'
import { takeLease } from '../../../../src/ledger/connector/lease.ts'
import { temporaryLedger } from '../../../support/ledger/temporary-ledger.ts'
import { goOn, liveUntilStopped } from './recorded-life.ts'

const [name = 'ledger'] = process.argv.slice(2)
const ledger = await temporaryLedger()
const { api, nowMs } = await liveUntilStopped(ledger)
await pauseHistory(ledger, 'test', nowMs - 5_000)
await pauseHistory(ledger, 'test', null)
await takeLease(ledger, 'test', { holder: 'the old version', isForPerson: true, nowMs })
await ledger.transaction().execute((transaction) =>
  closeGate(transaction, 'test', {
    reason: 'retry_after',
    untilMs: nowMs + 30 * 60_000,
    text: 'too many calls',
    nowMs,
  }),
)
const file = join(import.meta.dirname, `${name}.sqlite`)
rmSync(file, { force: true })
await sql`vacuum into ${file}`.execute(ledger)
writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }))
rmSync(file)
const next = await goOn(ledger, api, nowMs)
writeFileSync(join(import.meta.dirname, `${name}.json`), `${JSON.stringify({ nowMs, next }, null, 2)}\n`)
console.log(`${next.calls.length} calls, ${next.delivered} rows delivered, ${next.scans} scans`)

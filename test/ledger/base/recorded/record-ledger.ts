/**
 * Records the ledger of a connector that stopped in the middle of its work, with the next calls of this
 * version. Run it in a checkout of the version before a change of the ledger, never of the change itself.
 *
 * npx node test/ledger/base/recorded/record-ledger.ts NAME
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { closeGate, letOneThrough } from '../../../../src/ledger/calls/gate.ts'
import { ensureConnector, pauseHistory } from '../../../../src/ledger/connector/connector-state.ts'
import { reserveLeaseForManualSync, takeLease } from '../../../../src/ledger/connector/lease.ts'
import { keepPlan, noteSync, noteSyncFailure } from '../../../../src/ledger/connector/note-sync.ts'
import { temporaryLedger } from '../../../support/ledger/temporary-ledger.ts'
import { goOn, liveUntilStopped } from './recorded-life.ts'

const [name = 'ledger'] = process.argv.slice(2)
const ledger = await temporaryLedger()
const { api, nowMs } = await liveUntilStopped(ledger)
await takeLease(ledger, 'test', { holder: 'the old version', isManual: true, nowMs })
await pauseCalls('test')
// A second connector with values that the first one never gets.
await ensureConnector(ledger, 'held')
await pauseHistory(ledger, 'held', nowMs - 5_000, { via: 'command', user: null })
await takeLease(ledger, 'held', { holder: 'somebody', isManual: false, nowMs })
await reserveLeaseForManualSync(ledger, 'held', nowMs)
await noteSync(ledger, 'held', { nowMs, dueMs: nowMs + 60_000, clockSkewMs: 1_234 })
await noteSyncFailure(ledger, 'held', 'API_KEY_REJECTED')
await keepPlan(ledger, 'held', 12.5, nowMs + 90_000)
await pauseCalls('held')
await letOneThrough(ledger, 'held')

function pauseCalls(connector: string): Promise<void> {
  const closing = {
    reason: 'retry_after',
    untilMs: nowMs + 30 * 60_000,
    text: 'too many calls',
    nowMs,
  } as const
  return ledger.transaction().execute((transaction) => closeGate(transaction, connector, closing))
}

const file = join(import.meta.dirname, `${name}.sqlite`)
rmSync(file, { force: true })
await sql`vacuum into ${file}`.execute(ledger)
writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }))
rmSync(file)
const next = await goOn(ledger, api, nowMs)
writeFileSync(join(import.meta.dirname, `${name}.json`), `${JSON.stringify({ nowMs, next }, null, 2)}\n`)
console.log(`${next.calls.length} calls, ${next.delivered} rows delivered, ${next.scans} scans`)

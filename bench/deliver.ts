/**
 * Measures how fast a ledger is delivered to each destination, and at what cost: first to an empty one, then
 * from the start again. Each run is its own process, and so is each vendor's peer.
 *
 * node bench/deliver.ts [DESTINATION …] [SCANS …]
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureConnector } from '../src/ledger/connector/connector-state.ts'
import { openLedger } from '../src/ledger/base/open-ledger.ts'
import { fillLedger } from '../test/support/ledger/filled-ledger.ts'
import { startPeer, peers, type PeerName } from './deliver/peers.ts'
import { measureRun, type Run } from './deliver/run-in-process.ts'

const codes = 10_000

interface Result extends Omit<Run, 'rows'> {
  destination: PeerName
  /** Scans; codes, or records of codes, are added. */
  rows: number
  rows_per_second: number
  /** The fewest calls that can write the changes. */
  vendor_calls_min: number
}

async function measure(
  destination: PeerName,
  scans: number,
  filled: string,
  folder: string,
): Promise<Result> {
  const ledger = join(folder, `${destination}-${scans}.sqlite`)
  copyFileSync(filled, ledger)
  await using peer = await startPeer(destination, join(folder, `${scans}.duckdb`))
  const run = await measureRun({ ledger, destination: peer.config, callsUrl: peer.callsUrl })
  return {
    ...run,
    destination,
    rows: scans,
    rows_per_second: Math.round(scans / run.seconds),
    vendor_calls_min: peer.fewestCalls({ scans, codes }),
  }
}

const chosen = process.argv.slice(2)
const sizes = chosen.map(Number).filter((size) => !Number.isNaN(size))
const named = peers.filter((name) => chosen.includes(name))
const folder = mkdtempSync(join(tmpdir(), 'qrsync-bench-'))
const results: Result[] = []
try {
  for (const scans of sizes.length > 0 ? sizes : [10_000, 1_000_000]) {
    const filled = join(folder, `${scans}.sqlite`)
    const ledger = await openLedger(filled)
    await ensureConnector(ledger, 'test')
    await fillLedger(ledger, { codes, scans, nowMs: Date.now() })
    await ledger.destroy()
    for (const destination of named.length > 0 ? named : peers) {
      results.push(await measure(destination, scans, filled, folder))
      console.error(results.at(-1))
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(JSON.stringify({ results }))

/**
 * Measures the first sync of 250 codes, as a user runs it: the connector is one process, the API another,
 * Temporal a third. At the larger sizes the API has no limits, so that only our own work is measured.
 *
 * node bench/sync.ts [SCANS …]
 */
import { Client, Connection } from '@temporalio/client'
import { startDevServer } from '../src/temporal/server/dev-server.ts'
import { findTemporalExecutable } from '../src/temporal/server/find-executable.ts'
import { countHistoryEvents } from '../test/support/temporal/count-history-events.ts'
import { createWorkspace, runQrsync } from '../test/support/processes/connector-process.ts'
import { peakRssMb } from '../test/support/processes/peak-rss.ts'
import { scanIdsIn } from '../test/support/destinations/duckdb-file.ts'
import { spawnReferenceApi } from '../test/support/reference-api/reference-api.ts'

const liftedFrom = 200_000
const lifted = { per_minute: 1_000_000, per_month: 100_000_000 }
const planPerMinute = 600

interface Result {
  scans: number
  /** Calls of the API, including /me and the list. */
  calls: number
  /** From the start of the command, without Node's own start, until the last row was delivered. */
  seconds: number
  /** The whole process, from its start to its end. */
  process_seconds: number
  /** The time that the window of 600 calls a minute needs for these calls; 0 without limits. */
  window_seconds: number
  refused: number
  rows_per_second: number
  peak_rss_mb: number
  /** Of the sync workflow and the delivery workflows together. */
  history_events: number
}

async function measure(scans: number, temporalAddress: string): Promise<Result> {
  const isLifted = scans >= liftedFrom
  using workspace = createWorkspace({
    source: {
      url: '${QRCS_API_URL}',
      key: '${QRCS_API_KEY}',
      ...(isLifted && { calls_per_minute: lifted.per_minute }),
    },
    connector: `bench-${scans}`,
  })
  const api = await spawnReferenceApi(['--scans', String(scans), '--store', `${workspace.folder}/api.sqlite`])
  try {
    if (isLifted) await api.setLimits(lifted)
    const startedAt = performance.now()
    const run = runQrsync(['up', '--once', '--config', workspace.config], { api, temporalAddress })
    const peak = peakRssMb(run.process)
    const { code, stdout, stderr } = await run.ended
    const wallSeconds = (performance.now() - startedAt) / 1000
    if (code !== 0) throw new Error(stderr)
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as {
      seconds: number
    }
    const landed = await scanIdsIn(workspace.duckdb)
    const expected = await api.scanIds()
    if (landed.length !== scans || !landed.every((id) => expected.has(id))) {
      throw new Error(`${landed.length} of ${expected.size} scans in DuckDB`)
    }
    const client = new Client({ connection: await Connection.connect({ address: temporalAddress }) })
    const { accepted, refused } = await api.audit()
    return {
      scans,
      calls: accepted,
      seconds: result.seconds,
      process_seconds: round(wallSeconds),
      window_seconds: isLifted ? 0 : Math.floor((accepted - 1) / planPerMinute) * 60,
      refused: refused.minute + refused.month,
      rows_per_second: Math.round(scans / wallSeconds),
      peak_rss_mb: await peak,
      history_events: await countHistoryEvents(client, `qrsync/bench-${scans}/`),
    }
  } finally {
    await api.close()
  }
}

const round = (seconds: number) => Math.round(seconds * 10) / 10

const sizes = process.argv.slice(2).map(Number)
const { path } = await findTemporalExecutable({ onProgress: console.error })
const results: Result[] = []
for (const scans of sizes.length > 0 ? sizes : [20_000, 100_000, 200_000, 1_000_000]) {
  const temporal = await startDevServer({ executable: path })
  try {
    results.push(await measure(scans, temporal.address))
    console.error(results.at(-1))
  } finally {
    await temporal.stop()
  }
}
console.log(JSON.stringify({ results }))

/**
 * Measures what planned runs cost that find nothing, in a worker that is up and serves one connector or many:
 * Temporal's events, and the CPU, memory, ledger statements and bytes of the worker. One worker is timed, and
 * another one counts.
 *
 * node bench/idle.ts [RUNS [CONNECTORS]]
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { stringify } from 'yaml'
import { findPlace } from '../src/temporal/place.ts'
import { startDevServer } from '../src/temporal/server/dev-server.ts'
import { findTemporalExecutable } from '../src/temporal/server/find-executable.ts'
import { startBackfill } from '../src/temporal/start-sync.ts'
import { createWorkspace, runQrsync } from '../test/support/processes/connector-process.ts'
import { rssMb } from '../test/support/processes/peak-rss.ts'
import { spawnReferenceApi } from '../test/support/reference-api/reference-api.ts'
import { countHistoryEvents } from '../test/support/temporal/count-history-events.ts'
import type { CountedWork } from './compare/count-work.ts'

/** Of the account, which all connectors share. Without limits, so that many connectors can start. */
const account = { codes: 20, scans: 200 }
const lifted = { per_minute: 1_000_000, per_month: 100_000_000 }
/** A tick of the kernel's clock for processes (Linux). */
const msPerTick = 10
const restSeconds = 30
const countWork = new URL('compare/count-work.ts', import.meta.url).href

const [runs = 50, connectorCount = 1] = process.argv.slice(2).map(Number)
/** V8 compiles what runs often, and the first planned run of a connector reads its analytics. */
const warmUpRuns = Math.max(10, connectorCount)
const connectors = Array.from({ length: connectorCount }, (_, index) => `idle-${index}`)
await using started = new AsyncDisposableStack()
const { path } = await findTemporalExecutable({ onProgress: console.error })
const temporal = await startDevServer({ executable: path })
started.defer(() => temporal.stop())
const connection = await Connection.connect({ address: temporal.address })
started.defer(() => connection.close())
const client = new Client({ connection })
const workspace = started.use(createWorkspace())
const counts = join(workspace.folder, 'counted.json')
const folder = join(workspace.folder, 'connectors')
mkdirSync(folder)
const api = await spawnReferenceApi([
  ...Object.entries(account).flatMap(([name, value]) => [`--${name}`, String(value)]),
  '--store',
  `${workspace.folder}/api.sqlite`,
])
started.defer(() => api.close())
await api.setLimits(lifted)
for (const connector of connectors) {
  const config = {
    connector,
    source: { url: '${QRCS_API_URL}', key: '${QRCS_API_KEY}', calls_per_minute: lifted.per_minute },
    destinations: { duckdb: { type: 'duckdb', path: `${connector}.duckdb` } },
    ledger: { path: `${connector}.sqlite` },
    // No run of the Schedule comes in between.
    schedule: { every: '24h' },
  }
  writeFileSync(join(folder, `${connector}.yaml`), stringify(config))
}

interface Running {
  pid: number
  memoryMb: () => number
}

/** Runs the work while a worker is up and has nothing to do. */
async function withWorker<Result>(
  environment: Record<string, string>,
  work: (worker: Running) => Promise<Result>,
): Promise<Result> {
  const { process: worker, ended } = runQrsync(['up', '--config', folder], {
    api,
    temporalAddress: temporal.address,
    environment: { ...environment, COUNTED_WORK: counts },
  })
  const pid = worker.pid ?? 0
  try {
    await untilIdle(pid)
    for (let run = 0; run < warmUpRuns; run++) await runOnce(run)
    return await work({ pid, memoryMb: () => rssMb(worker) })
  } finally {
    worker.kill('SIGTERM')
    const { code, stderr } = await ended
    if (code !== 0) console.error(stderr)
  }
}

/** Waits until all workflows have ended that a starting worker starts, and the worker rests for two seconds. */
async function untilIdle(pid: number): Promise<void> {
  for (;;) {
    const spentMs = await cpuMsOf(pid, () => sleep(2_000))
    const { count } = await client.workflow.count(
      `WorkflowType IN ('sync', 'deliver') AND ExecutionStatus = 'Running'`,
    )
    if (count === 0 && spentMs > 0 && spentMs < 200) return
  }
}

/** Runs what the Schedule would run. */
async function runOnce(run: number): Promise<void> {
  const connector = connectors[run % connectorCount] ?? ''
  const handle = await startBackfill(await findPlace(client, connector), connector)
  await handle.result()
}

async function runAll(): Promise<void> {
  for (let run = 0; run < runs; run++) await runOnce(run)
}

const events = () => countHistoryEvents(client, 'qrsync/idle-')
const callsMade = async () => (await api.audit()).accepted

const timed = await withWorker({}, async ({ pid, memoryMb }) => {
  const before = { calls: await callsMade(), events: await events() }
  const startedAtMs = performance.now()
  const busyMs = await cpuMsOf(pid, runAll)
  const seconds = (performance.now() - startedAtMs) / 1_000
  const found = { calls: (await callsMade()) - before.calls, events: (await events()) - before.events }
  await untilIdle(pid)
  const restMs = await cpuMsOf(pid, () => sleep(restSeconds * 1_000))
  return {
    calls: found.calls,
    events_per_run: found.events / runs,
    runs_per_second: round(runs / seconds),
    cpu_ms_per_run: round(busyMs / runs),
    cpu_ms_per_minute_of_rest: round((restMs * 60) / restSeconds),
    rss_mb: memoryMb(),
  }
})

console.error(timed)

const counted = await withWorker({ NODE_OPTIONS: `--import=${countWork}` }, async ({ pid }) => {
  const before = await workOf(pid)
  await runAll()
  const after = await workOf(pid)
  const perRun = (name: keyof CountedWork) => round((after[name] - before[name]) / runs)
  return {
    statements_per_run: perRun('statements'),
    transactions_per_run: perRun('transactions'),
    written_bytes_per_run: perRun('written_bytes'),
  }
})

/** The CPU time (ms) that a process uses during some work, all its threads together. */
async function cpuMsOf(pid: number, work: () => Promise<unknown>): Promise<number> {
  const before = cpuTicks(pid)
  await work()
  return (cpuTicks(pid) - before) * msPerTick
}

function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

async function workOf(pid: number): Promise<CountedWork> {
  rmSync(counts, { force: true })
  process.kill(pid, 'SIGUSR2')
  for (;;) {
    try {
      return JSON.parse(readFileSync(counts, 'utf8')) as CountedWork
    } catch {
      await sleep(20)
    }
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

console.log(JSON.stringify({ runs, connectors: connectorCount, ...timed, ...counted }))

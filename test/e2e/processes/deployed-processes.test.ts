import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import getPort from 'get-port'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { isDelivered, readProgress } from '../../../src/insight/read-progress.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { streamNames } from '../../../src/streams/streams.ts'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import {
  createWorkspace,
  runQrsync,
  type ConnectorProcess,
  type Workspace,
} from '../../support/processes/connector-process.ts'
import {
  deployedConfig,
  startDeployedApi,
  workerCommand,
  type DeployedApi,
} from '../../support/processes/deployed-processes.ts'
import { prometheusTools } from '../../support/tools/deployment-tools.ts'
import { scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import { startPrometheus } from '../../support/tools/prometheus-server.ts'
import { temporaryDatabase, type TemporaryDatabase } from '../../support/ledger/temporary-database.ts'
import { until } from '../../support/until.ts'

const connector = 'main'
const scans = 4_000

let temporal: DevServer
let api: DeployedApi
let database: TemporaryDatabase
let ledger: Ledger
let workspace: Workspace
let port: number
let worker: ConnectorProcess

beforeAll(async () => {
  temporal = await startDevServer({ executable: inject('temporalExecutable') })
  database = await temporaryDatabase()
  ledger = await openLedger(database.url)
  port = await getPort({ host: '127.0.0.1' })
  workspace = createWorkspace()
  const keyFile = join(workspace.folder, 'api_key')
  writeFileSync(keyFile, `qrs_${randomBytes(32).toString('hex')}`)
  const deployed = deployedConfig(workspace.folder)
  const { warehouse } = deployed['destinations'] as { warehouse: object }
  workspace.configure({
    ...deployed,
    ledger: { url: database.url },
    destinations: { warehouse: { ...warehouse, path: 'qr-codes.duckdb' } },
    observability: { ...deployed['observability'], metrics_port: port },
  })
  const flags = [`--scans=${scans}`, '--codes=120', '--latency-ms=300']
  api = await startDeployedApi(join(workspace.folder, 'api.sqlite'), keyFile, flags)
})

afterAll(async () => {
  await worker.kill()
  await api[Symbol.asyncDispose]()
  await ledger.destroy()
  await database[Symbol.asyncDispose]()
  workspace[Symbol.dispose]()
  await temporal.stop()
})

const startWorker = () =>
  runQrsync(workerCommand(workspace.config), {
    api,
    temporalAddress: temporal.address,
    environment: { QRCS_ALLOW_HTTP: 'false', LOG_LEVEL: 'debug' },
  })

interface Told {
  status: string
  worker: string
  ledger: string
}

/** Null while nothing listens. */
async function health(): Promise<Told | null> {
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null)
  if (answer === null) return null
  const told = (await answer.json()) as Told
  expect(answer.status).toBe(told.status === 'ok' ? 200 : 503)
  return told
}

const isWell = async () => (await health())?.status === 'ok'

async function metrics(): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
  expect(answer.headers.get('content-type')).toContain('text/plain')
  return answer.text()
}

/** The sum over all series of a metric that have these labels. */
async function sumOf(name: string, ...labels: string[]): Promise<number> {
  const lines = (await metrics())
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return lines
    .filter((line) => labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

it('SIGTERM in the middle of a sync drains the worker: /healthz reports it, the exit code is 0, and no step is half done', async () => {
  worker = startWorker()
  const seen: string[] = []
  await until(async () => {
    const told = await health()
    if (told !== null) seen.push(told.worker)
    return told?.status === 'ok'
  })
  expect(seen[0]).toBe('starting')
  expect(seen.at(-1)).toBe('running')

  await until(async () => (await sumOf('qrsync_rows_landed_total', 'stream="scans"')) > 100)
  worker.process.kill('SIGTERM')
  const drained: Told[] = []
  await until(async () => {
    const told = await health()
    if (told !== null) drained.push(told)
    return told === null
  })
  const { code, stderr } = await worker.ended
  expect(code, stderr).toBe(0)
  expect(drained.map(({ worker: state, status }) => `${state} ${status}`)).toContain('draining failing')

  const calls = await ledger.selectFrom('calls').select('outcome').execute()
  expect(new Set(calls.map(({ outcome }) => outcome))).toEqual(new Set(['ok']))
  expect((await api.audit()).accepted).toBe(calls.length)
  const landed = await ledger.selectFrom('scans').select('id').execute()
  expect(landed.length).toBeGreaterThan(100)
  expect(landed.length).toBeLessThan(scans)
})

it('a restarted worker finishes the sync; metrics, health and a real Prometheus with the deployed rules show it', async () => {
  worker = startWorker()
  await until(isWell)
  const { prometheus: command } = await prometheusTools()
  await using prometheus = await startPrometheus(command, port)
  await until(async () => (await readProgress(ledger, connector)).landedScans >= scans)
  await until(() => isDelivered(ledger, connector, 'warehouse', streamNames))
  expect(await deliveredScanIds()).toEqual(await api.scanIds())

  // What this worker has done, and what both have.
  const calls = await ledger.selectFrom('calls').select('id').execute()
  const counted = await sumOf('qrsync_calls_total', 'outcome="ok"')
  expect(counted).toBeGreaterThan(10)
  expect(counted).toBeLessThan(calls.length)
  expect((await api.audit()).accepted).toBe(calls.length)
  expect(await sumOf('qrsync_rows_landed_total', 'stream="scans"')).toBeLessThan(scans)
  expect(await sumOf('qrsync_rows_delivered_total', 'destination="warehouse"')).toBeGreaterThan(0)
  // The gauges are updated every few seconds.
  await until(async () => (await sumOf('qrsync_destination_rows_behind')) === 0)
  await until(async () => (await sumOf('qrsync_month_calls_spent')) >= calls.length)
  expect(await sumOf('qrsync_month_calls_limit')).toBe(100_000)
  expect(await sumOf('qrsync_scans_waiting')).toBe(0)
  const text = await metrics()
  expect(text).toContain('temporal_worker_task_slots_available{')
  expect(text).toContain('process_resident_memory_bytes ')
  expect(text).not.toContain(api.key)

  const panels = (JSON.parse(readFileSync('deploy/grafana/dashboards/qrsync.json', 'utf8')) as Dashboard)
    .panels
  // Nothing was refused, and nothing failed; no scan is younger than the connector.
  const empty = ['Calls refused (429), an hour', 'Failed attempts, an hour', 'From scan to landed']
  for (const { title, targets } of panels.filter((panel) => !empty.includes(panel.title))) {
    for (const { expr } of targets) {
      await until(async () => (await prometheus.query(expr.replaceAll('$connector', '.*'))).size > 0).catch(
        () => {
          throw new Error(`no data: ${title}`)
        },
      )
    }
  }
  expect(await prometheus.alerts()).toEqual([])
})

/** The worker locks the file for a moment longer. */
async function deliveredScanIds(): Promise<string[]> {
  const found: string[][] = []
  await until(async () => {
    const ids = await scanIdsIn(join(workspace.folder, 'qr-codes.duckdb')).catch(() => null)
    return ids !== null && found.push(ids) > 0
  })
  return found.flat()
}

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[]
}

it('when the ledger goes away and comes back, /healthz and the metrics report it, and the worker keeps running', async () => {
  expect(await isWell()).toBe(true)
  await allowConnections(false)
  await until(async () => (await health())?.ledger !== 'ok')
  expect(await health()).toMatchObject({ status: 'failing', worker: 'running' })
  await until(async () => (await sumOf('qrsync_ledger_up')) === 0)
  expect(await sumOf('qrsync_month_calls_limit')).toBe(0)
  await allowConnections(true)
  await until(isWell)
  await until(async () => (await sumOf('qrsync_ledger_up')) === 1)
  worker.process.kill('SIGTERM')
  const { code, stderr } = await worker.ended
  expect(code, stderr).toBe(0)
  expectLog(stderr)
})

/** Each line of the log is JSON, says where it was written, and shows no key and no password. */
function expectLog(stderr: string): void {
  expect(stderr).not.toContain(api.key)
  expect(stderr).not.toContain(new URL(database.url).password)
  const lines = stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine)
  const calls = lines.filter(({ msg }) => msg === 'call')
  expect(calls.length).toBeGreaterThan(10)
  for (const { connector: of, workflowId, runId, callId, activity } of calls.filter(
    ({ activity }) => activity !== undefined,
  )) {
    expect({ of, workflowId, runId, callId, activity }).toEqual({
      of: connector,
      workflowId: expect.stringMatching(/^qrsync\/main\/sync/) as string,
      runId: expect.any(String) as string,
      callId: expect.any(Number) as number,
      activity: expect.stringMatching(/collectScans|refreshCatalogue|followPlan/) as string,
    })
  }
  const batches = lines.filter(({ msg }) => msg === 'batch')
  expect(batches.length).toBeGreaterThan(0)
  expect(batches[0]).toMatchObject({ connector, destination: 'warehouse', activity: 'deliver', attempt: 1 })
}

interface LogLine {
  msg: string
  connector?: string
  workflowId?: string
  runId?: string
  callId?: number
  activity?: string
}

/** Looks like a stopped server to clients that use only this database. */
async function allowConnections(isAllowed: boolean): Promise<void> {
  const name = new URL(database.url).pathname.slice(1)
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  await client.query(`alter database ${name} with allow_connections ${isAllowed}`)
  if (!isAllowed) {
    await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
  }
  await client.end()
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { clearLockedPorts } from 'get-port'
import { expect, inject } from 'vitest'
import { startDevServer } from '../../../src/temporal/server/dev-server.ts'
import { refusal } from '../bigquery/bigquery-world.ts'
import { sharedBqEmulator } from '../bigquery/shared-bqemulator.ts'
import {
  createWorkspace,
  runQrsync,
  type ConnectorProcess,
  type Ended,
} from '../processes/connector-process.ts'
import { scanIdsIn } from '../destinations/duckdb-file.ts'
import { startFaultyProxy } from '../faulty-proxy.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { queryBigQuery } from '../bigquery/query-bigquery.ts'
import { listQrCodes, startReferenceApi, type InProcessReferenceApi } from '../reference-api/reference-api.ts'
import { mountSmallDisk, type SmallDisk } from '../ledger/small-disk.ts'
import { until } from '../until.ts'
import type { StatusJson } from '../../../src/cli/json/status-shape.ts'

export const connector = 'troubled'
export const codes = 10
const movedClock = fileURLToPath(new URL('../processes/moved-clock.ts', import.meta.url))

export interface LogLine {
  level: number
  msg: string
  [field: string]: unknown
}

/** One connector with three destinations, its worker, and everything around it that can fail. */
export interface TroubledWorld extends AsyncDisposable {
  api: InProcessReferenceApi
  hubspot: FakeHubSpot
  client: Client
  /** The disk of the ledger; null if this user may not mount one. */
  disk: SmallDisk | null
  /** Runs `qrsync …`, and returns its output and exit code. */
  qrsync(command: string): Promise<Ended>
  /** Runs it, and interrupts it like Ctrl-C once it has shown a text. */
  qrsyncInterrupted(command: string, shown: string): Promise<Ended>
  statusText(): Promise<string>
  status(): Promise<{ text: string; json: StatusJson }>
  /** What the worker has logged since the last call. */
  log(): LogLine[]
  /** Adds a new scan to each code. */
  scan(): Promise<void>
  /** Waits until each destination has every scan exactly once. */
  untilEqual(...destinations: DestinationName[]): Promise<void>
  /** Moves the API's clock, which its windows use. */
  moveApiClock(byMs: number): void
  /** Moves only the worker's clock. */
  moveClock(byMs: number): void
  mayUseBigQuery(isAllowed: boolean): void
  /** Puts a key where the config file reads it. */
  useKey(key: string): void
  stopWorker(): Promise<void>
  /** Starts `qrsync up`; settles when its first sync is delivered. */
  startWorker(): Promise<void>
  stopTemporal(): Promise<void>
  /** With the state and the address of the previous one. */
  startTemporal(): Promise<void>
}

export type DestinationName = 'warehouse' | 'bi' | 'crm'

export async function startTroubledWorld(): Promise<TroubledWorld> {
  await using started = new AsyncDisposableStack()
  const disk = mountSmallDisk(96)
  if (disk !== null) started.use(disk)
  const emulatorUrl = await sharedBqEmulator()
  let isBigQueryAllowed = true
  const bigquery = await startFaultyProxy({
    target: emulatorUrl,
    handle: async (_call, forward) =>
      isBigQueryAllowed ? forward() : refusal(403, 'accessDenied', 'Access Denied: Dataset troubled'),
  })
  started.defer(() => bigquery.stop())
  const hubspot = await startFakeHubSpot()
  started.defer(() => hubspot.close())
  let apiAheadMs = 0
  const apiNow = () => Date.now() + apiAheadMs
  const api = await startReferenceApi({ codes, scans: 200, plan: 'advanced', now: apiNow })
  started.defer(() => api.close())
  const listed = await listQrCodes(api)

  const workspace = started.use(createWorkspace())
  const inWorkspace = (name: string) => join(workspace.folder, name)
  const useKey = (key: string) => {
    writeFileSync(inWorkspace('key.txt'), key)
  }
  useKey(api.key)
  workspace.configure({
    connector,
    source: { url: `${api.url}/api/v1`, key: '${file:key.txt}' },
    ledger: { path: join(disk?.folder ?? workspace.folder, 'ledger.sqlite') },
    destinations: {
      warehouse: { type: 'duckdb', path: 'qr-codes.duckdb' },
      bi: {
        type: 'bigquery',
        project: 'test-project',
        dataset: 'troubled',
        api_endpoint: bigquery.url,
        load: { every: '10s' },
      },
      crm: { type: 'hubspot', token: '${HUBSPOT_TOKEN}', url: hubspot.url, scans: true },
    },
    analytics: false,
  })

  const databaseFile = inWorkspace('temporal.db')
  // Not the default ports: while it is stopped, a server of another test might take them.
  let temporal = await startDevServer({
    executable: inject('temporalExecutable'),
    databaseFile,
    preferredPorts: [17_233, 18_233],
  })
  const { address: temporalAddress, uiUrl } = temporal
  started.defer(() => temporal.stop())
  const connection = await Connection.connect({ address: temporalAddress })
  started.defer(() => connection.close())

  const runs = new AsyncDisposableStack()
  started.use(runs)
  const run = (command: string, environment: Record<string, string> = {}) => {
    const qrsync = runQrsync([...command.split(' '), '--config', workspace.config], {
      temporalAddress,
      environment: { HUBSPOT_TOKEN: hubspot.token, ...environment },
    })
    runs.defer(() => qrsync.kill())
    return qrsync
  }
  let log = ''
  let worker: ConnectorProcess | null = null
  const startWorker = async () => {
    const up = run('up', {
      LOG_LEVEL: 'info',
      MOVED_CLOCK: inWorkspace('clock'),
      NODE_OPTIONS: `--import=${movedClock}`,
    })
    worker = up
    let seen = ''
    up.process.stderr?.on('data', (chunk: Buffer) => {
      seen += chunk.toString()
      log += chunk.toString()
    })
    const end = up.ended.then(({ stderr }) => Promise.reject(new Error(`the worker ended: ${stderr}`)))
    end.catch(() => undefined)
    await Promise.race([end, until(() => seen.includes('Ctrl-C stops'))])
  }
  await startWorker()

  const readers: Record<DestinationName, () => Promise<unknown[]>> = {
    warehouse: () => scanIdsIn(workspace.duckdb),
    bi: async () =>
      (await queryBigQuery(emulatorUrl, 'SELECT id FROM troubled.scans ORDER BY id')).map(({ id }) => id),
    crm: () => {
      const records = hubspot.recordsOf('qr_scan')
      return Promise.resolve(records.map(({ properties }) => properties['qrsync_scan_id']).toSorted())
    },
  }
  const qrsync = (command: string) => run(command).ended
  const statusText = async () => {
    const status = await qrsync('status')
    expect(status).toMatchObject({ code: 0, stderr: '' })
    return status.stdout
  }
  const resources = started.move()
  return {
    api,
    hubspot,
    client: new Client({ connection }),
    disk,
    qrsync,
    useKey,
    startWorker,
    async qrsyncInterrupted(command, shown) {
      const { process, ended } = run(command)
      let seen = ''
      process.stderr?.on('data', (chunk: Buffer) => (seen += chunk.toString()))
      await until(() => seen.includes(shown))
      process.kill('SIGINT')
      return ended
    },
    statusText,
    async status() {
      const [text, { stdout }] = await Promise.all([statusText(), qrsync('status --json')])
      return { text, json: JSON.parse(stdout) as StatusJson }
    },
    log() {
      const lines = log.split('\n')
      log = lines.pop() ?? ''
      return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine)
    },
    async scan() {
      const scanned_at = new Date(apiNow()).toISOString()
      await api.insertScans(listed.map(({ id }) => ({ qr_code_id: id, scanned_at })))
    },
    async untilEqual(...destinations) {
      const expected = [...(await api.scanIds())].toSorted()
      for (const destination of destinations) {
        // The worker may lock DuckDB's file for a moment.
        const read = () => readers[destination]().catch(() => [])
        await until(async () => (await read()).length >= expected.length, 250)
        expect(await readers[destination]()).toEqual(expected)
      }
    },
    moveApiClock: (byMs) => {
      apiAheadMs = byMs
    },
    moveClock: (byMs) => {
      writeFileSync(inWorkspace('clock'), String(byMs))
      worker?.process.kill('SIGUSR2')
    },
    mayUseBigQuery: (isAllowed) => {
      isBigQueryAllowed = isAllowed
    },
    stopWorker: async () => {
      worker?.process.kill('SIGTERM')
      await worker?.ended
    },
    stopTemporal: () => temporal.stop(),
    startTemporal: async () => {
      const ports = [temporalAddress, new URL(uiUrl).host].map((host) => Number(host.split(':')[1]))
      const [port = NaN, uiPort = NaN] = ports
      // get-port remembers the ports that it has returned.
      clearLockedPorts()
      temporal = await startDevServer({
        executable: inject('temporalExecutable'),
        databaseFile,
        ports: [port, uiPort],
      })
      expect(temporal.address).toBe(temporalAddress)
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

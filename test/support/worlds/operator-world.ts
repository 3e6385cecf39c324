import { randomBytes } from 'node:crypto'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import { expect } from 'vitest'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { names } from '../../../src/temporal/names.ts'
import { dataConverterOf } from '../../../src/temporal/encryption/data-converter.ts'
import { findPlace } from '../../../src/temporal/place.ts'
import { startSync } from '../../../src/temporal/start-sync.ts'
import { createWorkspace, runQrsync } from '../processes/connector-process.ts'
import { scanIdsIn } from '../destinations/duckdb-file.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { listQrCodes, startReferenceApi, type InProcessReferenceApi } from '../reference-api/reference-api.ts'
import { until } from '../until.ts'

const scansEndpoint = 'GET /qr-codes/{id}/scans'
const perMinute = 600

/** What was paid and landed until now. */
export interface Mark {
  accepted: number
  callId: number
}

/** A connector with a running worker, and its operator. Temporal stores only encrypted payloads of it. */
export interface OperatorWorld extends AsyncDisposable {
  connector: string
  client: Client
  api: InProcessReferenceApi
  hubspot: FakeHubSpot
  /** Adds this many new scans to each code. */
  scan(perCode: number): Promise<void>
  /** Calls that the API has accepted. */
  accepted(): Promise<number>
  mark(): Promise<Mark>
  /** Starts a sync like `qrsync sync --now`. */
  start(): Promise<WorkflowHandle>
  /** Starts a sync, and waits until everything is delivered. */
  syncNow(): Promise<void>
  /** Checks that nothing was lost, duplicated or paid twice since then, if this many codes had new scans. */
  expectSound(since: Mark, codesWithNews: number): Promise<void>
}

export interface OperatorWorldOptions {
  connector: string
  temporalAddress: string
  every: string
  codes: number
  scans: number
  latencyMs: number
}

export async function startOperatorWorld(options: OperatorWorldOptions): Promise<OperatorWorld> {
  const { connector, temporalAddress, every, codes, scans, latencyMs } = options
  await using started = new AsyncDisposableStack()
  const connection = await Connection.connect({ address: temporalAddress })
  started.defer(() => connection.close())
  const encryption = { key: randomBytes(32).toString('base64') }
  const dataConverter = dataConverterOf({ namespace: 'default', encryption })
  const client = new Client({ connection, dataConverter })
  const api = await startReferenceApi({ codes, scans, latencyMs })
  started.defer(() => api.close())
  const hubspot = await startFakeHubSpot()
  started.defer(() => hubspot.close())
  const destinations = {
    warehouse: { type: 'duckdb', path: 'qr-codes.duckdb' },
    crm: { type: 'hubspot', token: '${HUBSPOT_TOKEN}', url: hubspot.url, scans: true },
  }
  const workspace = started.use(
    createWorkspace({
      connector,
      destinations,
      temporal: { encryption },
      schedule: { every },
      // Calls for analytics would count as paying twice.
      analytics: false,
    }),
  )
  const worker = runQrsync(['up', '--config', workspace.config], {
    api,
    temporalAddress,
    environment: { HUBSPOT_TOKEN: hubspot.token },
  })
  started.defer(() => worker.kill())
  const schedule = client.schedule.getHandle(names.schedule(connector))
  const isUp = () =>
    schedule.describe().then(
      () => true,
      () => false,
    )
  const hasFailed = worker.ended.then(({ stderr }) => {
    throw new Error(`the worker ended: ${stderr}`)
  })
  hasFailed.catch(() => undefined)
  await Promise.race([hasFailed, until(isUp)])
  const ledger = await openLedger(workspace.ledger)
  started.defer(() => ledger.destroy())
  // Before any mark, because these calls count too.
  const listed = await listQrCodes(api)
  const accepted = async () => (await api.audit()).accepted
  const start = async () => startSync(await findPlace(client, connector), connector)
  const resources = started.move()

  return {
    connector,
    client,
    api,
    hubspot,
    accepted,
    async scan(perCode) {
      const scanned_at = new Date().toISOString()
      await api.insertScans(
        listed.flatMap(({ id }) => Array.from({ length: perCode }, () => ({ qr_code_id: id, scanned_at }))),
      )
    },
    async mark() {
      const { id } = await ledger
        .selectFrom('calls')
        .select((eb) => eb.fn.coalesce(eb.fn.max('id'), eb.lit(0)).as('id'))
        .executeTakeFirstOrThrow()
      return { accepted: await accepted(), callId: id }
    },
    start,
    async syncNow() {
      await (await start()).result()
      for (const destination of Object.keys(destinations)) {
        const delivery = client.workflow.getHandle(names.deliverWorkflow(connector, destination))
        await until(async () => (await delivery.describe()).status.name === 'COMPLETED')
      }
    },
    async expectSound(since, codesWithNews) {
      const expected = [...(await api.scanIds())].toSorted()
      expect(await scanIdsIn(workspace.duckdb)).toEqual(expected)
      const inHubSpot = hubspot.recordsOf('qr_scan').map(({ properties }) => properties['qrsync_scan_id'])
      expect(inHubSpot.toSorted()).toEqual(expected)

      const audit = await api.audit()
      expect(audit.refused).toEqual({ minute: 0, month: 0 })
      expect(audit.peak_per_minute).toBeLessThanOrEqual(perMinute)
      const calls = await ledger
        .selectFrom('calls')
        .select(['endpoint', 'qr_code_id', 'outcome'])
        .where('id', '>', since.callId)
        .execute()
      // Each paid page has landed, and none came twice: the new scans of a code are one page.
      expect(calls.map(({ outcome }) => outcome)).toEqual(calls.map(() => 'ok'))
      expect(audit.accepted - since.accepted).toBe(calls.length)
      const pages = calls.filter(({ endpoint }) => endpoint === scansEndpoint).map((call) => call.qr_code_id)
      expect(pages.length).toBe(codesWithNews)
      expect(new Set(pages).size).toBe(codesWithNews)
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

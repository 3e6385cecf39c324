import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import { queryBigQuery } from '../../support/bigquery/query-bigquery.ts'
import { installTimeoutMs } from '../../support/bigquery/bqemulator.ts'
import { sharedBqEmulator } from '../../support/bigquery/shared-bqemulator.ts'
import { createWorkspace, runQrsync, type Workspace } from '../../support/processes/connector-process.ts'
import { queryPostgres } from '../../support/destinations/postgres-database.ts'
import { temporaryDatabase, type TemporaryDatabase } from '../../support/ledger/temporary-database.ts'
import { queryDuckDb, scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import { startFaultyProxy, type FaultyProxy } from '../../support/faulty-proxy.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { randomFrom } from '../../support/random-from.ts'
import {
  listQrCodes,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../../support/reference-api/reference-api.ts'
import { until } from '../../support/until.ts'

const faultRate = 0.05
const seed = 2
const codes = 20
const scans = 2_000
const dataset = 'qr_codes'

describe('DuckDB, BigQuery, PostgreSQL and HubSpot at once', () => {
  let temporal: DevServer
  let api: InProcessReferenceApi
  let emulatorUrl: string
  let warehouse: TemporaryDatabase
  let bigquery: FaultyProxy
  let hubspot: FakeHubSpot
  let workspace: Workspace
  let disturber: Disturber

  beforeAll(async () => {
    emulatorUrl = await sharedBqEmulator()
    bigquery = await startFaultyProxy({ target: emulatorUrl, rate: faultRate, seed })
    hubspot = await startFakeHubSpot({ faults: { rate: faultRate, seed } })
    warehouse = await temporaryDatabase()
    temporal = await startDevServer({ executable: inject('temporalExecutable') })
    api = await startReferenceApi({ codes, scans })
    workspace = createWorkspace({
      connector: 'four',
      destinations: {
        local: { type: 'duckdb', path: 'qr-codes.duckdb' },
        bi: {
          type: 'bigquery',
          project: 'test-project',
          dataset,
          api_endpoint: bigquery.url,
          load: { rows: 600, every: '10s' },
        },
        postgres: { type: 'postgres', database_url: '${DATABASE_URL}' },
        crm: { type: 'hubspot', token: '${HUBSPOT_TOKEN}', url: hubspot.url, scans: true },
      },
    })
    disturber = disturb(workspace.duckdb)
  }, installTimeoutMs)

  afterAll(async () => {
    await disturber.stop()
    workspace[Symbol.dispose]()
    await api.close()
    await temporal.stop()
    await hubspot.close()
    await bigquery.stop()
    await warehouse[Symbol.asyncDispose]()
  })

  const world = () => ({
    api,
    temporalAddress: temporal.address,
    environment: { HUBSPOT_TOKEN: hubspot.token, DATABASE_URL: warehouse.url },
  })
  /** A run exits with 1 while a stream fails, because nobody waits for it then. The next run continues. */
  async function sync(): Promise<void> {
    for (let runs = 1; ; runs++) {
      const { code, stderr } = await runQrsync(['up', '--once', '--config', workspace.config], world()).ended
      if (code === 0) return
      expect(stderr).toContain('Not delivered, because these streams fail: ')
      expect(runs, stderr).toBeLessThan(5)
    }
  }

  async function expectVerified() {
    bigquery.setRate(0)
    hubspot.setFaults(0, seed)
    const { code, stdout, stderr } = await runQrsync(['verify', '--config', workspace.config], world()).ended
    expect(code, `${stdout}${stderr}`).toBe(0)
  }

  async function expectEqualSets() {
    const expected = [...(await api.scanIds())].toSorted()
    expect(await scanIdsIn(workspace.duckdb)).toEqual(expected)
    const inBigQuery = await queryBigQuery(emulatorUrl, `SELECT id FROM ${dataset}.scans ORDER BY id`)
    expect(inBigQuery.map(({ id }) => id)).toEqual(expected)
    const inPostgres = await queryPostgres(warehouse.url, 'select id from qrsync.scans order by id')
    expect(inPostgres.map(({ id }) => id)).toEqual(expected)
    const inHubSpot = hubspot.recordsOf('qr_scan').map(({ properties }) => properties['qrsync_scan_id'])
    expect(inHubSpot.toSorted()).toEqual(expected)
    expect(hubspot.associations('qr_scan', 'qr_code')).toHaveLength(expected.length)
  }

  async function expectEqualCounts() {
    const listed = new Map((await listQrCodes(api)).map(({ id, scan_count: count }) => [id, count]))
    const inDuckDb = await queryDuckDb(workspace.duckdb, 'SELECT qr_code_id AS id, scans FROM scans_by_code')
    const inBigQuery = await queryBigQuery(
      emulatorUrl,
      `SELECT qr_code_id AS id, scans FROM ${dataset}.code_performance`,
    )
    const inPostgres = await queryPostgres(
      warehouse.url,
      'select qr_code_id as id, scans from qrsync.scans_by_code',
    )
    for (const rows of [inDuckDb, inBigQuery, inPostgres]) {
      expect(new Map(rows.map(({ id, scans }) => [id, Number(scans)]))).toEqual(listed)
    }
    const records = hubspot.recordsOf('qr_code').map(({ properties }) => properties)
    expect(
      new Map(records.map((record) => [record['qrsync_code_id'], Number(record['qrsync_total_scans'])])),
    ).toEqual(listed)
  }

  it(
    'receive the same rows in the end, although 5 % of the calls to DuckDB, BigQuery and HubSpot fail',
    { timeout: 600_000 },
    async () => {
      await sync()
      // Nothing locks the file any more, so the test can read it.
      await disturber.pause()
      await expectEqualSets()
      await expectEqualCounts()

      disturber.goOn()
      const scanned_at = new Date().toISOString()
      const [first, second] = await listQrCodes(api)
      await api.insertScans(
        Array.from({ length: 120 }, (_, index) => ({
          qr_code_id: (index % 3 === 0 ? first : second)?.id ?? '',
          scanned_at,
        })),
      )
      await sync()
      await disturber.pause()
      await expectEqualSets()
      await expectEqualCounts()

      expect(bigquery.counts.refused + bigquery.counts.cut + bigquery.counts.lost).toBeGreaterThan(0)
      expect(Object.values(hubspot.faults).reduce((sum, faults) => sum + faults, 0)).toBeGreaterThan(0)
      await expectVerified()
      expect(disturber.holds()).toBeGreaterThan(0)
      expect(hubspot.violations).toEqual([])
      expect((await api.audit()).refused).toEqual({ minute: 0, month: 0 })
    },
  )
})

interface Disturber {
  holds(): number
  pause(): Promise<void>
  goOn(): void
  stop(): Promise<void>
}

/** Locks a DuckDB file for about one in twenty moments, like another program that reads it. */
function disturb(path: string): Disturber {
  const random = randomFrom(seed)
  let state: 'at work' | 'paused' | 'stopped' = 'at work'
  let isResting = false
  let holds = 0
  const ended = (async () => {
    await until(async () => {
      isResting = state !== 'at work'
      if (!isResting && random() < faultRate && (await hold(path))) holds += 1
      return state === 'stopped'
    })
  })()
  return {
    holds: () => holds,
    async pause() {
      state = 'paused'
      await until(() => isResting)
    },
    goOn: () => (state = 'at work'),
    async stop() {
      state = 'stopped'
      await ended
    },
  }
}

/** @returns false if the connector has it */
async function hold(path: string): Promise<boolean> {
  try {
    const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
    const connection = await instance.connect()
    await new Promise((resolve) => setTimeout(resolve, 50))
    // Without this, the file stays locked until the garbage collector finds the connection.
    connection.closeSync()
    instance.closeSync()
    return true
  } catch {
    return false
  }
}

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import {
  createWorkspace,
  runQrsync,
  type ConnectorProcess,
  type Workspace,
} from '../../support/processes/connector-process.ts'
import { scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import { startReferenceApi, type InProcessReferenceApi } from '../../support/reference-api/reference-api.ts'
import { until } from '../../support/until.ts'

const codes = 12
const scans = 1_500

describe('backfill of an account that has scans before the first start', () => {
  let temporal: DevServer
  let api: InProcessReferenceApi
  let workspace: Workspace
  let worker: ConnectorProcess
  const start = (...words: string[]) =>
    runQrsync([...words, '--config', workspace.config], { api, temporalAddress: temporal.address })
  const json = async (...words: string[]) => {
    const { code, stdout, stderr } = await start(...words, '--json').ended
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout) as { codes: number; scans: number; calls: number } & Record<string, unknown>
  }

  beforeAll(async () => {
    temporal = await startDevServer({ executable: inject('temporalExecutable') })
    api = await startReferenceApi({ codes, scans, plan: 'pro' })
    workspace = createWorkspace({ connector: 'backfill', schedule: { cron: '0 0 1 1 *' }, analytics: false })
    expect((await start('apply').ended).code).toBe(0)
    worker = start('worker')
    let said = ''
    worker.process.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await until(() => said.includes('is running'))
  })
  afterAll(async () => {
    worker.process.kill('SIGTERM')
    await worker.ended
    workspace[Symbol.dispose]()
    await api.close()
    await temporal.stop()
  })

  it('while it is paused, neither the planner nor a command fetches history', async () => {
    expect((await start('backfill', 'status').ended).code).toBe(1)
    await json('backfill', 'pause')
    await json('sync', '--now')
    const left = await json('backfill', 'status')
    expect(left).toMatchObject({ codes, scans, calls_this_month: left.calls, ends_at: null })
    expect(left.calls).toBeGreaterThanOrEqual(Math.ceil(scans / 100))
    expect(left['paused_since']).toMatch(/^\d{4}-/)
    expect((await start('status').ended).stdout).toMatch(/^History {4}of 12 codes is left: .*, paused since/m)
    expect((await api.audit()).by_endpoint).toEqual({ 'GET /me': 1, 'GET /qr-codes': 1 })
    const refused = await start('backfill', 'run').ended
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('Run "qrsync backfill resume" to continue')
  })

  it('once it is resumed, status shows how long it takes, and run fetches all history', async () => {
    const resumed = await json('backfill', 'resume')
    expect(resumed).toMatchObject({ codes, scans, paused_since: null })
    const minutes = (Date.parse(String(resumed['ends_at'])) - Date.now()) / 60_000
    expect(minutes).toBeLessThanOrEqual(resumed.calls / 60)
    expect(await json('backfill', 'run')).toMatchObject({ codes: 0, scans: 0, calls: 0, ends_at: null })
    await json('deliver', '--destination', 'duckdb')
    expect(await scanIdsIn(workspace.duckdb)).toEqual([...(await api.scanIds())].toSorted())
    const shown = await start('backfill', 'status').ended
    expect(shown.stdout).toBe('History is all landed.\n')
    expect((await json('usage'))['purposes']).toContainEqual(
      expect.objectContaining({ purpose: 'history', rows: scans }),
    )
  })

  it('run refuses while the connector is paused', async () => {
    expect((await start('pause', '--json').ended).stdout).toBe(
      '{"connector":"backfill","paused":true,"note":"paused by qrsync pause"}\n',
    )
    const refused = await start('backfill', 'run').ended
    expect(refused).toMatchObject({
      code: 1,
      stderr: 'backfill is paused. Run "qrsync resume" to continue.\n',
    })
    expect((await json('resume'))['paused']).toBe(false)
  })
})

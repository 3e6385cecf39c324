import { once } from 'node:events'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import { findPlace } from '../../../src/temporal/place.ts'
import { startSync } from '../../../src/temporal/start-sync.ts'
import { spawnScript } from '../../support/processes/child-script.ts'
import {
  createWorkspace,
  runQrsync,
  syncOnce,
  type ConnectorProcess,
  type Workspace,
} from '../../support/processes/connector-process.ts'
import { scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import {
  anyQrCode,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../../support/reference-api/reference-api.ts'
import { until } from '../../support/until.ts'

const connector = 'deliveries'
const scans = 1_000

describe('deliver and rejects, beside a running `up`', () => {
  let temporal: DevServer
  let api: InProcessReferenceApi
  let workspace: Workspace
  let running: ConnectorProcess
  let ledger: Ledger
  let connection: Connection
  const fileOf = (destination: string) => join(workspace.folder, `${destination}.duckdb`)
  const run = (...command: string[]) =>
    runQrsync([...command, '--config', workspace.config], { api, temporalAddress: temporal.address }).ended
  const json = async (...command: string[]) => {
    const { code, stdout, stderr } = await run(...command, '--json')
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout) as Record<string, unknown>
  }
  const callsSpent = async () => (await api.audit()).accepted
  const allScanIds = async () => [...(await api.scanIds())].toSorted()
  const sync = async () => {
    const client = new Client({ connection })
    await (await startSync(await findPlace(client, connector), connector)).result()
  }

  beforeAll(async () => {
    temporal = await startDevServer({ executable: inject('temporalExecutable') })
    api = await startReferenceApi({ codes: 10, scans })
    const duckdb = (name: string) => ({ type: 'duckdb', path: `${name}.duckdb` })
    workspace = createWorkspace({ connector, destinations: { first: duckdb('first') } })
    await syncOnce(workspace, { api, temporalAddress: temporal.address })
    workspace.configure({ connector, destinations: { first: duckdb('first'), later: duckdb('later') } })
    ledger = await openLedger(workspace.ledger)
    connection = await Connection.connect({ address: temporal.address })
    running = runQrsync(['up', '--config', workspace.config], { api, temporalAddress: temporal.address })
    await untilSaid(running, 'Syncing every')
  })

  afterAll(async () => {
    running.process.kill('SIGTERM')
    await running.ended
    await connection.close()
    await ledger.destroy()
    workspace[Symbol.dispose]()
    await api.close()
    await temporal.stop()
  })

  it('a destination that is added later is filled from the ledger, without a call', async () => {
    expect(await json('deliver', '--destination', 'later')).toMatchObject({ rejected: 0 })
    expect(await scanIdsIn(fileOf('later'))).toEqual(await allScanIds())
    const listAndMe = 2
    const pages = Math.ceil(scans / 100) + 10
    expect(await callsSpent()).toBeLessThanOrEqual(listAndMe + 1 + pages)
  })

  it('an emptied destination is filled from the start, without a call', async () => {
    const before = await callsSpent()
    rmSync(fileOf('later'))
    expect(await json('deliver', '--destination', 'later')).toMatchObject({ delivered: 0 })
    const { delivered } = await json('deliver', '--destination', 'later', '--from-start')
    expect(delivered).toBeGreaterThanOrEqual(scans)
    expect(await scanIdsIn(fileOf('later'))).toEqual(await allScanIds())
    expect(await callsSpent()).toBe(before)
  })

  it('a destination catches up after its outage, and the other one is not affected', async () => {
    const holder = spawnScript(holdingChild, fileOf('later'))
    await once(holder.stdout, 'data')
    const { id } = await anyQrCode(api)
    await api.insertScans(
      Array.from({ length: 20 }, () => ({ qr_code_id: id, scanned_at: new Date().toISOString() })),
    )
    await sync()
    expect(await json('deliver', '--destination', 'first')).toMatchObject({ rejected: 0 })
    expect(await scanIdsIn(fileOf('first'))).toEqual(await allScanIds())
    const isWaiting = runQrsync(['deliver', '--destination', 'later', '--config', workspace.config], {
      api,
      temporalAddress: temporal.address,
    })
    const obstacle = `another process (PID ${holder.pid}) has locked ${fileOf('later')}`
    await untilSaid(isWaiting, `qrsync retries automatically: Destination later: ${obstacle}`)
    holder.kill()
    expect(await isWaiting.ended).toMatchObject({ code: 0 })
    expect(await scanIdsIn(fileOf('later'))).toEqual(await allScanIds())
  })

  it('a refused row is listed with its reason, and replayed once the cause is fixed', async () => {
    const { id, row } = await ledger
      .selectFrom('scans')
      .select(['id', 'row'])
      .limit(1)
      .executeTakeFirstOrThrow()
    const setRow = (to: string) => ledger.updateTable('scans').set({ row: to }).where('id', '=', id).execute()
    await setRow(JSON.stringify({ ...(JSON.parse(row) as object), scanned_at: 'yesterday' }))
    rmSync(fileOf('later'))
    expect(await json('deliver', '-d', 'later', '--from-start')).toMatchObject({ rejected: 1 })
    const { stdout } = await run('rejects', 'list')
    expect(stdout).toContain(id)
    expect(stdout).toContain('scanned_at cannot be read as TIMESTAMPTZ: yesterday')
    expect(await json('rejects', 'list', '-d', 'first')).toMatchObject({ rejects: [] })

    await setRow(row)
    expect(await json('rejects', 'replay', '--id', id)).toMatchObject({ replayed: 1, refused_again: 0 })
    expect(await scanIdsIn(fileOf('later'))).toEqual(await allScanIds())
    expect((await run('rejects', 'list')).stdout.trim()).toBe('No row is refused.')
  })

  it('a wrong name is refused with the list of names', async () => {
    const { code, stderr } = await run('deliver', '--destination', 'lather')
    expect(code).toBe(1)
    expect(stderr.trim()).toBe('The config file has no destination lather. It has: first, later.')
  })
})

describe('check and apply', () => {
  it('show what exists and what would be created, without a running server and without a call', async () => {
    using workspace = createWorkspace()
    const api = { url: 'http://127.0.0.1:1', key: `qrs_${'0'.repeat(64)}` }
    const run = (...command: string[]) => runQrsync([...command, '--config', workspace.config], { api }).ended
    // An empty file is an empty ledger.
    writeFileSync(workspace.ledger, '')
    chmodSync(workspace.ledger, 0o644)
    const checked = await run('check', '--destination', 'duckdb')
    expect(checked).toMatchObject({ code: 0 })
    expect(checked.stdout).toMatch(/^duckdb: DuckDB v\S+, .*qr-codes\.duckdb$/m)
    expect(checked.stdout).toContain(
      `note: ${workspace.ledger}: other users of this machine may open it (0644). If they should not: chmod 600 `,
    )
    const told = (await run('apply', '--dry-run')).stdout
    expect(told).toContain('duckdb: would\n  create table qr_codes\n')
    expect(told).toContain('  create view scans_by_day')
    expect((await run('apply')).stdout).toBe(told.replace('would', 'done'))
    expect((await run('apply', '--dry-run')).stdout).toMatch(
      /^duckdb: nothing to change\nTemporal: not done, because no server is running or configured: "qrsync up" starts one/,
    )
    expect((await run('deliver', '-d', 'duckdb')).code).toBe(1)
  })
})

async function untilSaid({ process: { stderr } }: ConnectorProcess, text: string): Promise<void> {
  let said = ''
  stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await until(() => said.includes(text))
}

const holdingChild = `
  import { DuckDBInstance } from '@duckdb/node-api'
  const held = await DuckDBInstance.create(process.argv[1])
  console.log('held')
  setInterval(() => held, 1000)`

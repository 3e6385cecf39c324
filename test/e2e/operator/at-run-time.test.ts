import { renameSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { addKey, keyPrefix } from '../../../reference-api/account/keys.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import { runInDuckDb, scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import { createWorkspace, runQrsync, type Workspace } from '../../support/processes/connector-process.ts'
import {
  listQrCodes,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../../support/reference-api/reference-api.ts'
import { until } from '../../support/until.ts'

const connector = 'changing'
const warehouse = { type: 'duckdb', path: 'qr-codes.duckdb' }

describe('while the connector runs', () => {
  const stack = new AsyncDisposableStack()
  let temporal: DevServer
  let api: InProcessReferenceApi
  let workspace: Workspace
  let ledger: Ledger
  let process_: ReturnType<typeof runQrsync>

  beforeAll(async () => {
    temporal = await startDevServer({ executable: inject('temporalExecutable') })
    stack.defer(() => temporal.stop())
    api = await startReferenceApi({ codes: 5, scans: 300 })
    stack.defer(() => api.close())
    workspace = stack.use(createWorkspace())
    configure()
    writeKey(api.key)
    process_ = runQrsync(['up', '--config', workspace.config], environment())
    stack.defer(() => process_.kill())
    const hasFailed = process_.ended.then(({ stderr }) => {
      throw new Error(`the connector ended: ${stderr}`)
    })
    hasFailed.catch(() => undefined)
    ledger = await openLedger(workspace.ledger)
    stack.defer(() => ledger.destroy())
    const isRead = async () => (await ledger.selectFrom('config_loads').selectAll().execute()).length > 0
    await Promise.race([hasFailed, until(isRead)])
    const all = (await api.scanIds()).size
    await Promise.race([hasFailed, until(async () => (await deliveredScans()).length === all)])
  })
  afterAll(() => stack.disposeAsync())

  const deliveredScans = () => scanIdsIn(workspace.duckdb).catch(() => [])
  const environment = () => ({
    temporalAddress: temporal.address,
    environment: { QRCS_API_URL: `${api.url}/api/v1` },
  })
  const configure = (given: object = {}) => {
    const source = { url: '${QRCS_API_URL}', key: '${RELOADED_KEY}' }
    workspace.configure({
      connector,
      source,
      destinations: { warehouse },
      schedule: { every: '1h' },
      ...given,
    })
  }
  const writeKey = (key: string) => {
    writeFileSync(join(workspace.folder, '.env'), `RELOADED_KEY=${key}\n`)
  }
  const run = (...command: string[]) =>
    runQrsync([...command, '--config', workspace.config, '--json'], environment()).ended
  const statusOf = async () =>
    JSON.parse((await run('status')).stdout) as {
      config: { problem: string | null; needs_restart: string | null }
      has_worker: boolean | null
    }
  const calls = async () => {
    const { count } = await ledger
      .selectFrom('calls')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('outcome', '!=', 'not_sent')
      .executeTakeFirstOrThrow()
    return count
  }

  it('an invalid config is reported and not used, until it is valid again', async () => {
    const before = await calls()
    configure({ budget: { share: 'a lot' } })
    const problem = async () =>
      (await ledger.selectFrom('config_loads').selectAll().executeTakeFirstOrThrow()).problem
    await until(async () => (await problem()) !== null)
    expect(await problem()).toMatch(/^.*qrsync\.yaml:\d+: budget\.share: /)
    const { code, stderr } = await run('status')
    expect(code).toBe(2)
    expect(stderr).toMatch(/qrsync keeps running with the config that it read at /)
    expect(stderr).toContain('CONFIG_INVALID')
    configure()
    await until(async () => (await problem()) === null)
    const status = await statusOf()
    expect(status.config).toMatchObject({ problem: null, needs_restart: null })
    expect(status.has_worker).toBe(true)
    // None of it causes a call.
    expect(await calls()).toBe(before)
  })

  it('a new destination is filled, and qrsync asks for a restart where a change needs one', async () => {
    const before = await calls()
    configure({
      destinations: { warehouse, second: { type: 'duckdb', path: 'second.duckdb' } },
      ledger: { path: 'other.sqlite' },
      observability: { metrics_port: 9464 },
    })
    const load = () => ledger.selectFrom('config_loads').selectAll().executeTakeFirstOrThrow()
    await until(async () => (await load()).restart !== null)
    expect((await load()).restart).toMatch(
      /^ledger, observability\.metrics_port in .*qrsync\.yaml apply after a restart of qrsync; /,
    )
    configure({ destinations: { warehouse, second: { type: 'duckdb', path: 'second.duckdb' } } })
    await until(async () => (await load()).restart === null)
    const landed = [...(await api.scanIds())].sort()
    await until(async () => {
      const ids = await scanIdsIn(join(workspace.folder, 'second.duckdb')).catch(() => [])
      return ids.length >= landed.length
    })
    expect((await scanIdsIn(join(workspace.folder, 'second.duckdb'))).sort()).toEqual(landed)
    expect(await calls()).toBe(before)
  })

  it('a new key in `.env` is used: no row is lost or duplicated, and each call is counted', async () => {
    const key = addKey(api.store, api.accountId, Date.now())
    api.store.keys.revoke(api.accountId, keyPrefix(api.key), Date.now())
    writeKey(key)
    process_.process.kill('SIGHUP')
    const codes = await listQrCodes({ ...api, key })
    const scanned_at = new Date().toISOString()
    await api.insertScans(codes.map(({ id }) => ({ qr_code_id: id, scanned_at })))
    const { code, stdout } = await run('sync', '--now')
    expect(stdout).toContain('"failures":[]')
    expect(code).toBe(0)
    const all = [...(await api.scanIds())].sort()
    expect((await scanIdsIn(workspace.duckdb)).sort()).toEqual(all)
    // The list that this test has read is the additional call.
    expect((await api.audit()).accepted).toBe((await calls()) + 1)
    expect(process_.process.exitCode).toBeNull()
  })
  it('`resync` shows its price, asks, and reads days again for late scans', async () => {
    const [code] = await ledger
      .selectFrom('scans')
      .select(['qr_code_id', 'scanned_at_ms'])
      .orderBy('seq')
      .limit(1)
      .execute()
    const { qr_code_id = '', scanned_at_ms = 0 } = code ?? {}
    const scanned_at = new Date(scanned_at_ms + 1).toISOString()
    await api.insertScans([{ qr_code_id, scanned_at }])
    const day = scanned_at.slice(0, 10)
    const before = { calls: await calls(), accepted: (await api.audit()).accepted }
    const words = ['resync', '--code', qr_code_id, '--from', day, '--to', day]
    const asked = await run(...words)
    expect(asked.code).toBe(2)
    expect(JSON.parse(asked.stdout)).toMatchObject({ error: { code: 'USAGE', exit_code: 2 } })
    expect(asked.stderr).toMatch(
      /^This takes at most 2 calls; [\d,]+ are left of the month, until .* Add --yes/,
    )
    expect(await calls()).toBe(before.calls)

    const read = await run(...words, '--yes')
    expect(read.code).toBe(0)
    const told = JSON.parse(read.stdout) as { price_calls: number; calls: number; landed_scans: number }
    expect(told).toMatchObject({ price_calls: 2, landed_scans: 1, complete: true })
    expect(told.calls).toBeLessThanOrEqual(2)
    expect((await calls()) - before.calls).toBe((await api.audit()).accepted - before.accepted)
    const all = [...(await api.scanIds())].sort()
    await until(async () => (await deliveredScans()).length === all.length)
    expect((await deliveredScans()).sort()).toEqual(all)
  })

  it('`verify --fix` fills a destination that has lost rows again, without a call', async () => {
    const before = await calls()
    const some = 'DELETE FROM scans WHERE id IN (SELECT id FROM scans LIMIT 7)'
    // A delivery may lock the file for a moment.
    const isDeleted = () =>
      runInDuckDb(workspace.duckdb, some).then(
        () => true,
        () => false,
      )
    await until(isDeleted)
    expect((await run('verify')).code).toBe(3)
    const { code, stdout } = await run('verify', '--fix')
    expect(JSON.parse(stdout)).toMatchObject({
      fixed: { resent: [{ destination: 'warehouse', undelivered: [] }] },
    })
    expect(code).toBe(0)
    expect((await deliveredScans()).length).toBe((await api.scanIds()).size)
    expect(await calls()).toBe(before)
  })

  it('`runs` and `logs` show what has happened, with links into the UI, and make no call', async () => {
    const before = await calls()
    const { stdout } = await run('runs', '--ui', 'http://ui.example.com/')
    const { runs, actions, views } = JSON.parse(stdout) as {
      actions: {
        action: string
        via: string
        user: string
        destination: string | null
        details: string | null
      }[]
      runs: { title: string; status: string; calls: number | null }[]
      views: { name: string; url: string }[]
    }
    const manual = runs.find(({ title }) => title === 'Manual sync')
    expect(manual).toMatchObject({ status: 'COMPLETED' })
    expect(manual?.calls).toBeGreaterThan(0)
    expect(runs.map(({ title }) => title)).toContain('Delivery to warehouse')
    expect(actions[0]).toMatchObject({
      action: 'resend',
      via: 'command',
      user: userInfo().username,
      destination: 'warehouse',
      details: 'verify --fix',
    })
    expect(actions.map(({ action }) => action)).toEqual(['resend', 'resync', 'sync'])
    const link = new URL(views.find(({ name }) => name === 'failed')?.url ?? '')
    expect(link.href).toMatch(/^http:\/\/ui\.example\.com\/namespaces\/default\/workflows\?query=/)
    const query = link.searchParams.get('query') ?? ''
    expect(query).toBe('QrsyncConnector = "changing" AND ExecutionStatus = "Failed"')
    const { entries: all } = JSON.parse((await run('logs', '--limit', '9999')).stdout) as {
      entries: { kind: string; text: string }[]
    }
    expect(all.filter(({ kind }) => kind === 'call').length).toBe(before)
    const { entries: problems } = JSON.parse((await run('logs', '--problems')).stdout) as {
      entries: { is_problem: boolean }[]
    }
    expect(problems.every((entry) => entry.is_problem)).toBe(true)
    expect(problems.length).toBeLessThan(all.length)
    expect(await calls()).toBe(before)
  })

  it('`resync` makes no call if the month has too few calls left', async () => {
    const before = await calls()
    await ledger.updateTable('months').set({ calls: 1_000_000 }).execute()
    const [code] = await ledger.selectFrom('qr_codes').select('id').execute()
    const days = ['--from', '2026-01-01', '--to', '2026-12-31']
    const { code: exit, stderr } = await run('resync', '--code', code?.id ?? '', ...days, '--yes')
    expect(exit).toBe(1)
    expect(stderr).toMatch(/0 are left of the month.*Choose fewer days, or wait for the next month/)
    expect(await calls()).toBe(before)
  })

  it('`erase` erases a code everywhere, and the other commands know it', async () => {
    const { qr_code_id: id } = await ledger.selectFrom('scans').select('qr_code_id').executeTakeFirstOrThrow()
    const before = await calls()
    const all = await deliveredScans()
    const rows = await ledger.selectFrom('scans').select('id').where('qr_code_id', '=', id).execute()
    expect((await run('erase', '--code', id)).code, 'it asks').toBe(2)
    const { code, stdout } = await run('erase', '--code', id, '--yes')
    expect(JSON.parse(stdout)).toMatchObject({
      erased_rows: { qr_codes: 1, scans: rows.length },
      destinations: [
        { destination: 'warehouse', erased: true, problem: null },
        { destination: 'second', erased: true, problem: null },
      ],
    })
    expect(code).toBe(0)
    const erased = new Set(rows.map((row) => row.id))
    expect((await deliveredScans()).sort()).toEqual(all.filter((each) => !erased.has(each)).sort())
    const verified = await run('verify')
    expect(verified.code).toBe(0)
    expect(JSON.parse(verified.stdout)).toMatchObject({ codes: 4, erased_codes: 1, open_erasures: [] })
    const explained = await run('explain', id)
    expect(explained.code).toBe(0)
    expect(JSON.parse(explained.stdout)).toMatchObject({
      kind: 'code',
      state: 'erased',
      erased: { open: [] },
    })
    const { actions } = JSON.parse((await run('runs')).stdout) as { actions: object[] }
    expect(actions[0]).toMatchObject({ action: 'erase', via: 'command', qr_code_id: id })
    expect((await run('erase', '--code', 'no-such-code', '--yes')).code).toBe(1)
    const file = join(workspace.folder, 'second.duckdb')
    renameSync(file, `${file}.away`)
    const { id: other } = await ledger.selectFrom('qr_codes').select('id').executeTakeFirstOrThrow()
    const away = await run('erase', '--code', other, '--yes')
    const isMissing = expect.stringContaining('second.duckdb is missing') as string
    expect(JSON.parse(away.stdout)).toMatchObject({
      destinations: [
        { destination: 'warehouse', erased: true },
        { destination: 'second', erased: false, problem: isMissing, is_retried: true },
      ],
    })
    expect(away.code).toBe(3)
    expect(await statusOf()).toMatchObject({
      open_erasures: [{ destination: 'second', qr_code_id: other, problem: isMissing }],
    })
    renameSync(`${file}.away`, file)
    expect((await run('erase', '--code', other, '--yes')).code).toBe(0)
    expect(await calls()).toBe(before)
  })
})

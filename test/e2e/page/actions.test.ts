import { Client, Connection } from '@temporalio/client'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { readActions } from '../../../src/ledger/connector/audit-trail.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import { names } from '../../../src/temporal/names.ts'
import { scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import {
  createWorkspace,
  runQrsync,
  type ConnectorProcess,
  type Workspace,
} from '../../support/processes/connector-process.ts'
import {
  listQrCodes,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../../support/reference-api/reference-api.ts'
import { startBrowser, type TestBrowser } from '../../support/report/browser.ts'
import { until } from '../../support/until.ts'

const token = 'sixteen-letters-and-more'

describe('an operator uses the page of a running worker', () => {
  let temporal: DevServer
  let api: InProcessReferenceApi
  let workspace: Workspace
  let worker: ConnectorProcess
  let ledger: Ledger
  let connection: Connection
  let browser: TestBrowser
  let page: Page
  let url: string
  const complaints: string[] = []

  beforeAll(async () => {
    temporal = await startDevServer({ executable: inject('temporalExecutable') })
    api = await startReferenceApi({ codes: 12, scans: 300 })
    workspace = createWorkspace({
      analytics: false,
      observability: {
        page: { host: '127.0.0.1', token: '${PAGE_TOKEN}' },
        temporal_ui: 'http://ui.example.com:8080/',
      },
    })
    worker = runQrsync(['up', '--config', workspace.config], {
      api,
      temporalAddress: temporal.address,
      environment: { PAGE_TOKEN: token },
    })
    let said = ''
    worker.process.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await until(() => said.includes('Syncing every'))
    url = /Open (http:\/\/127\.0\.0\.1:\d+) to see scans/.exec(said)?.[1] ?? ''
    expect(url).not.toBe('')
    ledger = await openLedger(workspace.ledger)
    connection = await Connection.connect({ address: temporal.address })
    browser = await startBrowser()
    page = await browser.openTab()
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
  })
  afterAll(async () => {
    await browser.close()
    await connection.close()
    await ledger.destroy()
    worker.process.kill('SIGTERM')
    expect((await worker.ended).code, 'an open page keeps nobody from stopping').toBe(0)
    workspace[Symbol.dispose]()
    await api.close()
    await temporal.stop()
  })

  /** From the operations on: what the page asks, and what it says afterwards. */
  async function act(link: string, button: string): Promise<{ costs: string; notice: string }> {
    await page.goto(`${url}/test/operations`)
    await page.getByRole('link', { name: link }).click()
    const costs = (await page.locator('.costs').textContent()) ?? ''
    await page.getByRole('button', { name: button }).click()
    await page.waitForURL(/\/test\/operations\?notice=/)
    return { costs, notice: (await page.locator('main .notice').textContent()) ?? '' }
  }
  const now = () => page.locator('section:has(> #now)')
  const schedule = () => new Client({ connection }).schedule.getHandle(names.schedule('test'))
  const scan = async () => {
    const codes = await listQrCodes(api)
    const scanned_at = new Date().toISOString()
    await api.insertScans(codes.slice(0, 3).map(({ id }) => ({ qr_code_id: id, scanned_at })))
  }

  // While the worker writes, the file is locked.
  const found = () => scanIdsIn(workspace.duckdb).catch(() => [])

  it('the page asks for the token before it shows anything, and refuses readers without it', async () => {
    expect((await fetch(`${url}/test/scans`)).status).toBe(401)
    const csv = `${url}/test/csv?table=codes`
    expect((await fetch(csv, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401)
    expect((await fetch(csv, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
    await page.goto(`${url}/test/operations`)
    await page.getByLabel('The token of this page').fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('This is not the token.').waitFor()
    await page.getByLabel('The token of this page').fill(token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(`${url}/test/operations`)
    await page.getByText('It has every landed row, complete as of now.').waitFor()
    const [cookie] = await page.context().cookies()
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
    complaints.length = 0
  })

  it('sync now: shows its price, and lands new scans', async () => {
    await scan()
    const { costs, notice } = await act('Sync now', 'Sync now')
    expect(costs).toMatch(/At least 1 call: .*One more call for each code.*calls are left this month/s)
    expect(notice).toBe('The sync has started.')
    const expected = [...(await api.scanIds())].toSorted()
    await until(async () => (await found()).length === expected.length)
    expect(await found()).toEqual(expected)
    // The page shows it automatically.
    await page.locator('section:has(> #runs) tbody tr').filter({ hasText: 'Manual sync' }).first().waitFor()
    // The filters of its links are those that find the runs in Temporal.
    const { workflow } = new Client({ connection })
    const listed = new Map<string | null, number>()
    for (const link of await page.locator('section:has(> #runs) p a').all()) {
      const url = new URL((await link.getAttribute('href')) ?? '')
      expect(url.href).toMatch(/^http:\/\/ui\.example\.com:8080\/namespaces\/default\/workflows\?query=/)
      const query = url.searchParams.get('query') ?? ''
      listed.set(await link.textContent(), (await Array.fromAsync(workflow.list({ query }))).length)
    }
    expect(listed.get('all')).toBeGreaterThan(2)
    expect(listed.get("a day's calls")).toBeGreaterThan(0)
    expect(listed.get('failed')).toBe(0)
  })

  it('pause and resume: the Schedule follows, and the page shows it', async () => {
    expect((await act('Pause', 'Pause')).costs).toContain('No call.')
    expect((await schedule().describe()).state).toMatchObject({ paused: true, note: 'paused on the page' })
    await now().getByText('Paused: no planned call is made').waitFor()
    expect((await act('Resume', 'Resume')).notice).toBe('Resumed: qrsync continues by the schedule.')
    expect((await schedule().describe()).state.paused).toBe(false)
    await now().getByRole('link', { name: 'Pause' }).waitFor()
  })

  it('replay: refused rows are sent again, without a call', async () => {
    const [{ id, seq } = { id: '', seq: 0 }] = await ledger
      .selectFrom('scans')
      .select(['id', 'seq'])
      .limit(1)
      .execute()
    const refused = { connector: 'test', destination: 'duckdb', stream: 'scans', row_id: id, seq }
    await ledger
      .insertInto('rejects')
      .values({ ...refused, reason: '<b>no</b>', attempts: 1, rejected_at_ms: Date.now(), fingerprint: null })
      .execute()
    const { accepted } = await api.audit()
    const { costs, notice } = await act('Send 1 refused again', 'Send 1 row')
    expect(costs).toContain('1 row to duckdb. No call to the API.')
    expect(notice).toBe('1 row on the way to duckdb again.')
    await until(async () => (await ledger.selectFrom('rejects').select('row_id').execute()).length === 0)
    expect((await api.audit()).accepted).toBe(accepted)
  })

  it('refill: fills a destination from the first row again, without a call', async () => {
    const { accepted } = await api.audit()
    const before = await delivered()
    const scans = (await api.scanIds()).size
    const { costs, notice } = await act('Fill again', 'Fill duckdb again')
    expect(costs).toContain(`scans ${scans}`)
    expect(notice).toBe('duckdb is being filled again from the first row.')
    await until(async () => (await delivered()) >= before + scans)
    await page.getByText('It has every landed row, complete as of now.').waitFor({ timeout: 60_000 })
    expect((await api.audit()).accepted).toBe(accepted)
    await until(async () => (await found()).length === scans)
  })

  it('the audit trail has what was done on the page', async () => {
    const actions = (await readActions(ledger, 'test', 10)).toReversed()
    expect(actions.map(({ action, destination }) => [action, destination])).toEqual([
      ['sync', null],
      ['pause', null],
      ['resume', null],
      ['replay', 'duckdb'],
      ['refill', 'duckdb'],
    ])
    expect(new Set(actions.map(({ via, user }) => `${via} ${user}`))).toEqual(new Set(['page null']))
  })

  async function delivered(): Promise<number> {
    const rows = await ledger
      .selectFrom('deliveries')
      .select('delivered_rows')
      .where('stream', '=', 'scans')
      .execute()
    return rows[0]?.delivered_rows ?? 0
  }

  it('the browser reports no error', () => {
    expect(complaints).toEqual([])
  })
})

import { chmodSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { PlanReport } from '../../../src/cli/views/plan-report.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import type { Explanation } from '../../../src/insight/explain/explanation.ts'
import {
  createWorkspace,
  runQrsync,
  syncOnce,
  type Ended,
  type Workspace,
} from '../../support/processes/connector-process.ts'
import { queryDuckDb, runInDuckDb } from '../../support/destinations/duckdb-file.ts'
import {
  listQrCodes,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../../support/reference-api/reference-api.ts'

const config = {
  connector: 'commands',
  destinations: { duckdb: { type: 'duckdb', path: 'qr-codes.duckdb' } },
  codes: [
    { match: '*', freshness: '1m' },
    { match: 'none of them', freshness: '2m' },
  ],
}
const run = (workspace: Workspace, api: { url: string; key: string }, ...command: string[]): Promise<Ended> =>
  // There is no Temporal server, and no command needs one.
  runQrsync([...command, '--config', workspace.config], { api, temporalAddress: '127.0.0.1:1' }).ended

describe('plan, usage and verify', () => {
  let temporal: DevServer
  let api: InProcessReferenceApi
  let workspace: Workspace
  /** None of these commands makes a call or shows the key. */
  const answer = async (...command: string[]) => {
    const { accepted } = await api.audit()
    const ended = await run(workspace, api, ...command)
    expect(ended.stdout + ended.stderr).not.toContain(api.key.replace(/^qrs_/, ''))
    expect((await api.audit()).accepted).toBe(accepted)
    return ended
  }
  const json = async <T>(...command: string[]): Promise<T> => {
    const { code, stdout, stderr } = await answer(...command, '--json')
    expect(code, stderr).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    return JSON.parse(stdout) as T
  }

  beforeAll(async () => {
    temporal = await startDevServer({ executable: inject('temporalExecutable') })
    api = await startReferenceApi({ codes: 20, scans: 1_000, plan: 'pro' })
    workspace = createWorkspace(config)
    await syncOnce(workspace, { api, temporalAddress: temporal.address })
  })
  afterAll(async () => {
    workspace[Symbol.dispose]()
    await api.close()
    await temporal.stop()
  })

  it('usage counts the same calls as the API', async () => {
    const { accepted, by_endpoint } = await api.audit()
    const { total, purposes, top_codes, ...usage } = await json<{
      total: { calls: number; rows: number; refused: number; failed: number }
      purposes: { endpoint: string; calls: number }[]
      top_codes: { name: string; calls: number; rows: number }[]
      calls_by_day_cumulative: number[]
    }>('usage')
    expect(total).toMatchObject({ calls: accepted, refused: 0, failed: 0 })
    expect(total.rows).toBe(1 + 20 + 1_000)
    const byEndpoint: Record<string, number> = {}
    for (const { endpoint, calls } of purposes) byEndpoint[endpoint] = (byEndpoint[endpoint] ?? 0) + calls
    expect(byEndpoint).toEqual(by_endpoint)
    expect(usage).toMatchObject({ calls_per_month: 5_000, calls_this_month: accepted, calls_of_others: 0 })
    expect(usage.calls_by_day_cumulative.at(-1)).toBe(accepted)
    const names = (await listQrCodes(api)).map(({ name }) => name)
    expect(top_codes).toHaveLength(10)
    expect(names).toContain(top_codes[0]?.name)

    const { stdout } = await answer('usage')
    expect(stdout).toContain(`${accepted} of 5,000 calls`)
    expect(stdout).toContain(top_codes[0]?.name)
    expect(stdout).toMatch(/5,000┤━+/)
  })

  it("plan forecasts 30 days, names targets that cannot be met and what an upgrade gives, and stores the month's first forecast", async () => {
    const { stdout, code } = await answer('plan')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^commands on pro: 30 days from .*, 20 codes, about \d+ scans\.$/m)
    expect(stdout).toMatch(/^Infeasible on Pro: best achievable \S+ \w+ for “\*” \(asked: 1 min\)\.$/m)
    expect(stdout).toMatch(/^On advanced: half of the scans within/m)
    expect(stdout).not.toContain('none of them')
    expect(stdout).not.toContain('This month')

    const bi = { type: 'bigquery', project: 'p', dataset: 'd', load: { every: '30s' } }
    workspace.configure({ ...config, destinations: { ...config.destinations, bi } })
    const later = await json<PlanReport>('plan')
    expect(later).toMatchObject({ notes: [{ destination: 'bi', limit_per_day: 1_500 }] })
    expect(later).toMatchObject({ plan: 'pro', forecast: { calls_per_month: 5_000, codes: 20 } })
    expect(later.advanced?.p95_lag_h).toBeLessThan(later.forecast.p95_lag_h ?? 0)
    // What the first sync has spent before the forecast is no part of it, and no call was made since.
    const actual = Object.values(later.this_month?.actual_calls ?? {}).reduce((sum, calls) => sum + calls, 0)
    expect(actual).toBe(0)
    expect(later.this_month?.days).toBe(0)
    expect(later.this_month?.forecast_lag.p95_lag_h).toBeGreaterThan(0)
    const shown = await answer('plan')
    expect(shown.stdout).toMatch(/This month, .*Forecast of .*So far/)
    expect(shown.stdout).toMatch(/^bi: at most \d+ loads per table and day, of 1,500/m)
    workspace.configure(config)

    const upgraded = await json<PlanReport>('plan', '--plan', 'advanced')
    expect(upgraded).toMatchObject({ plan: 'advanced', advanced: null, this_month: null })
    expect(upgraded.forecast).toMatchObject({ calls_per_month: 100_000 })
  })

  it('explain says where a scan and a code are, and what an unknown id may be', async () => {
    const [found] = await queryDuckDb(workspace.duckdb, 'SELECT id, qr_code_id FROM scans LIMIT 1')
    const { id: scanId, qr_code_id: codeId } = found as { id: string; qr_code_id: string }

    const scan = await json<Explanation>('explain', scanId)
    expect(scan).toMatchObject({ kind: 'scan', state: 'complete', code: { id: codeId } })
    expect(scan.scan?.call).toMatchObject({ endpoint: 'GET /qr-codes/{id}/scans' })
    expect(scan.destinations).toMatchObject([
      { destination: 'duckdb', type: 'duckdb', rows: [{ stream: 'scans', state: 'confirmed' }] },
    ])
    expect((await answer('explain', scanId)).stdout).toMatch(/It is in every destination\.\n$/)
    expect(await json<Explanation>('explain', codeId)).toMatchObject({
      kind: 'code',
      state: 'complete',
      code: { id: codeId, scans: { unexplained: 0 } },
    })

    const unknown = await answer('explain', 'nowhere')
    expect(unknown).toMatchObject({ code: 3, stderr: '' })
    expect(unknown.stdout).toContain('The ledger knows no scan and no code with the id nowhere.')
    expect(await answer('explain')).toMatchObject({ code: 2, stdout: '' })
  })

  it('verify finds every landed scan, then a late scan that a sync fetches, then a scan that is lost', async () => {
    expect(await answer('verify')).toMatchObject({
      code: 0,
      stderr: '',
      stdout:
        '20 of 20 codes complete, 1,000 scans landed.\n' +
        'duckdb has 1,000 scans, for every code as many as have landed.\n',
    })
    const [listed] = await listQrCodes(api, 'sort=-last_scanned_at')
    if (listed === undefined) throw new Error('the account has no QR code')
    const scanned_at = new Date(Date.parse(listed.created_at) + 1_000).toISOString()
    await api.insertScans([{ qr_code_id: listed.id, scanned_at }])
    await syncOnce(workspace, { api, temporalAddress: temporal.address })
    const late = await answer('verify')
    expect(late.code).toBe(0)
    expect(late.stdout).toContain('20 of 20 codes complete, 1,001 scans landed.')
    expect(await json('verify')).toMatchObject({
      codes: 20,
      complete_codes: 20,
      landed_scans: 1_001,
      unexplained_scans: 0,
      lost_scans: 0,
    })

    const ledger = await openLedger(workspace.ledger)
    await ledger.deleteFrom('scans').where('seq', '=', 1).execute()
    await ledger.destroy()
    const lost = await answer('verify')
    expect(lost).toMatchObject({ code: 3, stderr: '' })
    expect(lost.stdout).toContain('1 are missing without an explanation.')
    expect(lost.stdout).toContain('1 there, but not in the ledger')
    expect((await answer('verify', '--no-destinations')).stdout).not.toContain('duckdb')
  })

  it('verify reports, by code, what a destination has lost', async () => {
    // The scan that the ledger has lost is a different problem.
    const before = await answer('verify', '--json')
    const [known] = (JSON.parse(before.stdout) as { destinations: { gaps: { id: string }[] }[] }).destinations
    const [code] = await queryDuckDb(
      workspace.duckdb,
      `SELECT qr_code_id AS id, count(*)::INTEGER AS scans FROM scans
       WHERE qr_code_id <> '${known?.gaps[0]?.id ?? ''}' GROUP BY 1 ORDER BY 2 DESC LIMIT 1`,
    )
    const sql = `DELETE FROM scans WHERE id IN (SELECT id FROM scans WHERE qr_code_id = '${String(code?.['id'])}' LIMIT 3)`
    await runInDuckDb(workspace.duckdb, sql)
    const { code: exit, stdout } = await answer('verify', '--json')
    expect(exit).toBe(3)
    const { destinations } = JSON.parse(stdout) as { destinations: { gaps: { id: string }[] }[] }
    expect(destinations).toMatchObject([{ destination: 'duckdb', error: null }])
    const landed = Number(code?.['scans'])
    expect(destinations[0]?.gaps).toContainEqual({
      id: code?.['id'],
      of: 'scans',
      landed,
      there: landed - 3,
      waiting: 0,
      refused: 0,
      missing: 3,
      more: 0,
    })
    expect((await answer('verify')).stdout).toContain('"qrsync deliver -d duckdb --resend"')
  })

  it('plan, usage and verify work while "up" is running, which names a file that others may open', async () => {
    chmodSync(workspace.duckdb, 0o640)
    let seen = ''
    const up = runQrsync(['up', '--config', workspace.config], { api, temporalAddress: temporal.address })
    await new Promise<void>((resolve, reject) => {
      up.process.stderr?.on('data', (chunk: Buffer) => {
        seen += chunk.toString()
        if (seen.includes('Ctrl-C stops')) resolve()
      })
      void up.ended.then(({ stderr }) => {
        reject(new Error(stderr))
      })
    })
    expect(seen).toContain(`${workspace.duckdb}: other users of this machine may open it (0640)`)
    for (const command of ['usage', 'plan', 'verify']) {
      expect(await run(workspace, api, command)).toMatchObject({ code: command === 'verify' ? 3 : 0 })
    }
    await up.kill()
  })

  it('no name and no reason of a refusal can control the terminal or start a line of its own', async () => {
    const evil = 'Menu\u001b[2J\u009b1A\r\nforged line\u202e'
    const ledger = await openLedger(workspace.ledger)
    const codes = await ledger.selectFrom('qr_codes').select(['id', 'row']).execute()
    for (const { id, row } of codes) {
      const renamed = JSON.stringify({ ...(JSON.parse(row) as object), name: evil })
      await ledger.updateTable('qr_codes').set({ row: renamed }).where('id', '=', id).execute()
    }
    const refused = { destination: 'duckdb', stream: 'scans', row_id: evil, reason: `no: ${evil}` }
    const reject = { ...refused, connector: 'commands', seq: 1, attempts: 1, rejected_at_ms: 1 }
    await ledger
      .insertInto('rejects')
      .values({ ...reject, fingerprint: null })
      .execute()
    await ledger.destroy()
    const shown = await Promise.all(
      [
        ['usage'],
        ['usage', '--json'],
        ['explain', String(codes[0]?.id)],
        ['explain', String(codes[0]?.id), '--json'],
        ['rejects', 'list'],
        ['rejects', 'list', '--json'],
        ['plan', '--json'],
      ].map((words) => answer(...words)),
    )
    for (const { code, stdout, stderr } of shown) {
      // 3: the code may be the one whose scan the ledger has lost (above).
      expect([0, 3], stdout + stderr).toContain(code)
      expect(stdout + stderr).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]|^forged line/m)
      if (!stdout.startsWith('{')) expect(stdout).toContain('Menu\\u001b[2J\\u009b1A forged line\\u202e')
    }
    const [, json] = shown
    expect(JSON.stringify(JSON.parse(String(json?.stdout)))).toContain(JSON.stringify(evil).slice(1, -1))
  })
})

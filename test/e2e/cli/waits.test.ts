import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import type { SyncResult } from '../../../src/cli/views/summary.ts'
import {
  createWorkspace,
  runQrsync,
  type Ended,
  type Workspace,
} from '../../support/processes/connector-process.ts'
import { startReferenceApi, type InProcessReferenceApi } from '../../support/reference-api/reference-api.ts'

const destinations = { duckdb: { type: 'duckdb', path: 'data/qr-codes.duckdb' } }

let api: InProcessReferenceApi
let workspace: Workspace
let temporal: DevServer
beforeAll(async () => {
  temporal = await startDevServer({ executable: inject('temporalExecutable') })
  api = await startReferenceApi({ codes: 10, scans: 8_000, plan: 'pro' })
  // Of Pro's 5,000 calls, 50: the scans take more than 80.
  workspace = createWorkspace({ connector: 'waits', destinations, budget: { share: '1%' } })
})
afterAll(async () => {
  workspace[Symbol.dispose]()
  await api.close()
  await temporal.stop()
})

const run = (source: { url: string; key: string }, ...command: string[]): Promise<Ended> =>
  runQrsync([...command, '--config', workspace.config], { api: source, temporalAddress: temporal.address })
    .ended

describe('check, before the first start', () => {
  it.each([
    ['a key that was revoked', () => ({ url: api.url, key: `qrs_${'a'.repeat(64)}` }), 'API_KEY_REJECTED'],
    ['a closed port', () => ({ url: 'http://127.0.0.1:1', key: api.key }), 'API_UNAVAILABLE'],
  ])('reports %s, without a call', async (_name, source, code) => {
    const { accepted } = await api.audit()
    const ended = await run(source(), 'check')
    expect(ended.code).toBe(3)
    expect(ended.stdout).toMatch(new RegExp(`^source: ${code}: `))
    expect(ended.stdout).not.toMatch(/Nothing is missing|retries automatically/)
    expect((await api.audit()).accepted).toBe(accepted)
  })

  it('makes one call, and leaves no file behind', async () => {
    const { accepted } = await api.audit()
    const ended = await run(api, 'check')
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toMatch(/^source: .*\n {2}ok {7}the API accepts the key: account \S+ on pro/)
    expect(ended.stdout).toContain('Nothing is missing.')
    expect((await api.audit()).accepted).toBe(accepted + 1)
    expect((await run(api, 'apply', '--dry-run')).code).toBe(0)
    expect(existsSync(join(workspace.folder, 'data'))).toBe(false)
    expect(existsSync(workspace.ledger)).toBe(false)
  })
})

describe('once the calls are spent', () => {
  it('up --once delivers what has landed, reports until when it waits, and ends', async () => {
    const { code, stdout, stderr } = await run(api, 'up', '--once')
    expect(code).toBe(1)
    const result = JSON.parse(stdout) as SyncResult
    expect(result.waits).toEqual({ reason: 'share', until: expect.stringMatching(/-01T00:00:00/) as string })
    expect(result).toMatchObject({ calls: 50, refused: 0, undelivered: [] })
    expect(result.scans).toBeGreaterThan(3_000)
    expect(stderr).toMatch(
      /calls \(budget\.share\) is used up until .*; [\d,]+ scans are waiting\. The sync then/,
    )
  })

  it('status needs no key, reports the wait, and exits with 3 with --check', async () => {
    const { code, stdout } = await runQrsync(['status', '--check', '--config', workspace.config], {
      temporalAddress: temporal.address,
    }).ended
    expect(code).toBe(3)
    expect(stdout).toMatch(/^! qrsync's share of the month's calls \(budget\.share\) is used up until /m)
    expect(stdout).toMatch(/│ duckdb +│ duckdb │ complete │ now /)
  })
})

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import {
  createWorkspace,
  runQrsync,
  type Ended,
  type Workspace,
} from '../../support/processes/connector-process.ts'
import { startReferenceApi } from '../../support/reference-api/reference-api.ts'

const someKey = { url: 'http://127.0.0.1:1', key: `qrs_${randomBytes(32).toString('hex')}` }
const run = (workspace: Workspace, api: { url: string; key: string }, ...command: string[]): Promise<Ended> =>
  // There is no Temporal server, and no command needs one.
  runQrsync([...command, '--config', workspace.config], { api, temporalAddress: '127.0.0.1:1' }).ended

describe('without a ledger', () => {
  const startDisposable = async (options: Parameters<typeof startReferenceApi>[0]) => {
    const api = await startReferenceApi(options)
    return { ...api, [Symbol.asyncDispose]: () => api.close() }
  }

  it.each(['usage', 'verify'])(
    '%s says in one line that there is no ledger, and creates nothing',
    async (command) => {
      using workspace = createWorkspace()
      expect(await run(workspace, someKey, command)).toEqual({
        code: 1,
        stdout: '',
        stderr: `There is no ledger at ${workspace.ledger} yet: run "qrsync up" first.\n`,
      })
      expect(existsSync(workspace.ledger)).toBe(false)
      const ledger = await openLedger(workspace.ledger)
      expect(await run(workspace, someKey, command)).toEqual({
        code: 1,
        stdout: '',
        stderr: 'The ledger does not know the connector test yet: run "qrsync up" first.\n',
      })
      expect(await ledger.selectFrom('connectors').selectAll().execute()).toEqual([])
      await ledger.destroy()
    },
  )

  it('plan requests the list of codes once, and the first sync uses it', async () => {
    await using api = await startDisposable({ codes: 120, scans: 600, plan: 'pro' })
    using workspace = createWorkspace()
    const first = await run(workspace, api, 'plan', '--json')
    expect(first.code, first.stderr).toBe(0)
    expect(JSON.parse(first.stdout)).toMatchObject({ plan: 'pro', forecast: { codes: 120 } })
    expect(first.stderr).toContain('reading its list took 3 calls. The list is kept.')
    const again = await run(workspace, api, 'plan')
    expect(again.stdout).toContain('on pro: 30 days from')
    // As in the demo, whose key no other terminal has.
    const withoutKey = await runQrsync(['plan', '--config', workspace.config], {
      environment: { QRCS_API_URL: '', QRCS_API_KEY: '' },
    }).ended
    expect(withoutKey.code, withoutKey.stderr).toBe(0)
    expect(withoutKey.stdout).toContain('on pro: 30 days from')
    // GET /me and two pages of the list.
    expect((await api.audit()).by_endpoint).toEqual({ 'GET /me': 1, 'GET /qr-codes': 2 })
  })

  it("plan prints the API's error if the list cannot be fetched", async () => {
    using workspace = createWorkspace()
    const { code, stdout, stderr } = await run(workspace, someKey, 'plan')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^API_UNAVAILABLE: /m)
  })

  it('the error names a wrong config file', async () => {
    using workspace = createWorkspace({ schedule: { every: 'often' } })
    const { code, stderr } = await run(workspace, someKey, 'usage')
    expect(code).toBe(2)
    expect(stderr).toMatch(/^CONFIG_INVALID: .*schedule\.every/)
  })

  it.each(['plan', 'usage', 'verify'])('%s --help has an example', async (command) => {
    const { code, stdout } = await runQrsync([command, '--help'], {}).ended
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`Example:\\n  qrsync ${command} --config qrsync\\.yaml`))
  })
})

import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../../src/config/load-config.ts'
import {
  createWorkspace,
  qrsyncCommand,
  runQrsync,
  type Workspace,
} from '../../support/processes/connector-process.ts'
import { keys, runOnTerminal, type PseudoTerminal } from '../../support/processes/pseudo-terminal.ts'
import { startReferenceApi, type InProcessReferenceApi } from '../../support/reference-api/reference-api.ts'

let api: InProcessReferenceApi
let workspace: Workspace
let file: string
const otherKey = `qrs_${'0'.repeat(64)}`

beforeAll(async () => {
  api = await startReferenceApi({ codes: 3, scans: 10, plan: 'pro' })
  workspace = createWorkspace()
  file = join(workspace.folder, 'acme.yaml')
})
afterAll(async () => {
  workspace[Symbol.dispose]()
  await api.close()
})

const init = (given: { url: string; key: string }, ...options: string[]) =>
  runQrsync(['init', '--config', file, ...options], { api: given }).ended

describe('init --yes', () => {
  it('writes no file if the API does not accept the key', async () => {
    const { code, stderr } = await init({ ...api, key: otherKey }, '--yes')
    expect(code).toBe(1)
    expect(stderr).toMatch(/^API_KEY_REJECTED: /m)
    expect(stderr).not.toContain(otherKey)
    expect(existsSync(file)).toBe(false)
  })

  it('tests the key with one call, and writes a valid file without a secret', async () => {
    const before = (await api.audit()).accepted
    const { code, stdout, stderr } = await init(api, '--yes', '--connector', 'acme', '--json')
    expect(code, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      config: file,
      connector: 'acme',
      destinations: ['warehouse'],
      variables: ['QRCS_API_KEY', 'QRCS_API_URL'],
    })
    expect((await api.audit()).accepted - before).toBe(1)
    expect(stderr).toContain('plan pro')
    expect(readFileSync(file, 'utf8') + stdout + stderr).not.toContain(api.key)
    const environment = { QRCS_API_KEY: api.key, QRCS_API_URL: `${api.url}/api/v1` }
    expect(loadConfig(file, environment)).toMatchObject({
      connector: 'acme',
      destinations: { warehouse: { type: 'duckdb', path: join(workspace.folder, 'qr-codes.duckdb') } },
    })
    const [, schema = ''] = /\$schema=(\S+)/.exec(readFileSync(file, 'utf8')) ?? []
    expect(existsSync(join(workspace.folder, schema)), schema).toBe(true)
  })

  it('keeps an existing file, unless --force is set', async () => {
    writeFileSync(file, 'mine')
    const refused = await init(api, '--yes')
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('Use --force to replace it')
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expect((await init(api, '--yes', '--force')).code).toBe(0)
    expect(parse(readFileSync(file, 'utf8'))).toMatchObject({ connector: 'qr-codes' })
  })
})

it('init --yes reads the key and the address from .env beside the file', async () => {
  const dotEnv = join(workspace.folder, '.env')
  writeFileSync(dotEnv, `QRCS_API_KEY=${api.key}\nQRCS_API_URL=${api.url}/api/v1\n`)
  const { code, stderr } = await runQrsync(['init', '--config', file, '--yes', '--force'], {
    environment: { QRCS_API_KEY: '', QRCS_API_URL: '' },
  }).ended
  rmSync(dotEnv)
  expect(code, stderr).toBe(0)
  expect(stderr).not.toContain('export')
})

it('asks no question without a terminal', async () => {
  const { code, stderr } = await init(api, '--force')
  expect(code).toBe(2)
  expect(stderr).toContain('"qrsync init --yes" asks nothing')
})

describe('init on a terminal', () => {
  let terminal: PseudoTerminal
  let dotEnv: string
  beforeAll(() => {
    dotEnv = join(workspace.folder, '.env')
  })

  const start = (name: string, environment: NodeJS.ProcessEnv = {}) => {
    file = join(workspace.folder, name)
    terminal = runOnTerminal([...qrsyncCommand, 'init', '--config', file], {
      ...process.env,
      QRCS_API_URL: '',
      QRCS_API_KEY: '',
      ...environment,
    })
    return terminal
  }
  const answer = async (question: string, typed: string) => {
    await terminal.until(question)
    terminal.type(typed)
  }

  it('asks again until the API accepts a key, and tests each destination', async () => {
    start('asked.yaml')
    await answer('A name for the connector', `acme${keys.enter}`)
    await answer('Which API?', keys.down + keys.enter)
    await answer('Its address', `http://example.com/api${keys.enter}`)
    await terminal.until('an https: address')
    terminal.type(`${keys.clearLine}${api.url}/api/v1${keys.enter}`)
    await answer('The API key', `${otherKey}${keys.enter}`)
    await terminal.until('API_KEY_REJECTED')
    await answer('Try again', keys.enter)
    await answer('The API key', `${api.key}${keys.enter}`)
    await terminal.until('plan pro')
    await answer('Where should the rows go?', keys.enter)
    await answer('Its name', keys.enter)
    await answer('The file', `here/rows.duckdb${keys.enter}`)
    await terminal.until('DuckDB')
    await answer('Add another destination?', keys.enter)
    await answer(`Write QRCS_API_KEY into ${dotEnv}`, keys.enter)
    expect(await terminal.ended).toBe(0)
    expect(terminal.shown()).not.toContain(api.key)
    expect(parse(readFileSync(file, 'utf8'))).toMatchObject({
      connector: 'acme',
      source: { url: `${api.url}/api/v1`, key: '${QRCS_API_KEY}' },
      destinations: { warehouse: { type: 'duckdb', path: 'here/rows.duckdb' } },
    })
    expect(readFileSync(dotEnv, 'utf8')).toBe(`QRCS_API_KEY=${api.key}\n`)
    expect(statSync(dotEnv).mode & 0o777).toBe(0o600)
    expect(loadConfig(file, {}).source.key, 'no export is needed').toBe(api.key)
  })

  it('uses the key in .env, and asks for none', async () => {
    writeFileSync(dotEnv, `QRCS_API_KEY=${api.key}\nQRCS_API_URL=${api.url}/api/v1\n`)
    start('known.yaml')
    await answer('A name for the connector', keys.enter)
    await terminal.until('Using the API at', 'Using QRCS_API_KEY', 'plan pro')
    await answer('Where should the rows go?', keys.controlC)
    expect(await terminal.ended).toBe(1)
    rmSync(dotEnv)
  })

  it('says so before it replaces a key in .env', async () => {
    writeFileSync(dotEnv, `OTHER=1\nQRCS_API_KEY=${otherKey}\nQRCS_API_URL=${api.url}/api/v1\n`)
    start('replaced.yaml')
    await answer('A name for the connector', keys.enter)
    await answer('Try again', keys.enter)
    await answer('The API key', `${api.key}${keys.enter}`)
    await answer('Where should the rows go?', keys.enter)
    await answer('Its name', keys.enter)
    await answer('The file', `here/replaced.duckdb${keys.enter}`)
    await answer('Add another destination?', keys.enter)
    await answer('replace what it has for QRCS_API_KEY', keys.enter)
    expect(await terminal.ended).toBe(0)
    expect(readFileSync(dotEnv, 'utf8')).toBe(
      `OTHER=1\nQRCS_API_URL=${api.url}/api/v1\nQRCS_API_KEY=${api.key}\n`,
    )
    rmSync(dotEnv)
  })

  it('asks for a secret of the environment that did not work, and for every other answer again', async () => {
    writeFileSync(dotEnv, `QRCS_API_KEY=${api.key}\nQRCS_API_URL=${api.url}/api/v1\n`)
    start('again.yaml', { DATABASE_URL: 'postgres://nobody:wrong@127.0.0.1:1/nowhere' })
    await answer('A name for the connector', keys.enter)
    await answer('Where should the rows go?', keys.down + keys.down + keys.enter)
    await answer('Its name', keys.enter)
    await terminal.until('Using DATABASE_URL from the environment')
    await answer('The schema', `first${keys.enter}`)
    await terminal.until('DESTINATION_UNAVAILABLE')
    await answer('What now?', keys.enter)
    await answer('The URL of the database', `${inject('postgresUrl')}${keys.enter}`)
    await answer('The schema', `second${keys.enter}`)
    await terminal.until('PostgreSQL')
    // Another account has another secret.
    await answer('Add another destination?', keys.left + keys.enter)
    await answer('Where should the rows go?', keys.down + keys.down + keys.enter)
    await answer('Its name', keys.enter)
    await answer('The URL of the database', `${inject('postgresUrl')}${keys.enter}`)
    await answer('The schema', `third${keys.enter}`)
    await terminal.until('PostgreSQL')
    await answer('Add another destination?', keys.enter)
    await answer(`DATABASE_URL_POSTGRES_2 into ${dotEnv}`, keys.enter)
    expect(await terminal.ended).toBe(0)
    expect(terminal.shown()).toContain('The environment has another value, which applies: unset DATABASE_URL')
    expect(parse(readFileSync(file, 'utf8'))).toMatchObject({
      destinations: {
        postgres: { database_url: '${DATABASE_URL}', schema: 'second' },
        'postgres-2': { database_url: '${DATABASE_URL_POSTGRES_2}', schema: 'third' },
      },
    })
    expect(parseEnv(readFileSync(dotEnv, 'utf8'))).toMatchObject({
      DATABASE_URL: inject('postgresUrl'),
      DATABASE_URL_POSTGRES_2: inject('postgresUrl'),
    })
    rmSync(dotEnv)
  })

  it('writes nothing if the user cancels', async () => {
    start('given-up.yaml')
    await answer('A name for the connector', keys.enter)
    await answer('Which API?', keys.enter)
    await answer('create one at https://qrcodestack.com/qr-dashboard/integrations', keys.controlC)
    expect(await terminal.ended).toBe(1)
    expect(terminal.shown()).toContain('Nothing was written.')
    expect(existsSync(file)).toBe(false)
  })
})

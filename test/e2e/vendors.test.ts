import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ensureConnector } from '../../src/ledger/connector/connector-state.ts'
import { vendors } from '../../src/destinations/vendors.ts'
import { openLedger } from '../../src/ledger/base/open-ledger.ts'
import { runScript } from '../support/processes/child-script.ts'
import {
  createWorkspace,
  qrsyncCommand,
  runQrsync,
  type Workspace,
} from '../support/processes/connector-process.ts'
import { keys, runOnTerminal } from '../support/processes/pseudo-terminal.ts'
import { startReferenceApi, type InProcessReferenceApi } from '../support/reference-api/reference-api.ts'

const root = join(import.meta.dirname, '../..')
const notingModules = `--import=${new URL('../support/note-loaded-modules.ts', import.meta.url).href}`
const withNotebook = `--import=${new URL('../support/with-notebook-vendor.ts', import.meta.url).href}`

const bigquery = { type: 'bigquery', project: 'p', dataset: 'd' }
const postgres = { type: 'postgres', database_url: 'postgres://127.0.0.1:1/warehouse' }
const hubspot = { type: 'hubspot', token: 'a-token' }
const duckdb = { type: 'duckdb', path: 'qr-codes.duckdb' }
const api = { url: 'http://127.0.0.1:1', key: `qrs_${'0'.repeat(64)}` }

/** A workspace whose ledger knows its connector, which was never synced. */
async function createKnownWorkspace(destinations: Record<string, object>): Promise<Workspace> {
  const workspace = createWorkspace({ destinations })
  const ledger = await openLedger(workspace.ledger)
  await ensureConnector(ledger, 'test')
  await ledger.destroy()
  return workspace
}

/** Packages that files import for more than types. */
function packagesOf(files: readonly string[]): Set<string> {
  const imports = files.flatMap((file) => [
    ...readFileSync(join(root, file), 'utf8').matchAll(/^import (?!type ).*? from '([^.].*)'$/gm),
  ])
  return new Set(imports.map(([, name = '']) => name).filter((name) => !name.startsWith('node:')))
}

describe('qrsync loads only the vendors that it opens', () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await createKnownWorkspace({ duckdb, bigquery, postgres, hubspot })
  })
  afterAll(() => {
    workspace[Symbol.dispose]()
  })

  /** Packages of vendors: those that their code imports, and that code outside them does not need. */
  const vendorFiles = globSync('src/destinations/*/**/*.ts', { cwd: root })
  const otherFiles = globSync('src/**/*.ts', { cwd: root }).filter((file) => !vendorFiles.includes(file))
  const otherPackages = packagesOf(otherFiles)
  const vendorPackages = [...packagesOf(vendorFiles)].filter((name) => !otherPackages.has(name))

  async function load(...words: string[]) {
    const file = join(workspace.folder, 'loaded.json')
    const { code, stderr } = await runQrsync([...words, '--config', workspace.config], {
      api,
      temporalAddress: '127.0.0.1:1',
      environment: { NODE_OPTIONS: notingModules, LOADED_MODULES: file },
    }).ended
    // A command that was not understood would have loaded nothing.
    expect(code, stderr).not.toBe(2)
    const modules = JSON.parse(readFileSync(file, 'utf8')) as string[]
    return {
      packages: vendorPackages.filter((name) =>
        modules.some((url) => url.includes(`/node_modules/${name}/`)),
      ),
      files: modules
        .map((url) => /\/src\/destinations\/[^/]+\/.*$/.exec(url)?.[0])
        .filter((path) => path !== undefined && !/\/(vendor|settings)\.ts$/.test(path)),
    }
  }

  it.each([
    'status',
    'status --json',
    'usage',
    'plan',
    'report',
    'rejects list',
    'pause',
    'sync',
    'deliver --destination duckdb',
  ])('%s', async (command) => {
    expect(vendorPackages).toContain('@duckdb/node-api')
    expect(await load(...command.split(' '))).toMatchObject({ packages: [], files: [] })
  })

  it('check of one destination loads its vendor, and no other', async () => {
    const { packages, files } = await load('check', '--destination', 'duckdb')
    expect(packages).toEqual(['@duckdb/node-api'])
    expect(files).toContain('/src/destinations/duckdb/duckdb-destination.ts')
    expect(files.filter((path) => path?.startsWith('/src/destinations/duckdb/') !== true)).toEqual([])
  })
})

describe('a vendor that is added to the list', () => {
  const environment = { NODE_OPTIONS: withNotebook }
  const notes = { type: 'notebook', file: 'notes.txt', pen: 'blue' }
  let workspace: Workspace
  let referenceApi: InProcessReferenceApi

  beforeAll(async () => {
    workspace = await createKnownWorkspace({ duckdb, notes })
    referenceApi = await startReferenceApi({ codes: 3, scans: 10, plan: 'pro' })
  })
  afterAll(async () => {
    workspace[Symbol.dispose]()
    await referenceApi.close()
  })

  it('is part of the config file, its messages, its schema and its reference', async () => {
    const { output, errors } = await runScript(describingChild, workspace.config, environment)
    expect(errors).toBe('')
    const told = JSON.parse(output) as Record<string, unknown>
    expect(told).toMatchObject({
      destinations: { notes: { ...notes, file: join(workspace.folder, 'notes.txt') } },
      types: [...vendors.map(({ type }) => type), 'notebook'],
      isSecret: true,
    })
    expect(told['reference']).toContain('### A destination of type `notebook`')
    expect(told['reference']).toContain('| `destinations.<name>.file` | Where the notes are. | required |')
  })

  it('is suggested for a misspelled type, and its secrets are not shown', async () => {
    const other = createWorkspace({ destinations: { a: { type: 'notebok' }, b: { ...notes, pen: 'B 2' } } })
    const { stderr } = await runQrsync(['usage', '--config', other.config], { api, environment }).ended
    other[Symbol.dispose]()
    expect(stderr).toContain("'hubspot' and 'notebook'; did you mean notebook?")
    expect(stderr).toMatch(/destinations\.b\.pen: a colour$/m)
  })

  it('appears in status with its rows behind', async () => {
    const { stdout, stderr } = await runQrsync(['status', '--json', '--config', workspace.config], {
      api,
      temporalAddress: '127.0.0.1:1',
      environment,
    }).ended
    expect(JSON.parse(stdout || '{}'), stderr).toMatchObject({
      destinations: [
        { name: 'duckdb', type: 'duckdb' },
        { name: 'notes', type: 'notebook', rows_behind: 0 },
      ],
    })
  })

  it('is in the menu of init, which asks its questions and keeps its secrets out of the config file', async () => {
    const file = join(workspace.folder, 'asked.yaml')
    const terminal = runOnTerminal([...qrsyncCommand, 'init', '--config', file], {
      ...process.env,
      ...environment,
      QRCS_API_URL: `${referenceApi.url}/api/v1`,
      QRCS_API_KEY: referenceApi.key,
    })
    const answer = async (question: string, typed: string) => {
      await terminal.until(question)
      terminal.type(typed)
    }
    await answer('A name for the connector', keys.enter)
    await answer('A notebook on the desk', keys.down.repeat(vendors.length) + keys.enter)
    await answer('Its name', keys.enter)
    await answer('Which notebook?', keys.enter)
    await answer('Which pen?', `green${keys.enter}`)
    await terminal.until(`Notebook ${join(workspace.folder, 'notes.txt')}`, 'Paper burns.')
    await answer('Add another destination?', keys.enter)
    await answer('Write NOTEBOOK_PEN into', keys.enter)
    expect(await terminal.ended).toBe(0)
    expect(parse(readFileSync(file, 'utf8'))).toMatchObject({
      destinations: { notes: { type: 'notebook', file: 'notes.txt', pen: '${NOTEBOOK_PEN}' } },
    })
  })
})

const describingChild = `
  process.env.QRCS_API_KEY = '${api.key}'
  process.env.QRCS_API_URL = '${api.url}/api/v1'
  const { loadConfig } = await import('${root}/src/config/load-config.ts')
  const { configJsonSchema } = await import('${root}/src/config/json-schema.ts')
  const { listSettings } = await import('${root}/src/config/settings.ts')
  const { settingsReference } = await import('${root}/src/config/settings-tables.ts')
  const { isSecretSetting } = await import('${root}/src/config/settings/secret-settings.ts')
  const schema = configJsonSchema()
  const { oneOf } = schema.properties.destinations.additionalProperties
  console.log(JSON.stringify({
    destinations: loadConfig(process.argv[1], process.env).destinations,
    types: oneOf.map(({ properties }) => properties.type.const),
    reference: settingsReference(listSettings(schema)),
    isSecret: isSecretSetting('pen'),
  }))`

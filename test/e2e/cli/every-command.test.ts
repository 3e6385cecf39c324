import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Command } from 'commander'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { exitCodeOf } from '../../../src/cli/run-to-exit.ts'
import {
  createWorkspace,
  qrsyncCommand,
  runQrsync,
  type Ended,
} from '../../support/processes/connector-process.ts'
import { createProgram } from '../../../src/cli/program.ts'

const workspace = createWorkspace()
afterAll(() => {
  workspace[Symbol.dispose]()
})

/** In this process, because checks of every command must not take minutes. */
async function call(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const texts = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      texts[name] += String(text)
      return true
    }),
  )
  try {
    await createProgram().parseAsync(words, { from: 'user' })
    return { code: 0, ...texts }
  } catch (error) {
    return { code: exitCodeOf(error), ...texts }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

/** As a process of its own. */
const run = (...words: string[]): Promise<Ended> =>
  runQrsync(words, { temporalAddress: '127.0.0.1:1', environment: { COLUMNS: '120' } }).ended

const missing = join(workspace.folder, 'missing.yaml')
const stack = /^\s+at .*:\d+/m

/** Commands without subcommands, with the words that call them. */
function leaves(command: Command, words: readonly string[] = []): { words: string[]; command: Command }[] {
  const own = command.commands.filter((each) => !['help', 'complete'].includes(each.name()))
  if (own.length === 0) return [{ words: [...words], command }]
  return own.flatMap((each) => leaves(each, [...words, each.name()]))
}
/** The arguments that a command requires. */
const required = new Map([
  ['deliver', ['--destination', 'duckdb']],
  ['erase', ['--code', 'some-id']],
  ['explain', ['some-id']],
  ['export', ['--to', 'exported']],
  ['resync', ['--code', 'some-id', '--from', '2026-03-01', '--to', '2026-03-02']],
])
const requiredBy = (name: string) => required.get(name) ?? []
const commands = leaves(createProgram()).map(({ words, command }) => ({
  name: words.join(' '),
  words,
  command,
}))

it('every command of the documented list exists', () => {
  expect(commands.map(({ name }) => name).sort()).toEqual(
    [
      'alerts test',
      'apply',
      'backfill pause',
      'backfill resume',
      'backfill run',
      'backfill status',
      'check',
      'completion',
      'deliver',
      'erase',
      'explain',
      'export',
      'init',
      'logs',
      'pause',
      'plan',
      'rejects list',
      'rejects replay',
      'report',
      'resume',
      'resync',
      'runs',
      'status',
      'sync',
      'up',
      'upgrade',
      'usage',
      'verify',
      'worker',
    ].sort(),
  )
})

it('README names every command', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
  const missing = commands.filter(({ name }) => !new RegExp(`(?:qrsync -- |\`)${name}\\b`).test(readme))
  expect(missing.map(({ name }) => name)).toEqual([])
})

describe.each(commands)('$name', ({ name, words, command }) => {
  it('--help describes the command, with an example that uses it', async () => {
    const { code, stdout, stderr } = await call(...words, '--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`Usage: qrsync ${name} `)
    expect(stdout).toMatch(new RegExp(`\nExample:\n  .*qrsync ${name}\\b`))
    expect(stdout).toContain('--debug')
    expect(command.description()).not.toBe('')
  })

  // A command that prints a script for a shell prints nothing else.
  if (name !== 'completion') {
    it('prints JSON for programs', () => {
      expect(command.options.map(({ long }) => long)).toContain('--json')
    })
  }

  it('refuses an unknown option as a usage error, in a few lines', async () => {
    const { code, stdout, stderr } = await call(...words, ...requiredBy(name), '--no-such-option')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain("error: unknown option '--no-such-option'")
    expect(stderr.split('\n').length).toBeLessThan(5)
  })
})

it.concurrent.each(commands.filter(({ name }) => !['completion', 'init'].includes(name)))(
  '$name reports a failure in one line',
  async ({ name, words }) => {
    const failed = await run(...words, ...requiredBy(name), '--config', missing)
    expect(failed).toMatchObject({ code: 2, stdout: '' })
    expect(failed.stderr).toMatch(/^CONFIG_INVALID: .*missing\.yaml cannot be read: ENOENT/)
    expect(failed.stderr).not.toMatch(stack)
    expect(existsSync(missing)).toBe(false)
  },
)

it('--debug shows the stack of a failure, wherever the option is on the command line', async () => {
  for (const words of [
    ['verify', '--debug'],
    ['--debug', 'verify'],
  ]) {
    const { code, stderr } = await run(...words, '--config', missing)
    expect(code).toBe(2)
    expect(stderr).toMatch(stack)
  }
})

it('an unknown command is a usage error, and the error names the nearest command', async () => {
  const { code, stderr } = await run('verfy')
  expect(code).toBe(2)
  expect(stderr).toContain('Did you mean verify?')
  expect(stderr).not.toMatch(stack)
})

it('an unexpected error is one line, and --debug adds its stack', () => {
  const script = `
    import { runToExit } from './src/cli/run-to-exit.ts'
    await runToExit(() => Promise.reject(new TypeError('x is not a function, with qrs_${'0'.repeat(64)}')))`
  const node = (...flags: string[]) =>
    spawnSync(process.execPath, ['--input-type=module', '--eval', script, '--', ...flags], {
      encoding: 'utf8',
    })
  const plain = node()
  expect(plain.status).toBe(1)
  expect(plain.stderr).toMatch(/^TypeError: x is not a function/)
  expect(plain.stderr).not.toMatch(stack)
  const debugged = node('--debug')
  expect(debugged.stderr).toMatch(stack)
  expect(debugged.stderr).not.toContain('0'.repeat(64))
})

it.each([
  ['that is complete', ''],
  ['that is wrong', 'no_such_setting: 1\n'],
])('an unexpected error shows no secret of a config file %s', (_which, more) => {
  const file = join(workspace.folder, 'with-secrets.yaml')
  const secrets = { CRM_TOKEN: 'sw\u00f6rdfish-1', LEDGER_PASSWORD: 'pa/ss#wo?rd%' }
  writeFileSync(
    file,
    `connector: a\nsource: {key: qrs_${'1'.repeat(64)}}\ndestinations: {crm: {type: hubspot, token: '\${CRM_TOKEN}'}}
ledger: {url: 'postgres://u:\${LEDGER_PASSWORD}@db/x'}\n${more}`,
  )
  const script = `
    import { runToExit } from './src/cli/run-to-exit.ts'
    const { CRM_TOKEN: token, LEDGER_PASSWORD: password } = process.env
    await runToExit(() => Promise.reject(Object.assign(new TypeError('with ' + token), { sent: { password } })))`
  for (const flags of [[], ['--debug'], ['--json']]) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', script, '--', 'sync', '--config', file, ...flags],
      { encoding: 'utf8', env: { PATH: process.env['PATH'], ...secrets } },
    )
    expect(status).toBe(1)
    expect(stderr).toContain('TypeError: with …')
    for (const secret of Object.values(secrets)) expect(stdout + stderr).not.toContain(secret)
  }
})

const root = new URL('../../../', import.meta.url)
const noteModules = new URL('../../support/note-loaded-modules.ts', import.meta.url).pathname
const loadedBy = (...words: string[]) => {
  const list = join(workspace.folder, 'loaded-modules.json')
  const main = new URL('src/cli/main.ts', root).pathname
  spawnSync(process.execPath, ['--import', noteModules, main, ...words], {
    env: { ...process.env, LOADED_MODULES: list },
  })
  const urls = JSON.parse(readFileSync(list, 'utf8')) as string[]
  const packages = urls.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? [])
  const own = urls.filter((url) => url.startsWith(root.href) && !url.includes('/node_modules/'))
  const folders = own.map((url) => dirname(url.slice(root.href.length)))
  return { packages: [...new Set(packages)], folders: [...new Set(folders)] }
}

describe('commands load only the code that they need', () => {
  it("the help loads no command's code", () => {
    const { packages, folders } = loadedBy('--help')
    expect(packages.sort()).toEqual(['@bomb.sh/tab', 'commander'])
    const ofCommands = ['setup', 'run', 'look'].map((folder) => `src/cli/commands/${folder}`)
    const itsOwn = [
      '.',
      'src/cli',
      ...ofCommands,
      'src/cli/init',
      'src/cli/json',
      'src/model',
      'src/observability',
    ]
    expect(folders.filter((folder) => !itsOwn.includes(folder) && !folder.startsWith('test/'))).toEqual([])
  })

  it.each(commands.filter(({ name }) => ['usage'].includes(name)))(
    '$name loads no code of Temporal or of a vendor',
    ({ words }) => {
      const { packages } = loadedBy(...words, '--config', missing)
      expect(packages).toContain('kysely')
      expect(packages.filter((each) => /^@(?:temporalio|duckdb|google-cloud|hubspot)\//.test(each))).toEqual(
        [],
      )
    },
  )
})

it('a reader that has seen enough, such as `head`, ends a command silently', () => {
  const script = '"$@" --help | true; echo "${PIPESTATUS[0]}"'
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...qrsyncCommand], { encoding: 'utf8' })
  expect([stdout, stderr]).toEqual(['0\n', ''])
})

describe('status', () => {
  it('loads no package of a vendor or a worker, whatever the destinations are', () => {
    using own = createWorkspace({
      source: { url: 'http://127.0.0.1:1', key: `qrs_${'0'.repeat(64)}` },
      destinations: {
        crm: { type: 'hubspot', token: 'none' },
        warehouse: { type: 'bigquery', project: 'p', dataset: 'd' },
        duckdb: { type: 'duckdb', path: 'qr-codes.duckdb' },
      },
      temporal: { address: '127.0.0.1:1' },
    })
    const { packages, folders } = loadedBy('status', '--config', own.config)
    expect(folders).toContain('src/insight')
    expect(packages).toContain('@temporalio/client')
    const ofOthers = /^(?:@(?:duckdb|google-cloud|hubspot)\/|@temporalio\/(?:core-bridge|worker)$|pg$)/
    expect(packages.filter((each) => ofOthers.test(each))).toEqual([])
  })
})

describe('shell completion', () => {
  it.each(['bash', 'zsh', 'fish'])('prints a script for %s that names qrsync', async (shell) => {
    const { code, stdout, stderr } = await run('completion', shell)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('qrsync')
    expect(stdout).toContain('complete --')
  })

  it('completes commands, subcommands and options', async () => {
    const completed = async (...words: string[]) => {
      const { stdout } = await run('complete', '--', ...words)
      return stripVTControlCharacters(stdout)
        .split('\n')
        .map((line) => line.split('\t')[0])
    }
    expect(await completed('ver')).toContain('verify')
    expect(await completed('backfill', '')).toEqual(
      expect.arrayContaining(['run', 'status', 'pause', 'resume']),
    )
    expect(await completed('plan', '--pl')).toContain('--plan')
    expect(await completed('plan', '--plan', '')).toEqual(expect.arrayContaining(['pro', 'advanced']))
  })
})

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createProgram } from '../../../src/cli/program.ts'
import { runToExit } from '../../../src/cli/run-to-exit.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { ensureConnector } from '../../../src/ledger/connector/connector-state.ts'
import { createWorkspace, runQrsync, type Workspace } from '../../support/processes/connector-process.ts'
import { mustKeepContract } from '../../support/processes/json-contract.ts'

const nowhere = 'http://127.0.0.1:1'
const config = {
  source: { url: nowhere, key: `qrs_${'0'.repeat(64)}` },
  temporal: { address: '127.0.0.1:1' },
}

const duckdb = { type: 'duckdb', path: 'qr-codes.duckdb' }

let unused: Workspace
let used: Workspace
beforeAll(async () => {
  unused = createWorkspace(config)
  used = createWorkspace(config)
  writeFileSync(join(unused.folder, 'wrong.yaml'), 'connector: acme\nsource: {}\n')
  const ledger = await openLedger(used.ledger)
  await ensureConnector(ledger, 'test')
  await ledger.destroy()
})
afterAll(() => {
  for (const workspace of [unused, used]) workspace[Symbol.dispose]()
})

/** In this process, because all commands together must not take minutes. */
async function call(words: string[]): Promise<{ code: number; stdout: string }> {
  const texts = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      texts[name] += String(text)
      return true
    }),
  )
  const before = process.exitCode
  process.exitCode = 0
  try {
    await runToExit(() => createProgram().parseAsync(words, { from: 'user' }), words)
    return { code: process.exitCode, stdout: texts.stdout }
  } finally {
    process.exitCode = before
    process.removeAllListeners('uncaughtException')
    for (const spy of spies) spy.mockRestore()
  }
}

const needed: Record<string, string[]> = {
  deliver: ['-d', 'duckdb'],
  erase: ['--code', 'some-id', '--yes'],
  explain: ['some-id'],
  resync: ['--code', 'some-id', '--from', '2026-03-01', '--to', '2026-03-07', '--yes'],
}
const wordsOf = (command: string, file: string) => {
  const names = command.split(' ')
  return [...names, ...(needed[names[0] ?? ''] ?? []), '--config', file, '--json']
}

async function errorOf(words: string[]): Promise<[number, string | undefined]> {
  const { code, stdout } = await call(words)
  mustKeepContract(words, stdout)
  const { error } = JSON.parse(stdout) as { error?: { code: string; exit_code: number } }
  if (error !== undefined) expect(error.exit_code).toBe(code)
  return [code, error?.code]
}

const all = [
  'check',
  'plan',
  'apply',
  'upgrade',
  'up',
  'worker',
  'sync',
  'backfill run',
  'backfill status',
  'backfill pause',
  'backfill resume',
  'deliver',
  'resync',
  'erase',
  'pause',
  'resume',
  'status',
  'usage',
  'verify',
  'explain',
  'report',
  'rejects list',
  'rejects replay',
]
/** They run a part of Temporal's SDK that a process can start once. */
const asProcesses = ['up', 'worker']

describe.each(all)('qrsync %s', (command) => {
  it('exits with 2 for an invalid config file', async () => {
    const words = wordsOf(command, join(unused.folder, 'wrong.yaml'))
    expect(await errorOf(words)).toEqual([2, 'CONFIG_INVALID'])
  })

  it('exits with 2 for an unknown option', async () => {
    expect(await errorOf([...wordsOf(command, unused.config), '--odd'])).toEqual([2, 'USAGE'])
  })
})

/**
 * The exit code, and the code of the error; undefined if the command prints its result, which says what is
 * wrong.
 */
type End = [number, string | undefined]

const answersNothing: End = [1, 'NO_ANSWER']
const withoutTemporal: End = [1, 'TEMPORAL_UNREACHABLE']

const beforeTheFirstStart = [
  'sync',
  'backfill run',
  'backfill status',
  'backfill pause',
  'deliver',
  'status',
  'usage',
  'verify',
  'explain',
  'resync',
  'erase',
  'report',
  'rejects list',
  'rejects replay',
]

it.each(beforeTheFirstStart)('qrsync %s has no answer before the first start', async (command) => {
  expect(await errorOf(wordsOf(command, unused.config))).toEqual(answersNothing)
  expect(existsSync(unused.ledger)).toBe(false)
})

const withLedger: [string, End][] = [
  ['check', [3, undefined]],
  ['plan', [1, 'API_UNAVAILABLE']],
  ['apply', withoutTemporal],
  ['upgrade', [0, undefined]],
  ['upgrade --check', [3, undefined]],
  ['sync', withoutTemporal],
  ['deliver', withoutTemporal],
  ['backfill run', withoutTemporal],
  ['pause', withoutTemporal],
  ['resume', withoutTemporal],
  ['status', [0, undefined]],
  ['usage', [0, undefined]],
  ['backfill status', answersNothing],
  ['backfill resume', [0, undefined]],
  ['verify', answersNothing],
  ['explain', answersNothing],
  ['resync', answersNothing],
  ['erase', answersNothing],
  ['report', answersNothing],
  ['rejects list', [0, undefined]],
  ['rejects replay', [0, undefined]],
]
it.each(withLedger)(
  'qrsync %s, with a ledger but no server that answers, ends with %s',
  async (command, end) => {
    expect(await errorOf(wordsOf(command, used.config))).toEqual(end)
  },
)

it.each(['--from-start', '--resend'])(
  'deliver %s changes nothing if no worker can deliver',
  async (option) => {
    const key = { connector: 'test', destination: 'duckdb', stream: 'scans' }
    const ledger = await openLedger(used.ledger)
    await ledger.deleteFrom('deliveries').execute()
    await ledger
      .insertInto('deliveries')
      .values({ ...key, watermark_seq: 5, delivered_rows: 0, updated_at_ms: 0, drained_at_ms: null })
      .execute()
    expect(await errorOf([...wordsOf('deliver', used.config), option])).toEqual(withoutTemporal)
    const kept = await ledger.selectFrom('deliveries').select('watermark_seq').executeTakeFirst()
    expect(kept).toEqual({ watermark_seq: 5 })
    await ledger.destroy()
  },
)

it('apply reports what it has done, and what it has not', async () => {
  using own = createWorkspace({
    source: config.source,
    destinations: { duckdb, other: { type: 'duckdb', path: 'a-file/qr-codes.duckdb' } },
  })
  writeFileSync(join(own.folder, 'a-file'), '')
  const words = wordsOf('apply', own.config)
  const { code, stdout } = await call(words)
  mustKeepContract(words, stdout)
  expect(code).toBe(1)
  const { changes, not_done: notDone } = JSON.parse(stdout) as {
    changes: Record<string, string[]>
    not_done: string[]
  }
  expect(changes['duckdb']).toContain('create table scans')
  expect(changes['other']).toEqual([])
  expect(notDone[0]).toMatch(/^other: not done: DESTINATION_UNAVAILABLE: Destination other: the folder of /)
  expect(notDone.at(-1)).toMatch(/^Temporal: not done, because no server is running/)
})

it('apply --dry-run shows the connectors of a folder whose ledgers can be read, and changes no file', async () => {
  using own = createWorkspace(config)
  const folder = join(own.folder, 'connectors')
  mkdirSync(folder)
  writeFileSync(join(folder, 'broken.sqlite'), 'x'.repeat(5_000))
  for (const connector of ['broken', 'whole']) {
    const ledger = { path: `${connector}.sqlite` }
    const text = JSON.stringify({ source: config.source, connector, ledger, destinations: { duckdb } })
    writeFileSync(join(folder, `${connector}.yaml`), text)
  }
  const words = [...wordsOf('apply', folder), '--dry-run']
  const { code, stdout } = await call(words)
  mustKeepContract(words, stdout)
  const [broken, whole] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { changes: Record<string, string[]>; not_done: string[] })
  expect(code).toBe(1)
  expect(broken?.not_done[0]).toMatch(/^Ledger: not done: LEDGER_UNAVAILABLE: The ledger \S+broken\.sqlite /)
  expect(whole?.changes['duckdb']).toContain('create table scans')
  expect(readdirSync(folder)).toEqual(['broken.sqlite', 'broken.yaml', 'whole.yaml'])
})

describe.runIf(existsSync('/dev/full'))('output that cannot be written', () => {
  const shell = (words: string) =>
    promisify(execFile)('sh', ['-c', `"$0" src/cli/main.ts ${words}; echo "code $?"`, process.execPath])

  it('is reported, and is no bug of qrsync', async () => {
    const { stdout, stderr } = await shell('--version >/dev/full')
    expect(stdout).toBe('code 1\n')
    expect(stderr).toMatch(/^The output cannot be written: ENOSPC: .*\n$/)
  })

  it.each(['--odd 2>/dev/full', '--odd 2>&-'])(
    'changes no exit code if it is a message: %s',
    async (words) => {
      expect((await shell(words)).stdout).toBe('code 2\n')
    },
  )
})

it('status --check exits with 3 if anything needs attention', async () => {
  const { code, stdout } = await call([...wordsOf('status', used.config), '--check'])
  expect(code).toBe(3)
  const { problems } = JSON.parse(stdout) as { problems: string[] }
  expect(problems[0]).toMatch(/^Temporal: No Temporal server answers/)
})

it('status of a folder prints an object for each connector, and an unknown one hides no other', async () => {
  const folder = join(used.folder, 'connectors')
  mkdirSync(folder)
  const ledgers = { test: used.ledger, later: join(folder, 'later.sqlite') }
  for (const [connector, path] of Object.entries(ledgers)) {
    const text = JSON.stringify({ ...config, connector, ledger: { path }, destinations: { duckdb } })
    writeFileSync(join(folder, `${connector}.yaml`), text)
  }
  const { code, stdout } = await call(wordsOf('status', folder))
  mustKeepContract(['status', '--json'], stdout)
  const [later, test] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(code).toBe(0)
  expect(later).toMatchObject({ connector: 'later', error: { code: 'NO_ANSWER' } })
  expect(test).toMatchObject({ connector: 'test', last_sync_at: null })
})

it.concurrent.each(asProcesses)('qrsync %s exits with 1 if no server answers', async (command) => {
  using own = createWorkspace(config)
  const ended = await runQrsync(wordsOf(command, own.config), {}).ended
  expect(ended.code).toBe(1)
  const { error } = JSON.parse(ended.stdout) as { error: { code: string } }
  expect(error.code).toBe(command === 'up' ? 'API_UNAVAILABLE' : 'TEMPORAL_UNREACHABLE')
})

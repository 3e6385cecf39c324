import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createWorkspace,
  runQrsync,
  type Ended,
  type Workspace,
} from '../../support/processes/connector-process.ts'
import { startReferenceApi, type InProcessReferenceApi } from '../../support/reference-api/reference-api.ts'

const nowhere = '127.0.0.1:1'
const endsWithinMs = 60_000

let api: InProcessReferenceApi
let requests: string[] = []
beforeAll(async () => {
  api = await startReferenceApi({ codes: 3, scans: 10 })
  api.app.server.server.on('request', (request: { method?: string; url?: string }) => {
    requests.push(`${request.method} ${request.url}`)
  })
})
afterAll(() => api.close())

interface Attempt {
  key?: string
  api?: { url: string; key: string }
  config?: Record<string, unknown>
  /** The whole command line; by default `up --once` with the workspace's config file. */
  command?: string[]
  temporalAddress?: string
  /** Its exit code; 1 unless the command line or the config file is wrong. */
  code?: number
  prepare?: (workspace: Workspace) => unknown
  /** Checks the workspace afterwards. */
  inspect?: (workspace: Workspace) => unknown
}

interface Outcome extends Ended {
  /** The text of stderr after the progress, from the error's code on. */
  message: string
  workspace: Workspace
}

/** Runs qrsync until it fails, and checks what must hold for every failure. */
async function fail(attempt: Attempt): Promise<Outcome> {
  using workspace = createWorkspace(attempt.config)
  await attempt.prepare?.(workspace)
  const account = attempt.api ?? { url: api.url, key: attempt.key ?? api.key }
  const mark = randomUUID()
  requests = []
  const { temporalAddress } = attempt
  const run = runQrsync(attempt.command ?? ['up', '--once', '--config', workspace.config], {
    api: account,
    environment: { QRSYNC_TEST_MARK: mark },
    ...(temporalAddress !== undefined && { temporalAddress }),
  })
  const watchdog = setTimeout(() => void run.kill(), endsWithinMs)
  const outcome = await run.ended
  clearTimeout(watchdog)
  expect(outcome.code, outcome.stderr).toBe(attempt.code ?? 1)
  expect(outcome.stdout).toBe('')
  expect(outcome.stderr).not.toMatch(/^ +at .*:\d+/m)
  const secret = account.key.replace(/^qrs_/, '')
  expect(outcome.stderr).not.toContain(secret)
  expect(processesWith(mark), 'left running').toEqual([])
  for (const file of readdirSync(workspace.folder)) {
    expect(readFileSync(join(workspace.folder, file)).includes(secret), `the key in ${file}`).toBe(false)
  }
  await attempt.inspect?.(workspace)
  return { ...outcome, message: /^[A-Z]+_[A-Z_]+: .*/ms.exec(outcome.stderr)?.[0].trimEnd() ?? '', workspace }
}

/** Processes that were started with this mark in their environment, and their own children; only on Linux. */
function processesWith(mark: string): string[] {
  if (!existsSync('/proc/self/environ')) return []
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`).includes(mark)
      } catch {
        // It has ended meanwhile, or is not ours.
        return false
      }
    })
}

const withDestination = (path: string) => ({ destinations: { duckdb: { type: 'duckdb', path } } })
/** Not even root can create a folder below a file. */
const belowAFile = ({ folder }: Workspace) => {
  writeFileSync(join(folder, 'a-file'), '')
}

describe('the account', () => {
  it('an unknown key costs one call, and the error says so', async () => {
    const { message } = await fail({ key: `qrs_${randomBytes(32).toString('hex')}` })
    expect(message).toMatch(
      /^API_KEY_REJECTED: GET \/me: the API does not accept the key [^\n]*Set a valid key[^\n]*$/,
    )
    expect(requests).toEqual(['GET /api/v1/me'])
  })

  it('the error names a plan without the API', async () => {
    const starter = await startReferenceApi({ codes: 1, scans: 0, plan: 'starter' })
    const { message } = await fail({ api: starter }).finally(() => starter.close())
    expect(message).toMatch(
      /^PLAN_NOT_ALLOWED: GET \/me: [^\n]*403 PLAN_NOT_ALLOWED[^\n]*Pro or Advanced plan\.$/,
    )
    expect((await starter.audit()).by_status).toEqual({ 403: 1 })
  })

  it.each(['0123456789abcdef'.repeat(4), `qrs_${'0123456789abcdef'.repeat(4)}0`, `qrs_${'x'.repeat(64)}`])(
    'a malformed key is detected without a call: %s',
    async (key) => {
      const { message, workspace } = await fail({ key, code: 2 })
      expect(message).toBe(
        `CONFIG_INVALID: ${workspace.config}:4: source.key: a key: qrs_ and 64 hexadecimal digits`,
      )
      expect(requests).toEqual([])
    },
  )
})

describe('files', () => {
  it('the error names a DuckDB file that another process holds, and the process', async () => {
    let holder: ChildProcess | undefined
    const outcome = fail({
      prepare: async ({ duckdb }) => {
        holder = await hold(duckdb)
      },
    })
    const { message, workspace } = await outcome.finally(() => holder?.kill())
    expect(message).toMatch(/^DESTINATION_BUSY: /)
    expect(message).toContain(workspace.duckdb)
    expect(message).toContain(`PID ${String(holder?.pid)}`)
    expect(requests).toEqual([])
  })

  it('the error names a folder that DuckDB cannot write to', async () => {
    const { message, workspace } = await fail({
      config: withDestination('a-file/qr-codes.duckdb'),
      prepare: belowAFile,
    })
    expect(message).toMatch(/^DESTINATION_UNAVAILABLE: /)
    expect(message).toContain(join(workspace.folder, 'a-file/qr-codes.duckdb'))
    expect(requests).toEqual([])
  })

  it('the error names a folder that the ledger cannot write to', async () => {
    const { message, workspace } = await fail({
      config: { ledger: { path: 'a-file/ledger.sqlite' } },
      prepare: belowAFile,
    })
    expect(message).toMatch(/^LEDGER_UNAVAILABLE: The ledger /)
    expect(message).toContain(join(workspace.folder, 'a-file/ledger.sqlite'))
    expect(requests).toEqual([])
  })

  it('the error names a file that is not a ledger, and the file stays as it is', async () => {
    const text = 'no database at all, but a letter to somebody\n'.repeat(100)
    const { message, workspace } = await fail({
      prepare: ({ ledger }) => {
        writeFileSync(ledger, text)
      },
      inspect: ({ ledger }) => {
        expect(readFileSync(ledger, 'utf8')).toBe(text)
      },
    })
    expect(message).toMatch(/^LEDGER_UNAVAILABLE: The ledger /)
    expect(message).toContain(workspace.ledger)
  })

  it('the error names a missing config file', async () => {
    const { message } = await fail({ command: ['up', '--config', '/nowhere/qrsync.yaml'], code: 2 })
    expect(message).toMatch(
      /^CONFIG_INVALID: The config file \/nowhere\/qrsync\.yaml cannot be read: ENOENT[^\n]*$/,
    )
  })

  it('the error names an empty config file and its line', async () => {
    const { message, workspace } = await fail({
      code: 2,
      prepare: ({ config }) => {
        rmSync(config)
        writeFileSync(config, '')
      },
    })
    expect(message).toMatch(new RegExp(`^CONFIG_INVALID: ${workspace.config}:1: `))
  })
})

describe('the network', () => {
  it('the error names an unreachable Temporal server', async () => {
    const { message } = await fail({ temporalAddress: nowhere })
    expect(message).toBe(
      `TEMPORAL_UNREACHABLE: No Temporal server answers at ${nowhere} (namespace default, without TLS). ` +
        'Start it, or correct temporal.address and temporal.tls in the config file, or TEMPORAL_ADDRESS and related variables.',
    )
  })

  it('the error names an unreachable Temporal server of the config file', async () => {
    const { message } = await fail({ config: { temporal: { address: nowhere, namespace: 'marketing' } } })
    expect(message).toMatch(/^TEMPORAL_UNREACHABLE: .*127\.0\.0\.1:1 \(namespace marketing,/)
  })

  it('the error names an unreachable API', async () => {
    const { message } = await fail({ api: { url: `http://${nowhere}`, key: api.key } })
    expect(message).toMatch(/^API_UNAVAILABLE: GET \/me: no response: [^\n]*ECONNREFUSED/)
  })

  it('the error names a busy port that an option has chosen', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { code, stdout, stderr } = await runReferenceApi('serve', '--port', String(port), '--scans', '0')
    other.close()
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^[^\\n]*port ${port} is in use[^\\n]*\\n$`))
  })
})

describe('the command line', () => {
  it.each([
    ['an unknown command', ['uq'], "error: unknown command 'uq'"],
    ['an unknown option', ['up', '--onse'], "error: unknown option '--onse'"],
    [
      'an option without its value',
      ['up', '--config'],
      "error: option '-c, --config <path>' argument missing",
    ],
  ])('the error names %s, and where to find help', async (_what, command, message) => {
    const { stderr } = await fail({ command, code: 2 })
    expect(stderr.split('\n')[0]).toBe(message)
    expect(stderr).toContain('Run with --help to see the commands and options.')
    expect(requests).toEqual([])
  })
})

/** A process that has the DuckDB file open, like a user's shell. */
async function hold(path: string): Promise<ChildProcess> {
  const script = `
    import { DuckDBInstance } from '@duckdb/node-api'
    const instance = await DuckDBInstance.create(process.argv[1])
    const connection = await instance.connect()
    await connection.run('CREATE TABLE theirs AS SELECT 1 AS one')
    console.log('held')
    setInterval(() => connection, 1_000)
    process.stdin.resume().on('close', () => process.exit())`
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, path], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(createInterface(child.stdout), 'line')
  return child
}

function runReferenceApi(...args: string[]): Promise<Ended> {
  const main = fileURLToPath(new URL('../../../reference-api/main.ts', import.meta.url))
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}

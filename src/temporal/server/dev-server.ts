import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, extname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Connection } from '@temporalio/client'
import getPort, { portNumbers } from 'get-port'
import { childEnvironment } from './child-environment.ts'
import { ConnectorError } from '../../model/connector-error.ts'

const usualPorts = [7233, 8233] as const
const readyWithinMs = 60_000
/**
 * For a server that does not print its port: if another process had taken the port at the last moment, ours
 * would have ended by then.
 */
const aliveAfterMs = 15_000
const attempts = 5

/** `guard.ts`, or its build. */
const guard = fileURLToPath(new URL(`guard${extname(import.meta.url)}`, import.meta.url))

export interface DevServer {
  address: string
  uiUrl: string
  /** The preferred ports that were busy, for a message. */
  busyPorts: number[]
  /** Resolves with the last output of the server when it has ended, by `stop()` too. */
  ended: Promise<string>
  stop(): Promise<void>
}

export interface DevServerOptions {
  executable: string
  /** The file that keeps workflows and schedules over a restart; without it they are only in memory. */
  databaseFile?: string
  /** The ports to try first, for the server and for its UI. */
  preferredPorts?: readonly [number, number]
  /** Requires these ports for the server and its UI, if others know the server by its address. */
  ports?: readonly [number, number]
}

/**
 * As measured on two cores: the development server's defaults allow ten activities per second, these about
 * seventy.
 */
const tuning = [
  ['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=1000'],
  ['--dynamic-config-value', 'history.timerProcessorMaxPollRPS=1000'],
  ['--dynamic-config-value', 'system.enableActivityEagerExecution=true'],
  ['--sqlite-pragma', 'journal_mode=WAL'],
  ['--sqlite-pragma', 'synchronous=NORMAL'],
].flat()

/**
 * Starts Temporal's development server with its UI, on the usual ports if they are free. It ends with this
 * process.
 *
 * @throws ConnectorError TEMPORAL_UNREACHABLE if it does not start
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { databaseFile, preferredPorts = usualPorts } = options
  if (databaseFile !== undefined) mkdirSync(dirname(databaseFile), { recursive: true, mode: 0o700 })
  for (let attempt = 1; ; attempt++) {
    const [port, uiPort] = options.ports ?? [
      await freePort(preferredPorts[0]),
      await freePort(preferredPorts[1]),
    ]
    const server = spawnServer(options, port, uiPort)
    try {
      await waitUntilReady(server, port)
    } catch (error) {
      await stop(server.child)
      // Its last output may still be on its way, unless another process holds the pipe.
      await Promise.race([server.closed, sleep(1_000)])
      // Another process took the port in the half second between our check and the server's start.
      if (
        server.output.stderr.includes('address already in use') &&
        attempt < attempts &&
        options.ports === undefined
      ) {
        continue
      }
      throw new ConnectorError(
        'TEMPORAL_UNREACHABLE',
        `The Temporal server did not start: ${server.output.stderr.slice(0, 500).trim() || String(error)}`,
        { retry: 'never', cause: error },
      )
    }
    return {
      address: `127.0.0.1:${port}`,
      uiUrl: `http://127.0.0.1:${uiPort}`,
      busyPorts: preferredPorts.filter((preferred) => ![port, uiPort].includes(preferred)),
      ended: server.closed.then(() => server.output.stderr.slice(-300).trim()),
      stop: () => stop(server.child),
    }
  }
}

function freePort(preferred: number): Promise<number> {
  return getPort({ port: portNumbers(preferred, Math.min(preferred + 50, 65_535)) })
}

interface SpawnedServer {
  child: ChildProcess
  /** The beginning of its output: if the server crashes, it prints the reason first, and long traces after it. */
  output: { stdout: string; stderr: string }
  closed: Promise<unknown>
}

function spawnServer(
  { executable, databaseFile }: DevServerOptions,
  port: number,
  uiPort: number,
): SpawnedServer {
  const child = spawn(
    process.execPath,
    [
      guard,
      executable,
      'server',
      'start-dev',
      '--log-level',
      'error',
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--ui-port',
      String(uiPort),
      ...tuning,
      ...(databaseFile === undefined ? [] : ['--db-filename', databaseFile]),
    ],
    { detached: true, env: childEnvironment(process.env), stdio: ['pipe', 'pipe', 'pipe'] },
  )
  const output = { stdout: '', stderr: '' }
  child.once('exit', (_code, signal) => {
    if (signal !== null) endGuarded(output.stdout)
  })
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      output[name] = (output[name] + chunk.toString()).slice(0, 4_000)
    })
  }
  return { child, output, closed: once(child, 'close') }
}

/**
 * Waits until the port answers and the server behind it is ours: it has printed the port, or at least keeps
 * running, which it would not if another process had the port.
 */
async function waitUntilReady({ child, output }: SpawnedServer, port: number): Promise<void> {
  const startedAtMs = Date.now()
  const isOurs = () => output.stdout.includes(`:${port}`) || Date.now() - startedAtMs >= aliveAfterMs
  let isAnswered = false
  while (!isAnswered || !isOurs()) {
    await sleep(20)
    if (hasEnded(child)) throw new Error(`it ended (${child.signalCode ?? `exit code ${child.exitCode}`})`)
    if (Date.now() - startedAtMs >= readyWithinMs) throw new Error(`no answer in ${readyWithinMs / 1000} s`)
    isAnswered ||= await answers(port)
  }
}

/** If a guard was killed, its server still occupies the port and the database that the next one needs. */
function endGuarded(stdout: string): void {
  const pid = /^guarded process (\d+)$/m.exec(stdout)?.[1]
  if (pid === undefined) return
  try {
    process.kill(Number(pid), 'SIGTERM')
  } catch {
    // It has ended too.
  }
}

async function answers(port: number): Promise<boolean> {
  // If the port is still closed, gRPC would only try again after a second.
  if (!(await isOpen(port))) return false
  try {
    const connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: '1s' })
    await connection.close()
    return true
  } catch {
    return false
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.stdin?.end()
  await exited
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

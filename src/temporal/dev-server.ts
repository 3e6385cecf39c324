import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from '@temporalio/client'
import getPort, { portNumbers } from 'get-port'
import { ConnectorError } from '../model/connector-error.ts'

const preferredPort = 7233
const preferredUiPort = 8233
const readyWithinMs = 60_000

export interface DevServer {
  address: string
  uiUrl: string
  /** Ports that were busy, for a word about it. */
  busyPorts: number[]
  stop(): Promise<void>
}

export interface DevServerOptions {
  executable: string
  /** Where workflows and schedules are kept over a restart; in memory only without it. */
  databaseFile?: string
}

/** As measured on two cores: the development server's defaults allow ten activities a second, these about seventy. */
const tuning = [
  ['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=1000'],
  ['--dynamic-config-value', 'history.timerProcessorMaxPollRPS=1000'],
  ['--dynamic-config-value', 'system.enableActivityEagerExecution=true'],
  ['--sqlite-pragma', 'journal_mode=WAL'],
  ['--sqlite-pragma', 'synchronous=NORMAL'],
].flat()

/**
 * Starts Temporal's development server with its UI, on the usual ports where they are free. It ends with this process.
 *
 * @throws ConnectorError TEMPORAL_UNREACHABLE when it does not come up
 */
export async function startDevServer({ executable, databaseFile }: DevServerOptions): Promise<DevServer> {
  const port = await getPort({ port: portNumbers(preferredPort, preferredPort + 50) })
  const uiPort = await getPort({ port: portNumbers(preferredUiPort, preferredUiPort + 50) })
  if (databaseFile !== undefined) mkdirSync(dirname(databaseFile), { recursive: true })
  const child = spawn(
    process.execPath,
    [
      ...[`${import.meta.dirname}/guard.ts`, executable, 'server', 'start-dev', '--log-level', 'error'],
      ...['--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort), ...tuning],
      ...(databaseFile === undefined ? [] : ['--db-filename', databaseFile]),
    ],
    { detached: true, stdio: ['pipe', 'ignore', 'pipe'] },
  )
  const address = `127.0.0.1:${port}`
  await waitUntilReady(child, address)
  return {
    address,
    uiUrl: `http://127.0.0.1:${uiPort}`,
    busyPorts: [preferredPort, preferredUiPort].filter((preferred) => ![port, uiPort].includes(preferred)),
    stop: () => stop(child),
  }
}

async function waitUntilReady(child: ChildProcess, address: string): Promise<void> {
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-2_000)))
  const deadlineMs = Date.now() + readyWithinMs
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: '1s' })
      await connection.close()
      return
    } catch (error) {
      if (child.exitCode === null && Date.now() < deadlineMs) {
        await sleep(50)
        continue
      }
      await stop(child)
      throw new ConnectorError('TEMPORAL_UNREACHABLE', `The Temporal server did not come up: ${output.trim()}`, {
        retry: 'never',
        cause: error,
      })
    }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.stdin?.end()
  await exited
}

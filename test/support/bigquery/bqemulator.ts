import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import getPort from 'get-port'
import { inHome, installBqEmulator, type InstalledBqEmulator } from './install-bqemulator.ts'

const guard = fileURLToPath(new URL('../processes/end-with-parent.ts', import.meta.url))
const attempts = 3
const pollMs = 100

export interface BqEmulator {
  /** The `api_endpoint` of a destination. */
  url: string
  /** Ends it at once, with everything that it stored. */
  stop(): Promise<void>
}

/** The first start has to install it. For hooks of tests. */
export const installTimeoutMs = 10 * 60_000

/**
 * Starts a real bqemulator on a free port, empty: about 5 seconds and 200 MB. It ends with this process at the
 * latest.
 */
export async function startBqEmulator(): Promise<BqEmulator> {
  const installed = await installBqEmulator()
  for (let attempt = 1; ; attempt++) {
    const port = await getPort({ host: '127.0.0.1' })
    const url = `http://127.0.0.1:${port}`
    const server = serve(installed, port)
    let log = ''
    server.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-2_000)
    })
    while (server.exitCode === null) {
      if (await isReady(url)) return { url, stop: () => stop(server) }
      await setTimeout(pollMs)
    }
    // Another process may have taken the port in between.
    if (attempt === attempts) throw new Error(`bqemulator does not start: ${log}`)
  }
}

type Server = ChildProcessByStdio<Writable, null, Readable>

function serve({ python, home }: InstalledBqEmulator, port: number): Server {
  const options = ['--rest-port', String(port), '--grpc-port', '0', '--log-level', 'error']
  return spawn(process.execPath, [guard, python, '-m', 'bqemulator', 'start', ...options], {
    env: {
      ...inHome(home),
      // It would download formats that no test loads.
      BQEMU_ENABLE_FORMAT_EXTENSIONS: 'false',
      BQEMU_UPLOAD_STAGING_DIR: join(home, 'uploads'),
    },
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  })
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`)
    return answer.ok
  } catch {
    return false
  }
}

async function stop(server: Server): Promise<void> {
  const ended = server.exitCode === null && once(server, 'exit')
  server.stdin.end()
  await ended
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Connection } from '@temporalio/client'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { startDevServer } from '../../../src/temporal/server/dev-server.ts'

const executable = inject('temporalExecutable')
const folder = mkdtempSync(join(tmpdir(), 'qrsync-dev-server-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

async function answers(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: '1s' }).catch(() => null)
  await connection?.close()
  return connection !== null
}

/** Whether anything at all listens there. */
async function listens(address: string): Promise<boolean> {
  const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1')
  return once(socket, 'connect').then(
    () => {
      socket.destroy()
      return true
    },
    () => false,
  )
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function busyPort(): Promise<{ port: number; close: () => void }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() }
}

describe('the development server', () => {
  it('serves its UI, uses other ports if the preferred ones are busy, and reports which; stop() ends it', async () => {
    const [busy, busyUi] = [await busyPort(), await busyPort()]
    const server = await startDevServer({ executable, preferredPorts: [busy.port, busyUi.port] })
    try {
      expect(server.busyPorts).toEqual([busy.port, busyUi.port])
      expect(server.address).not.toBe(`127.0.0.1:${busy.port}`)
      expect(await answers(server.address)).toBe(true)
      expect((await fetch(server.uiUrl)).status).toBe(200)
    } finally {
      await server.stop()
      busy.close()
      busyUi.close()
    }
    expect(await listens(server.address)).toBe(false)
    expect(await listens(server.uiUrl)).toBe(false)
    // Again, as if there were a second reason to stop.
    await server.stop()
  })

  it('reports no busy ports if the preferred ones are free', async () => {
    const [free, freeUi] = [await busyPort(), await busyPort()]
    free.close()
    freeUi.close()
    const server = await startDevServer({ executable, preferredPorts: [free.port, freeUi.port] })
    await server.stop()
    expect(server).toMatchObject({
      address: `127.0.0.1:${free.port}`,
      uiUrl: `http://127.0.0.1:${freeUi.port}`,
      busyPorts: [],
    })
  })

  it("does not use another process's server that took the port first, and takes the next port", async () => {
    const quicker = quickerOther()
    const server = await startDevServer({ executable: quicker.path })
    const other = quicker.readOther()
    try {
      expect(server.address).not.toBe(other.address)
      expect(await answers(server.address)).toBe(true)
      expect(await answers(other.address)).toBe(true)
    } finally {
      process.kill(other.pid)
      await server.stop()
    }
    expect(await listens(server.address)).toBe(false)
  })

  it('that ends at once is an error with the output of the server', async () => {
    const path = script('broken', 'echo "no such database" >&2; exit 3')
    await expect(startDevServer({ executable: path })).rejects.toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
      message: 'The Temporal server did not start: no such database',
    })
  })

  it('that cannot be run is an error that names the file', async () => {
    const path = join(folder, 'nothing')
    await expect(startDevServer({ executable: path })).rejects.toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
      message: expect.stringContaining(path) as string,
    })
  })

  it('that was killed together with its guard can still be stopped', async () => {
    const path = script('mortal', `echo $PPID $$ > "$0.pids"; exec "${executable}" "$@"`)
    const server = await startDevServer({ executable: path })
    const pids = readFileSync(`${path}.pids`, 'utf8').split(' ').map(Number)
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await expect.poll(() => isAlive(pids[0] ?? 0)).toBe(false)
    await server.stop()
    await expect.poll(() => listens(server.address)).toBe(false)
  })

  it('ends with the process that started it, even if that is killed', async () => {
    const parent = spawn(
      process.execPath,
      ['--input-type=module', '--eval', startAndSay, startDevServerUrl, executable],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const [address] = (await once(createInterface(parent.stdout), 'line')) as [string]
    expect(await answers(address)).toBe(true)
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    await expect.poll(() => listens(address), { timeout: 20_000 }).toBe(false)
  })
})

const startDevServerUrl = new URL('../../../src/temporal/server/dev-server.ts', import.meta.url).href
const startAndSay = `
const [url, executable] = process.argv.slice(1)
const { startDevServer } = await import(url)
console.log((await startDevServer({ executable })).address)
`

function script(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
  return path
}

/** A server that, the first time, finds its port taken by another process that started after our check. */
function quickerOther() {
  const connects = `
    require('node:net').connect(process.argv[1], '127.0.0.1')
      .on('connect', () => process.exit(0)).on('error', () => process.exit(1))`
  const path = script(
    'quicker',
    `if mkdir "$0.raced" 2>/dev/null; then
      "${executable}" "$@" >/dev/null 2>&1 &
      echo "$! $8" > "$0.other"
      until "${process.execPath}" -e "${connects}" "$8"; do :; done
      # Time enough to be taken in by it.
      sleep 1
      echo "listen tcp 127.0.0.1:$8: bind: address already in use" >&2
      exit 1
    fi
    exec "${executable}" "$@"`,
  )
  return {
    path,
    readOther() {
      const [pid, port] = readFileSync(`${path}.other`, 'utf8').trim().split(' ')
      return { pid: Number(pid), address: `127.0.0.1:${port}` }
    },
  }
}

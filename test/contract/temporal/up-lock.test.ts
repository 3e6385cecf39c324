import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findServerNote, lockForUp } from '../../../src/temporal/server/up-lock.ts'

const server = { address: '127.0.0.1:7233', identity: 'a-namespace-id' }

let folder: string
const children: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-up-lock-'))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const moduleUrl = new URL('../../../src/temporal/server/up-lock.ts', import.meta.url).href
/** Takes the lock and keeps it until it is killed; prints "locked", or why not. */
const takeAndSay = `
const [url, folder] = process.argv.slice(1)
const { lockForUp } = await import(url)
try {
  globalThis.lock = lockForUp({ folder, connectors: ['acme'], startsServer: true })
  globalThis.lock.noteServer({ address: '127.0.0.1:7233', identity: 'a-namespace-id' })
  console.log('locked')
  setInterval(() => {}, 1000)
} catch (error) {
  console.log(error.code + ': ' + error.message)
}`

async function otherUp(): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', takeAndSay, moduleUrl, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [said] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, said }
}

const take = (connectors = ['acme'], startsServer = true) => lockForUp({ folder, connectors, startsServer })

describe('the lock of "qrsync up"', () => {
  it('refuses a second process, and names the running process and how to add a worker', async () => {
    const { child, said } = await otherUp()
    expect(said).toBe('locked')
    let message = ''
    try {
      take()
    } catch (error) {
      expect(error).toMatchObject({ code: 'ALREADY_RUNNING' })
      message = String(error)
    }
    expect(message).toContain(`process ${String(child.pid)}, since ${new Date().toISOString().slice(0, 10)}T`)
    expect(message).toContain('for acme')
    expect(message).toContain('To add a worker, start "qrsync worker"')
    // The note of the first process is unchanged.
    expect(findServerNote(folder)).toMatchObject({ isRunning: true, note: { pid: child.pid, server } })
  })

  it('goes to one of two processes that start at the same instant', async () => {
    const all = await Promise.all([otherUp(), otherUp(), otherUp()])
    expect(all.filter(({ said }) => said === 'locked')).toHaveLength(1)
    expect(all.filter(({ said }) => said.startsWith('ALREADY_RUNNING: '))).toHaveLength(2)
  })

  it('of a killed process blocks no other process, even if its process id is in use again, and its note is ignored', async () => {
    const { child } = await otherUp()
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(findServerNote(folder)).toMatchObject({ isRunning: false, note: { pid: child.pid, server } })
    // As if this process had the id of the one that died.
    writeFileSync(
      join(folder, 'up.json'),
      JSON.stringify({ pid: process.pid, startedAtMs: 1, connectors: ['acme'], server }),
    )
    expect(findServerNote(folder)).toMatchObject({ isRunning: false })
    using lock = take()
    expect(findServerNote(folder)).toMatchObject({ isRunning: true, note: { server: null } })
    lock.noteServer(server)
    expect(findServerNote(folder)).toMatchObject({ isRunning: true, note: { pid: process.pid, server } })
  })

  it('is released together with its note', () => {
    take()[Symbol.dispose]()
    expect(findServerNote(folder)).toBeNull()
    take()[Symbol.dispose]()
  })

  it('lets connectors with their own server share a folder, but refuses to run one connector twice', () => {
    using held = new DisposableStack()
    held.use(take(['acme'], false))
    held.use(take(['other'], false))
    expect(() => take(['acme'], false)).toThrow(/already running .* for acme\)/)
    expect(() => take(['third', 'other'], true)).toThrow(/already running .* for other\)/)
    // The locks that the refused process had taken before are free again.
    held.use(take(['third'], true))
  })

  it('names a folder that is not writable', () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    expect(() => lockForUp({ folder: file, connectors: ['acme'], startsServer: true })).toThrow(
      expect.objectContaining({ code: 'LEDGER_UNAVAILABLE' }) as Error,
    )
  })
})

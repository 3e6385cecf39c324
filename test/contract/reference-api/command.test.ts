import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { addKey } from '../../../reference-api/account/keys.ts'
import { openStore } from '../../../reference-api/store/store.ts'
import { sendRaw } from '../../support/reference-api/raw-http.ts'
import {
  anyQrCode,
  callApi,
  controlToken,
  spawnReferenceApi,
  startReferenceApi,
} from '../../support/reference-api/reference-api.ts'

const mainFile = fileURLToPath(new URL('../../../reference-api/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'reference-api-'))
const key = `qrs_${'0a'.repeat(32)}`
const small = ['--codes', '3', '--scans', '40']

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [mainFile, ...args], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}

test('--help shows the commands, the options of serve, an example and the options for tests', async () => {
  const { code, stdout } = await run('--help')
  expect(code).toBe(0)
  for (const text of [
    'serve',
    'seed',
    'keys',
    'plan',
    '--clock-offset',
    '--faults',
    'Examples:',
    '/_reference/audit',
    '/_reference/plan ',
    '/_reference/calls ',
    'POST   /_reference/qr-codes ',
    'PATCH  /_reference/qr-codes/{id} ',
  ]) {
    expect(stdout).toContain(text)
  }
})

describe('serve', () => {
  test('seeds an empty store, uses the given key, and exits with 0 on SIGTERM', async () => {
    const api = await spawnReferenceApi([...small, '--plan', 'pro'], key)
    expect(api.key).toBe(key)
    const { body } = await callApi(api, '/me')
    expect(body.data).toMatchObject({
      plan: 'pro',
      account_id: api.accountId,
      usage: { dynamic_qr_count: 3 },
    })
    expect((await api.scanIds()).size).toBe(40)
    await api.close()
    expect(api.process.exitCode).toBe(0)
  })

  test('prints no key for a store that was seeded before, and keeps its counts after a kill', async () => {
    const store = ['--store', join(folder, 'killed.db')]
    const first = await spawnReferenceApi([...small, ...store])
    for (let i = 0; i < 7; i++) await callApi(first, '/me')
    await first.kill()
    const second = await spawnReferenceApi(store)
    expect(second.key).toBe('')
    const { body } = await callApi<{ usage: object }>(second, '/me', { key: first.key })
    expect(body.data.usage).toMatchObject({ api_calls_this_month: 8 })
    await second.close()
  })

  test('shifts its clock', async () => {
    const api = await spawnReferenceApi([...small, '--clock-offset', '5d'])
    const code = await anyQrCode(api)
    await fetch(code.short_url, { redirect: 'manual' })
    const { last_scanned_at } = await anyQrCode(api, 'sort=-last_scanned_at')
    expect(Date.parse(last_scanned_at ?? '') - Date.now()).toBeGreaterThan(5 * 86_400_000 - 60_000)
    await api.close()
  })

  test('exits with 1 and one line if the given port is busy', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { code, stdout, stderr } = await run('--port', String(port), ...small)
    expect([code, stdout, stderr]).toEqual([
      1,
      '',
      `port ${port} is in use: choose another one with --port, or 0 for a free one\n`,
    ])
    other.close()
  })

  test('does not print a given key, and refuses a malformed one without printing it', async () => {
    const main = ['serve', '--port', '0', ...small]
    const shown = await new Promise<string>((resolve, reject) => {
      const child = execFile(
        process.execPath,
        [mainFile, ...main],
        { env: { REFERENCE_API_KEY: key } },
        () => undefined,
      )
      let text = ''
      child.stdout?.on('data', (chunk) => {
        text += String(chunk)
        if (text.includes('Store:')) child.kill()
      })
      child
        .on('exit', () => {
          resolve(text)
        })
        .on('error', reject)
    })
    expect(shown).toContain('Key: the one that you know')
    expect(shown).not.toContain(key)
    const file = join(folder, 'wrong-key')
    writeFileSync(file, key.toUpperCase())
    const { code, stderr } = await run('--key-file', file)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^--key-file .*wrong-key contains no key: /)
    expect(stderr.toLowerCase()).not.toContain(key)
  })

  test('allows one server per store, because two would each count the calls of a minute', async () => {
    const store = ['--store', join(folder, 'served.db')]
    const first = await spawnReferenceApi([...small, ...store])
    const { code, stderr } = await run('--port', '0', ...store)
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^the store .* is served by another process/)])
    await first.kill()
    const second = await spawnReferenceApi(store)
    await second.close()
  })

  test('exits with 1 and one line if it cannot open the store', async () => {
    const { code, stderr } = await run('--store', join(folder, 'no', 'such', 'folder', 'api.db'))
    expect(code).toBe(1)
    expect(stderr).toMatch(/^the store .* cannot be opened: [^\n]+\n$/)
  })

  test.each([
    ['--faults', '600=0.1'],
    ['--faults', '429=0.7,500=0.7'],
    ['--clock-offset', 'soon'],
    ['--key', 'secret'],
    ['--codes', '0x10'],
    ['--port', 'http'],
  ])('%s %s is refused', async (option, value) => {
    const { code, stderr } = await run(option, value)
    expect(code).toBe(1)
    expect(stderr).toContain(option)
  })

  test('--exit-with-parent ends when standard input closes', async () => {
    const child = spawn(process.execPath, [mainFile, '--port', '0', '--json', '--exit-with-parent', ...small])
    await once(child.stdout, 'data')
    child.stdin.end()
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  test('simulates visitors automatically', async () => {
    const api = await spawnReferenceApi(['--codes', '5', '--scans', '0', '--visitors-per-minute', '6000'])
    await expect.poll(async () => (await api.scanIds()).size).toBeGreaterThan(10)
    await api.close()
  })
})

test('manages keys and plans while the server runs', async () => {
  const store = ['--store', join(folder, 'keys.db')]
  const api = await spawnReferenceApi([...small, ...store])
  const generated = (await run('keys', 'generate', ...store)).stdout.trim()
  expect((await callApi(api, '/me', { key: generated })).status).toBe(200)

  const listed = (await run('keys', 'list', ...store)).stdout
  expect(listed).toContain(`${generated.slice(0, 12)}…`)
  expect(listed).not.toContain(generated)

  expect((await run('keys', 'revoke', generated.slice(0, 12), ...store)).code).toBe(0)
  expect((await callApi(api, '/me', { key: generated })).status).toBe(401)
  expect((await run('keys', 'revoke', 'qrs_unknown', ...store)).stderr).toBe(
    'there is no active key qrs_unknown\n',
  )

  const opened = openStore(join(folder, 'keys.db'))
  for (let i = 0; i < 4; i++) addKey(opened, api.accountId, Date.now())
  opened.close()
  expect((await run('keys', 'generate', ...store)).stderr).toContain('5 active keys')

  await run('plan', 'set', 'starter', ...store)
  expect((await callApi(api, '/me')).body.code).toBe('PLAN_NOT_ALLOWED')
  await api.close()
})

test('seed fills only an empty store', async () => {
  const store = ['--store', join(folder, 'seeded.db')]
  const file = join(folder, 'key')
  writeFileSync(file, `${key}\n`)
  expect((await run('seed', ...small, '--key-file', file, ...store)).stdout).toContain('key as given')
  expect((await run('seed', ...small, ...store)).stderr).toContain('account already')
})

describe('control', () => {
  test('inserts all scans or none, and sets limits', async () => {
    const api = await spawnReferenceApi(small)
    const code = await anyQrCode(api)
    const scan = {
      qr_code_id: code.id,
      scanned_at: '2026-01-01T00:00:00.123Z',
      city: 'Bonn',
      is_unique: false,
    }
    const id = '11111111-1111-4111-8111-111111111111'
    expect(await api.insertScans([{ ...scan, id }])).toEqual([id])
    await expect(api.insertScans([scan, { ...scan, qr_code_id: 'unknown' }])).rejects.toThrow(
      'scans[1].qr_code_id',
    )
    expect((await api.scanIds()).size).toBe(41)
    await api.setLimits({ per_minute: 2, per_month: 10 })
    expect([(await callApi(api, '/me')).status, (await callApi(api, '/me')).status]).toEqual([200, 429])
    expect(await api.audit()).toMatchObject({ accepted: 2, refused: { minute: 1 }, peak_per_minute: 2 })
    await api.close()
  })

  test('is open only to clients on this machine that have the token and use a local host name', async () => {
    const api = await startReferenceApi({ codes: 1, scans: 0 })
    const { port } = new URL(api.url)
    const status = async (headers: string) => {
      const head = `GET /_reference/audit HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`
      return (await sendRaw(api.url, head)).status
    }
    const token = `Authorization: Bearer ${controlToken}`
    expect(await status(`Host: 127.0.0.1:${port}\r\n${token}`)).toBe(200)
    expect(await status(`Host: localhost\r\n${token}`)).toBe(200)
    for (const headers of [
      `Host: 127.0.0.1:${port}`,
      `Host: 127.0.0.1:${port}\r\nAuthorization: Bearer wrong`,
      `Host: 127.0.0.1:${port}\r\nAuthorization: Bearer ${api.key}`,
      // A page in a browser, whose host name resolves to this machine.
      `Host: evil.example:${port}\r\n${token}`,
      `Host: 127.0.0.1:80@evil.example\r\n${token}`,
      `Host: 127.0.0.1\r\n${token}\r\nX-Forwarded-For: 127.0.0.1`,
      `Host: 127.0.0.1\r\n${token}\r\nX-Forwarded-Host: localhost`,
      `Host: 127.0.0.1\r\n${token}\r\nX-Real-IP: 127.0.0.1`,
      `Host: 127.0.0.1\r\n${token}\r\nForwarded: for=127.0.0.1`,
      `Host: 127.0.0.1\r\n${token}\r\nVia: 1.1 proxy`,
    ]) {
      expect([headers, await status(headers)]).toEqual([headers, 404])
    }
    await api.close()
  })

  test('does not exist unless --control is set', async () => {
    const child = spawn(process.execPath, [mainFile, '--port', '0', '--json', ...small])
    const ready = await once(child.stdout, 'data')
    const { url } = JSON.parse(String(ready[0])) as { url: string }
    expect((await fetch(`${url}/_reference/audit`)).status).toBe(404)
    child.kill()
    await once(child, 'exit')
  })
})

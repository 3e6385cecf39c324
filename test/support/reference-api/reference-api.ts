import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import packageJson from '../../../package.json' with { type: 'json' }
import { buildApp, type AppOptions, type ReferenceApi } from '../../../reference-api/app.ts'
import type { AccountAudit } from '../../../reference-api/account/audit.ts'
import { addKey, hashKey } from '../../../reference-api/account/keys.ts'
import type { GivenScan } from '../../../reference-api/scans/given-scans.ts'
import type { RenderCustomizations } from '../../../reference-api/image/render-customizations.ts'
import type { GivenLimits } from '../../../reference-api/routes/control.ts'
import { seedAccount, type SeedOptions } from '../../../reference-api/seed/seed.ts'
import { openStore, type Store } from '../../../reference-api/store/store.ts'
import { callControl, controlOf, type ReferenceControl } from './reference-control.ts'

/** A running reference API, in this process or another. */
export interface RunningReferenceApi extends ReferenceControl {
  /** Without a trailing slash; the API is at `${url}/api/v1`. */
  url: string
  key: string
  accountId: string
  audit(): Promise<AccountAudit>
  /** Inserts the given scans, late ones too, and returns their ids. */
  insertScans(scans: GivenScan[]): Promise<string[]>
  /** The ids of all scans of the server. */
  scanIds(): Promise<Set<string>>
  setLimits(limits: GivenLimits): Promise<void>
  /** Deletes a code softly, like its owner. */
  deleteQrCode(id: string): Promise<void>
  /** Stops it. Fails if a response did not match openapi.yaml, unless responses were not checked. */
  close(): Promise<void>
}

/** The shape of the API's responses. */
interface Envelope<Data> {
  success: boolean
  data: Data
  pagination: { page: number; per_page: number; total: number; total_pages: number }
  error: string
  code: string
  fields: Record<string, string[]>
}

export interface Answer<Data> {
  status: number
  headers: Headers
  body: Envelope<Data>
}

/** The options of a call besides its path. `json` is sent as the body; `key: null` sends no key. */
export interface CallOptions extends RequestInit {
  key?: string | null
  json?: unknown
}

/**
 * One call of the API, such as `callApi<Scan[]>(api, '/qr-codes/…/scans')`. A response without a body has an
 * empty one.
 */
export async function callApi<Data>(
  api: Pick<RunningReferenceApi, 'url' | 'key'>,
  path: string,
  { key = api.key, json, ...init }: CallOptions = {},
): Promise<Answer<Data>> {
  const headers = new Headers(init.headers)
  if (key !== null && !headers.has('authorization')) headers.set('authorization', `Bearer ${key}`)
  if (json !== undefined) headers.set('content-type', 'application/json')
  const body = json === undefined ? init.body : JSON.stringify(json)
  const response = await fetch(`${api.url}/api/v1${path}`, {
    redirect: 'manual',
    ...init,
    headers,
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? {} : JSON.parse(text)) as Envelope<Data>,
  }
}

/** The account's codes, the newest first: at most one page. */
export async function listQrCodes(
  api: Pick<RunningReferenceApi, 'url' | 'key'>,
  query = '',
): Promise<ListedQrCode[]> {
  const { body } = await callApi<ListedQrCode[]>(api, `/qr-codes?per_page=100&${query}`)
  return body.data
}

export interface ListedQrCode {
  id: string
  name: string
  status: string
  destination_url: string
  short_url: string
  render_customizations: RenderCustomizations
  scan_count: number
  last_scanned_at: string | null
  created_at: string
  updated_at: string
  deleted_at?: string | null
}

/** Any code of an account that has some. */
export async function anyQrCode(
  api: Pick<RunningReferenceApi, 'url' | 'key'>,
  query = '',
): Promise<ListedQrCode> {
  const [code] = await listQrCodes(api, query)
  if (code === undefined) throw new Error('the account has no QR code')
  return code
}

/** For the control routes of servers in this process. */
export const controlToken = 'token of the tests'

export interface InProcessReferenceApi extends RunningReferenceApi {
  app: ReferenceApi
  store: Store
}

export interface StartOptions
  extends Omit<SeedOptions, 'now'>, Omit<AppOptions, 'store' | 'onViolation' | 'controlToken'> {
  /** The file that stores everything; default: in memory. A file with data is served as it is. */
  file?: string
  /** The key to use, even one that the file contains already. Default: a new one, of which an account has five. */
  key?: string
  port?: number
  /** Whether every response is compared with openapi.yaml. Default: yes, unless the server leaves parts out. */
  checkResponses?: boolean
}

/** Starts a reference API in this process on a free port, with a seeded account. */
export async function startReferenceApi(options: StartOptions = {}): Promise<InProcessReferenceApi> {
  const { file = ':memory:', key: givenKey, port = 0, now = Date.now } = options
  const { checkResponses = options.without === undefined } = options
  const store = openStore(file)
  const accountId = store.accounts.all()[0]?.id ?? seedAccount(store, { ...options, now: now() })
  const isKnown = givenKey !== undefined && store.keys.accountOf(hashKey(givenKey), now()) !== null
  const key = isKnown ? givenKey : addKey(store, accountId, now(), givenKey)
  const violations: string[] = []
  const app = buildApp({
    ...options,
    store,
    controlToken,
    ...(checkResponses && { onViolation: (violation) => violations.push(violation) }),
    onUnexpectedError:
      options.onUnexpectedError ??
      ((error) => {
        console.error(error)
      }),
  })
  const url = await app.server.listen({ host: '127.0.0.1', port })
  return {
    app,
    store,
    url,
    key,
    accountId,
    ...controlOf({ url, token: controlToken }),
    audit: () => Promise.resolve(app.audit(accountId)),
    insertScans: (scans) => Promise.resolve(app.insertScans(scans)),
    scanIds: () => Promise.resolve(new Set(store.scans.ids())),
    setLimits({ per_minute: perMinute, per_month: perMonth }) {
      store.accounts.setLimits(accountId, { perMinute, perMonth })
      return Promise.resolve()
    },
    deleteQrCode(id) {
      if (!store.qrCodes.delete(id, now())) throw new Error(`there is no QR code ${id} to delete`)
      return Promise.resolve()
    },
    close: async () => {
      await app.server.close()
      store.close()
      if (violations.length > 0) throw new Error(`not as openapi.yaml says: ${violations.join('; ')}`)
    },
  }
}

export interface SpawnedReferenceApi extends RunningReferenceApi {
  process: ChildProcess
  /** Kills it like a crash. */
  kill(): Promise<void>
}

/** As in `npm run reference-api`, including Node's options. */
const [, ...command] = packageJson.scripts['reference-api']
  .split(' ')
  .map((word) => (word.endsWith('.ts') ? fileURLToPath(new URL(`../../../${word}`, import.meta.url)) : word))

/**
 * Starts a reference API as a process. `flags` are those of its command, such as `['--scans', '200000',
 * '--store', file]`; port, JSON, control routes and the end with its parent are set here.
 */
export async function spawnReferenceApi(
  flags: string[] = [],
  givenKey?: string,
): Promise<SpawnedReferenceApi> {
  const own = ['serve', '--port', '0', '--json', '--control', '--exit-with-parent']
  const child = spawn(process.execPath, [...command, ...own, ...flags], {
    ...(givenKey !== undefined && { env: { ...process.env, REFERENCE_API_KEY: givenKey } }),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const { url, key: shownKey, control_token: token } = await readyLine(child, child.stdout, ended)
  // A store that was seeded before prints no key: its user must have given it.
  const key = shownKey ?? givenKey ?? ''

  const control = (method: string, path: string, body?: unknown) =>
    callControl({ url, token }, method, path, body)
  const readAudit = async () =>
    (await (await control('GET', '/audit')).json()) as AccountAudit & { account_id: string }

  return {
    process: child,
    url,
    key,
    accountId: (await readAudit()).account_id,
    ...controlOf({ url, token }),
    audit: readAudit,
    insertScans: async (scans) =>
      ((await (await control('POST', '/scans', scans)).json()) as { ids: string[] }).ids,
    scanIds: async () => {
      const text = await (await control('GET', '/scan-ids')).text()
      return new Set(text.split('\n').filter((id) => id !== ''))
    },
    setLimits: async (limits) => {
      await control('POST', '/limits', limits)
    },
    deleteQrCode: async (id) => {
      await control('DELETE', `/qr-codes/${id}`)
    },
    close: async () => {
      child.kill('SIGTERM')
      await ended
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

interface Ready {
  ready: true
  url: string
  key: string | null
  control_token: string
}

async function readyLine(child: ChildProcess, output: Readable, ended: Promise<unknown[]>) {
  const lines = createInterface({ input: output })
  const first = await Promise.race([once(lines, 'line'), ended.then(() => null)])
  if (first === null) {
    throw new Error(`the reference API ended before it was ready (exit code ${child.exitCode})`)
  }
  return JSON.parse(String(first[0])) as Ready
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ScheduleNotFoundError } from '@temporalio/client'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { noObserver } from '../../../activities/observer.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { ensureConnector } from '../../../src/ledger/connector/connector-state.ts'
import { ConnectorError, type ErrorCode } from '../../../src/model/connector-error.ts'
import { createActivityDeps } from '../../../src/worker/create-activity-deps.ts'
import { readsKeysAgain } from '../../../src/worker/create-worker.ts'
import { LiveConnectors } from '../../../src/worker/live-connectors.ts'
import { openDestinations } from '../../../src/worker/open-destinations.ts'
import { ConfigReloader } from '../../../src/worker/reload-configs.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const oldKey = `qrs_${'1'.repeat(64)}`
const newKey = `qrs_${'2'.repeat(64)}`
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-keys-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const place = {
  client: {
    schedule: {
      getHandle: () => ({ describe: () => Promise.reject(new ScheduleNotFoundError('none', 'none')) }),
    },
  },
} as never

/** A worker that looks at its files only when a vendor rejects a key. */
async function serve() {
  const path = join(folder, 'qrsync.yaml')
  const write = (key: string, token: string) => {
    writeFileSync(join(folder, '.env'), `API_KEY=${key}\n`)
    writeFileSync(join(folder, 'token'), `${token}\n`)
  }
  write(oldKey, 'old-token')
  writeFileSync(
    path,
    `connector: acme
source: {url: 'http://127.0.0.1:1', key: '\${API_KEY}'}
destinations: {crm: {type: hubspot, token: '\${file:token}', object: products}}
ledger: {path: ledger.sqlite}
`,
  )
  const environment = {}
  const config = loadConfig(path, environment)
  const ledger = await temporaryLedger()
  await ensureConnector(ledger, 'acme')
  const destinations = await openDestinations(config, ledger)
  const parts = { ledger, now: Date.now, destinations, observer: noObserver }
  const live = new LiveConnectors('acme', [
    { config, deps: createActivityDeps(config, parts, Promise.resolve(place)) },
  ])
  const reloader = new ConfigReloader({
    path,
    environment,
    files: [path],
    live,
    place,
    observer: noObserver,
    onConfigs: () => Promise.resolve(),
    onStep: () => undefined,
    everyMs: 3_600_000,
  })
  const interceptor = readsKeysAgain(live, () => reloader.reload())
  const failWith = (code: ErrorCode) =>
    interceptor
      .execute?.({ args: [{ connector: 'acme' }], headers: {} }, () =>
        Promise.reject(new ConnectorError(code, 'refused.', { retry: 'never' })),
      )
      .catch((error: unknown) => error)
  const used = () => {
    const { source, destinations: all } = live.configs[0] ?? config
    return [source.key, (all['crm'] as unknown as { token: string }).token]
  }
  return { write, failWith, used, close: () => live.close().then(() => ledger.destroy()) }
}

it.each(['API_KEY_REJECTED', 'DESTINATION_FORBIDDEN'] as const)(
  'keys in .env and tokens in files are read again when a vendor rejects them (%s), and the activity is retried',
  async (code) => {
    const { write, failWith, used, close } = await serve()
    expect(await failWith(code)).toMatchObject({ code, retry: 'never' })
    expect(used()).toEqual([oldKey, 'old-token'])
    write(newKey, 'new-token')
    expect(await failWith('DESTINATION_UNAVAILABLE'), 'no key is wrong').toMatchObject({ retry: 'never' })
    expect(used()).toEqual([oldKey, 'old-token'])
    expect(await failWith(code)).toMatchObject({
      code,
      retry: { afterMs: 1_000 },
      message: 'refused. The config has changed meanwhile: qrsync tries again with the new one.',
    })
    expect(used()).toEqual([newKey, 'new-token'])
    await close()
  },
)

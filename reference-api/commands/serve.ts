import { randomBytes } from 'node:crypto'
import { Command, Option } from 'commander'
import { buildApp, type AppOptions } from '../app.ts'
import { withholdable, type Withholdable } from '../context.ts'
import type { FaultRates } from '../http/faults.ts'
import { countryFromHeader } from '../scans/geolocation.ts'
import { addKey, hashKey } from '../account/keys.ts'
import type { Store } from '../store/store.ts'
import { startTraffic } from '../scans/traffic.ts'
import {
  duration,
  faultRates,
  givenKey,
  headerName,
  partsLeftOut,
  seedOptions,
  wholeNumber,
  type SeedFlags,
} from './options.ts'
import { claimStore, onlyAccount, openStoreAt, seedStore } from './stores.ts'

interface ServeFlags extends SeedFlags {
  host: string
  port: number
  store: string
  publicUrl?: string
  countryHeader?: string
  visitorsPerMinute: number
  faults?: FaultRates
  faultSeed: number
  slowMs: number
  latencyMs: number
  clockOffset: number
  without: Withholdable[]
  control: boolean
  json: boolean
  exitWithParent: boolean
}

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('serve the API; fills an empty store first, and shows its key')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--port <n>', 'the port to listen on; 0 uses a free one', wholeNumber(0), 4010)
    .option('--store <file>', 'the file that stores everything', ':memory:')
    .option('--public-url <url>', 'the base of short URLs (default: this server)')
    .addOption(
      new Option(
        '--country-header <name>',
        'the header in which the proxy in front of all visitors names their country, such as CF-IPCountry',
      ).argParser(headerName),
    )
  for (const option of seedOptions()) command.addOption(option)
  return command
    .option('--visitors-per-minute <n>', 'new scans, made through the redirect', wholeNumber(0), 0)
    .option('--faults <rates>', 'inject faults: 429=0.01,500=0.02,reset=0.01,slow=0.01,cut=0.01', faultRates)
    .option('--fault-seed <n>', 'the same number injects the same faults', wholeNumber(0), 1)
    .option('--slow-ms <n>', 'the delay of the fault "slow"', wholeNumber(0), 2_000)
    .option('--latency-ms <n>', 'added to every response of the API', wholeNumber(0), 0)
    .option('--clock-offset <duration>', "shift the server's clock: 3d, -2h, P1DT12H", duration, 0)
    .addOption(
      new Option(
        '--without <parts...>',
        `leave out features that clients must not depend on: ${withholdable.join(',')}`,
      )
        .argParser(partsLeftOut)
        .default([], 'nothing'),
    )
    .option('--control', 'also serve /_reference, with a token that it prints: see below', false)
    .option('--json', 'print one line of JSON when it is ready', false)
    .option('--exit-with-parent', 'stop when standard input closes', false)
    .action(serve)
}

async function serve(flags: ServeFlags): Promise<void> {
  const release = claimStore(flags.store)
  const store = openStoreAt(flags.store)
  const controlToken = flags.control ? randomBytes(32).toString('base64url') : undefined
  const now = () => Date.now() + flags.clockOffset
  const key = prepareAccount(store, flags, now())
  for (const code of store.qrCodes.scanned()) store.scans.prepare(code)
  const { server } = buildApp({
    ...toAppOptions(flags),
    ...(controlToken !== undefined && { controlToken }),
    store,
    now,
  })
  const url = await listen(() => server.listen({ host: flags.host, port: flags.port }), flags.port)
  announce(flags, { url, key, controlToken })

  const stopTraffic = startTraffic({
    url,
    slugs: store.qrCodes.activeSlugs(),
    perMinute: flags.visitorsPerMinute,
    seed: flags.seed,
    onError: report,
  })
  const stop = onlyOnce(async () => {
    stopTraffic()
    process.stdin.destroy()
    await server.close()
    store.close()
    release()
  })
  process.on('SIGINT', stop).on('SIGTERM', stop)
  if (flags.exitWithParent) process.stdin.resume().on('close', stop).on('end', stop)
}

/** Returns the key of a new account, to be shown; null if its owner gave it, and so knows it. */
function prepareAccount(store: Store, flags: ServeFlags, now: number): string | null {
  if (store.accounts.all().length === 0) return seedStore(store, flags, now).key
  const given = givenKey(flags)
  if (given !== undefined && store.keys.accountOf(hashKey(given), now) === null) {
    addKey(store, onlyAccount(store).id, now, given)
  }
  return null
}

function toAppOptions(flags: ServeFlags): Omit<AppOptions, 'store' | 'now'> {
  return {
    ...(flags.faults && { faults: { rates: flags.faults, seed: flags.faultSeed } }),
    ...(flags.publicUrl !== undefined && { publicUrl: flags.publicUrl.replace(/\/+$/, '') }),
    ...(flags.countryHeader !== undefined && { locate: countryFromHeader(flags.countryHeader) }),
    slowMs: flags.slowMs,
    latencyMs: flags.latencyMs,
    without: flags.without,
    onUnexpectedError: report,
  }
}

async function listen(start: () => Promise<string>, port: number): Promise<string> {
  try {
    return await start()
  } catch (error) {
    const isBusy = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    throw isBusy
      ? new Error(`port ${port} is in use: choose another one with --port, or 0 for a free one`)
      : error
  }
}

interface Started {
  url: string
  key: string | null
  controlToken: string | undefined
}

function announce({ json, store, visitorsPerMinute }: ServeFlags, { url, key, controlToken }: Started): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ ready: true, url, key, control_token: controlToken })}\n`)
    return
  }
  const lines = [
    `The QRCodeStack API at ${url}/api/v1`,
    key === null ? 'Key: the one that you know' : `Key: ${key}`,
    `Store: ${store === ':memory:' ? 'in memory, deleted when it stops' : store}`,
    ...(controlToken === undefined ? [] : [`Token of /_reference: ${controlToken}`]),
    ...(visitorsPerMinute > 0 ? [`Visitors: ${visitorsPerMinute} a minute`] : []),
    ...(key === null ? [] : ['', `curl ${url}/api/v1/me -H "Authorization: Bearer ${key}"`]),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function report(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
}

function onlyOnce(work: () => Promise<void>): () => void {
  let running: Promise<void> | undefined
  return () => {
    running ??= work().catch((error: unknown) => {
      report(error)
      process.exitCode = 1
    })
  }
}

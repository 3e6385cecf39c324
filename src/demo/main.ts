import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { constants, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { runToExit } from '../cli/run-to-exit.ts'
import { up } from '../cli/commands/run/up.ts'
import { keepCompiledModules } from '../cli/keep-compiled-modules.ts'
import { findReferenceApi } from './find-reference-api.ts'
import { startHubSpot, type DemoHubSpot } from './start-hubspot.ts'

/**
 * `npm start`: runs the connector like `qrsync up`, with the reference API and a made-up account. Only the
 * API's address and key belong to the demo. With `--hubspot` it also writes to a stand-in for HubSpot, whose
 * page shows what arrives.
 */
await runToExit(async () => {
  await keepCompiledModules()
  const { values } = parseArgs({
    options: { once: { type: 'boolean', default: false }, hubspot: { type: 'boolean', default: false } },
  })
  const root = join(import.meta.dirname, '../..')
  const main = findReferenceApi(root)
  const folder = resolve(values.hubspot ? '.qrsync/demo-hubspot' : '.qrsync/demo')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const key = keyOf(folder)
  // With --once the user compares both sides, so no new scans are made.
  const api = await startReferenceApi(main, folder, key, values.once ? 0 : 20)
  let hubspot: DemoHubSpot | undefined
  try {
    if (values.hubspot) {
      hubspot = await startHubSpot(root)
      process.env['HUBSPOT_URL'] = hubspot.url
      process.env['HUBSPOT_TOKEN'] = hubspot.token
    }
    process.env['QRCS_API_URL'] = `${api.url}/api/v1`
    process.env['QRCS_API_KEY'] = key
    const config = configOf(folder, values.hubspot ? 'qrsync-hubspot.yaml' : 'qrsync.yaml')
    await up({
      config,
      once: values.once,
      json: false,
      hints: hintsFor(relative('.', config), values.once ? null : (hubspot ?? null), values.once),
    })
  } finally {
    hubspot?.stop()
    api.process.stdin?.end()
  }
})

/**
 * Returns what to try next.
 *
 * @param hubspot the stand-in for HubSpot; null if it is not running
 * @param isOver whether the demo then ends, so that this terminal is free
 */
function hintsFor(config: string, hubspot: DemoHubSpot | null, isOver: boolean): string[] {
  return [
    ...(hubspot === null ? [] : hubspotHints(config, hubspot)),
    isOver ? 'Look around:' : 'Look around, in another terminal:',
    `  npm run -s qrsync -- status --config ${config}`,
    `  npm run -s qrsync -- report --config ${config}`,
    `  npm run -s qrsync -- usage --config ${config}`,
  ]
}

function hubspotHints(config: string, { page, newContact }: DemoHubSpot): string[] {
  return [
    `What arrives in HubSpot, in a browser: ${page}`,
    `Somebody becomes a contact only after the scans: create one at ${newContact}, with the campaign "window", and then run in another terminal:`,
    `  npm run -s qrsync -- deliver -d crm --config ${config}`,
  ]
}

/** Returns the account's key, and creates it at the first start. */
function keyOf(folder: string): string {
  const file = join(folder, 'key')
  if (!existsSync(file)) writeFileSync(file, `qrs_${randomBytes(32).toString('hex')}`, { mode: 0o600 })
  return readFileSync(file, 'utf8')
}

/** Returns the demo's config file, which users may read and change. */
function configOf(folder: string, name: string): string {
  const file = join(folder, 'qrsync.yaml')
  if (!existsSync(file)) copyFileSync(join(import.meta.dirname, name), file, constants.COPYFILE_EXCL)
  return file
}

/**
 * Starts the API in its own process, like the real one, and in its own session: after a Ctrl-C it must keep
 * running until the connector has stopped.
 */
async function startReferenceApi(
  main: string,
  folder: string,
  key: string,
  visitorsPerMinute: number,
): Promise<{ url: string; process: ChildProcess }> {
  const flags = [
    '--json',
    '--exit-with-parent',
    '--store',
    join(folder, 'reference-api.sqlite'),
    '--port',
    '0',
    '--visitors-per-minute',
    String(visitorsPerMinute),
  ]
  const child = spawn(process.execPath, [main, 'serve', ...flags], {
    detached: true,
    env: { PATH: process.env['PATH'], REFERENCE_API_KEY: key },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(child.stdout)) {
    const { url } = JSON.parse(line) as { url: string }
    child.stdout.resume()
    return { url, process: child }
  }
  throw new Error('the reference API did not start')
}

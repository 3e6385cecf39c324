import packageJson from '#package.json' with { type: 'json' }
import { loadConfig } from '../../config/load-config.ts'
import { loadConfigs, type Served } from '../../config/load-configs.ts'
import type { Environment } from '../../config/references.ts'
import type { Config } from '../../config/schema.ts'
import type { VendorDeps } from '../../destinations/vendor.ts'
import { vendorOf } from '../../destinations/vendors.ts'
import { migrationTexts } from '../../ledger/base/migration-texts.ts'
import { openLedger } from '../../ledger/base/open-ledger.ts'
import { readLedgerVersion } from '../../ledger/base/read-version.ts'
import { AsyncClosingStack } from '../../model/closing-stack.ts'
import { ConnectorError } from '../../model/connector-error.ts'
import { ledgerPacer } from '../../worker/open-destinations.ts'
import { openTemporalPlan } from '../open-temporal-plan.ts'
import { errorObject, lineOf, withoutRetries } from '../run-to-exit.ts'

/** What the installed version changes for a connector. In the form that `--json` prints. */
export interface Upgrade {
  connector: string
  /** Of qrsync. */
  version: string
  /** Whether nothing is to do, as far as it could be read. */
  isUpToDate: boolean
  ledger: {
    exists: boolean
    lastMigration: string | null
    pendingMigrations: { name: string; text: string }[]
    unknownMigrations: string[]
    canGoBack: boolean
  }
  destinations: DestinationUpgrade[]
  /** One line each; null if there is no server to ask. */
  schedule: string[] | null
  searchAttributes: string[] | null
  temporalError: string | null
}

interface DestinationUpgrade {
  destination: string
  /** One line each; null if it could not be read. */
  changes: string[] | null
  /** Its keys or tokens are not set here. */
  lacksSecrets: boolean
  error: { code: string; message: string } | null
}

/** Of a folder, a connector that cannot be read hides no other. */
export type SeenUpgrade = Upgrade | { connector: string; error: { code: string; message: string } }

/**
 * Reads what the installed version changes for each connector of a config file, or of a folder of them. Changes nothing.
 *
 * @throws ConnectorError CONFIG_INVALID; LEDGER_UNAVAILABLE if there is only a file
 */
export async function readUpgrades(path: string, environment: Environment): Promise<SeenUpgrade[]> {
  const served = loadConfigs(path, environment, { mayLackSecrets: true })
  await using opened = new AsyncClosingStack()
  // The calls to vendors are few, and counting them in the ledger would change it.
  const pacing = await openLedger(':memory:')
  opened.defer(() => pacing.destroy())
  const reader: Reader = {
    environment,
    deps: { pacer: ledgerPacer(pacing, Date.now), onlyReads: true },
    temporal: await readTemporal(served),
  }
  const seen: SeenUpgrade[] = []
  for (const [index, config] of served.configs.entries()) {
    const file = served.files[index] ?? path
    const upgrade = readUpgrade(config, file, reader)
    seen.push(await (file === path ? upgrade : upgrade.catch((error: unknown) => unread(config, error))))
  }
  return seen
}

function unread({ connector }: Config, error: unknown): SeenUpgrade {
  if (lineOf(error) === null) throw error
  return { connector, ...errorObject(error) }
}

interface Reader {
  environment: Environment
  deps: VendorDeps
  temporal: ReadTemporal
}

async function readUpgrade(
  config: Config,
  file: string,
  { environment, deps, temporal }: Reader,
): Promise<Upgrade> {
  const ledger = await readLedger(config)
  const destinations: DestinationUpgrade[] = []
  for (const name of Object.keys(config.destinations)) {
    const needed = [`destinations.${name}`]
    const load = () => loadConfig(file, environment, { mayLackSecrets: true, needed })
    destinations.push(await readDestination(name, load, deps))
  }
  return upgradeOf(config.connector, ledger, destinations, temporal)
}

async function readLedger({ ledger: { location } }: Config): Promise<Upgrade['ledger']> {
  const { exists, last, pending, unknown } = await readLedgerVersion(location)
  // A new ledger is created at once as this version has it.
  const pendingMigrations = exists ? pending.map((name) => ({ name, text: migrationTexts[name] })) : []
  return {
    exists,
    lastMigration: last,
    pendingMigrations,
    unknownMigrations: unknown,
    canGoBack: pendingMigrations.length === 0 && unknown.length === 0,
  }
}

async function readDestination(
  name: string,
  load: () => Config,
  deps: VendorDeps,
): Promise<DestinationUpgrade> {
  const notRead = (error: unknown, lacksSecrets: boolean): DestinationUpgrade => {
    if (!(error instanceof ConnectorError)) throw error
    const { code, message } = error
    return {
      destination: name,
      changes: null,
      lacksSecrets,
      error: { code, message: withoutRetries(message) },
    }
  }
  let config: Config
  try {
    config = load()
  } catch (error) {
    return notRead(error, true)
  }
  const settings = config.destinations[name]
  if (settings === undefined) throw new Error(`${name} has left the config file`)
  const destination = await vendorOf(settings).open(name, settings, deps)
  try {
    return { destination: name, changes: await destination.plan(), lacksSecrets: false, error: null }
  } catch (error) {
    return notRead(error, false)
  } finally {
    await destination.close()
  }
}

interface ReadTemporal {
  schedules: ReadonlyMap<string, string[]> | null
  searchAttributes: string[] | null
  error: string | null
}

async function readTemporal(served: Served): Promise<ReadTemporal> {
  await using opened = new AsyncClosingStack()
  try {
    const plan = await openTemporalPlan(served, opened)
    if (plan === null) return { schedules: null, searchAttributes: null, error: null }
    return { schedules: plan.schedules, searchAttributes: plan.searchAttributes, error: null }
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error
    return { schedules: null, searchAttributes: null, error: error.message }
  }
}

function upgradeOf(
  connector: string,
  ledger: Upgrade['ledger'],
  destinations: DestinationUpgrade[],
  { schedules, searchAttributes, error }: ReadTemporal,
): Upgrade {
  const changes = { ledger, destinations, schedule: schedules?.get(connector) ?? null, searchAttributes }
  const isRead = error === null && destinations.every((each) => each.error === null || each.lacksSecrets)
  return {
    connector,
    version: packageJson.version,
    isUpToDate: isRead && !isAnyChange(changes),
    ...changes,
    temporalError: error,
  }
}

/** Whether anything is to do, as far as it could be read. */
export function isAnyChange({
  ledger,
  destinations,
  schedule,
  searchAttributes,
}: Pick<Upgrade, 'ledger' | 'destinations' | 'schedule' | 'searchAttributes'>): boolean {
  const lists = [
    ledger.pendingMigrations,
    ledger.unknownMigrations,
    destinations.flatMap(({ changes }) => changes ?? []),
    schedule ?? [],
    searchAttributes ?? [],
  ]
  return !ledger.exists || lists.some((list) => list.length > 0)
}

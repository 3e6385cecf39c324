import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isPostgresUrl } from '../ledger/base/is-postgres-url.ts'
import { vendorOf } from '../destinations/vendors.ts'
import { isLoopback } from '../config/values/web-url.ts'
import type { Config } from '../config/schema.ts'

/**
 * Returns a line for each risk: files that other users of this machine may open, and databases whose connection others may
 * read. Somebody may have chosen it, so qrsync continues.
 */
export async function describeRisks(
  configs: readonly Config[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string[]> {
  const files = await Promise.all([...new Set(configs.flatMap(filesOf))].map(describeFile))
  const connections = configs
    .flatMap(databasesOf)
    .map((database) => describeConnection(database, environment))
  return [...new Set([...files, ...connections])].filter((line) => line !== null)
}

function filesOf({ ledger, destinations }: Config): string[] {
  const { location, folder } = ledger
  const own = isPostgresUrl(location) ? [] : [location]
  const ofDestinations = Object.values(destinations).flatMap((settings) => {
    const values = settings as unknown as Record<string, unknown>
    return (vendorOf(settings).paths ?? [])
      .map((name) => values[name])
      .filter((path) => typeof path === 'string')
  })
  return [...own, join(folder, 'temporal.sqlite'), ...ofDestinations]
}

/** Permissions of everybody but the owner. */
const others = 0o077

/** qrsync makes all files for its user only, and leaves one that is there as it is. */
async function describeFile(file: string): Promise<string | null> {
  // Windows has no such permissions; Node shows all files as open.
  if (process.platform === 'win32') return null
  const mode = await stat(file).then(
    (found) => found.mode & 0o777,
    () => 0,
  )
  if ((mode & others) === 0) return null
  const permissions = mode.toString(8).padStart(4, '0')
  return `${file}: other users of this machine may open it (${permissions}). If they should not: chmod 600 ${file}`
}

interface Database {
  setting: string
  url: string
  /** Whether `require` and `prefer` mean what they mean in psql: encrypted, and the certificate is not checked. */
  readsAsLibpq: boolean
}

function databasesOf({ ledger, destinations }: Config): Database[] {
  const own = { setting: 'ledger.url', url: ledger.location, readsAsLibpq: false }
  const ofDestinations = Object.entries(destinations).flatMap(([name, settings]) =>
    Object.entries(settings).flatMap(([key, url]: [string, unknown]) =>
      typeof url === 'string' ? [{ setting: `destinations.${name}.${key}`, url, readsAsLibpq: true }] : [],
    ),
  )
  return [own, ...ofDestinations].filter(({ url }) => isPostgresUrl(url))
}

const use = 'Add sslmode=verify-full to the URL'

/** Nothing is said of `sslmode=disable`: somebody has chosen that. */
function describeConnection(
  { setting, url, readsAsLibpq }: Database,
  environment: NodeJS.ProcessEnv,
): string | null {
  const { hostname, searchParams } = new URL(url)
  // An empty host, or a path as its parameter, is a socket on this machine.
  const host = searchParams.get('host') ?? decodeURIComponent(hostname)
  if (host === '' || host.startsWith('/') || isLoopback(host)) return null
  const mode = searchParams.get('sslmode') ?? environment['PGSSLMODE']
  if (mode === undefined && searchParams.get('ssl') !== 'true') {
    return `${setting}: the connection to ${host} is not encrypted. ${use}, or sslmode=disable if nobody else can read this network`
  }
  const isUnchecked = mode === 'no-verify' || (readsAsLibpq && mode !== undefined && uncheckedModes.has(mode))
  return isUnchecked && !searchParams.has('sslrootcert')
    ? `${setting}: the connection to ${host} is encrypted, but the server's certificate is not checked. ${use}`
    : null
}

const uncheckedModes = new Set(['allow', 'prefer', 'require'])

import { dirname, resolve } from 'node:path'
import type { z } from 'zod'
import { openConfigFile, reasonOf, type ConfigFile } from './config-file.ts'
import { cleartextIssues } from './cleartext.ts'
import { configInvalid } from './config-invalid.ts'
import { bringPackages } from './bring-packages.ts'
import { destinationsWithBrought, withAbsolutePaths } from './destinations.ts'
import { environmentOf } from './environment-of.ts'
import { defaultMessage, describeIssue } from './describe-issue.ts'
import { configJsonSchema } from './json-schema.ts'
import { resolveReferences, type Environment } from './references.ts'
import { shortestToken } from './settings/page-settings.ts'
import { shortestSalt } from './settings/privacy-settings.ts'
import { vendors } from '../destinations/vendors.ts'
import { defaultPath } from './settings/ledger-settings.ts'
import { configSchema, type Config, type LedgerPlace } from './schema.ts'

/**
 * Reads a config file. Replaces `${NAME}` in its values from the environment or the `.env` beside the file, and
 * `${file:PATH}` from a file, and makes paths absolute.
 *
 * @param options.mayLackSecrets for commands that use neither the API nor a destination: keys and tokens may be
 *   missing
 * @throws ConnectorError CONFIG_INVALID that names file, line and path of every mistake
 */
export function loadConfig(path: string, environment: Environment, options: ReadOptions = {}): Config {
  return readConfig(openConfigFile(path), environmentOf(path, environment), options)
}

export interface ReadOptions {
  mayLackSecrets?: boolean
  /** Settings, or sections of them, whose keys and tokens must be set nevertheless. */
  needed?: readonly string[]
}

/** Does the same for an open file, or for a config that a program passes instead of one. */
export function readConfig(
  file: ConfigFile,
  environment: Environment,
  { mayLackSecrets = false, needed = [] }: ReadOptions = {},
): Config {
  const origins = resolveReferences(file, environment, (path) => {
    const isNeeded = needed.some((setting) => `${path.join('.')}.`.startsWith(`${setting}.`))
    return mayLackSecrets && !isNeeded ? standInFor(path) : null
  })
  const content = contentOf(file)
  bringPackages(file, content)
  const schema = configSchema.extend({ destinations: destinationsWithBrought() })
  const parsed = schema.safeParse(content, { reportInput: true, error: defaultMessage })
  const issues = parsed.success ? cleartextIssues(parsed.data) : parsed.error.issues
  if (parsed.success && issues.length === 0) return inFolder(parsed.data, dirname(resolve(file.path)))
  const described = { file, origins, content, schema: configJsonSchema(schema) }
  throw configInvalid(issues.map((issue) => describeIssue(described, issue)).join('\n'))
}

function contentOf({ path, document }: ConfigFile): unknown {
  try {
    return document.toJS()
  } catch (error) {
    // Aliases and merges are only checked here, and their errors have no position.
    throw configInvalid(`${path}: ${reasonOf(error)}`)
  }
}

type ConfigFileContent = z.output<typeof configSchema>

/** Makes relative paths of a config start at `folder`. */
function inFolder(config: ConfigFileContent, folder: string): Config {
  return {
    ...config,
    ledger: placeIn(config.ledger, folder),
    destinations: Object.fromEntries(
      Object.entries(config.destinations).map(([name, destination]) => [
        name,
        withAbsolutePaths(destination, folder),
      ]),
    ),
  }
}

/** Returns the location of a config file's ledger. */
export const placeOf = (ledger: ConfigFileContent['ledger'], configPath: string): LedgerPlace =>
  placeIn(ledger, dirname(resolve(configPath)))

function placeIn({ path, url, keep }: ConfigFileContent['ledger'], folder: string): LedgerPlace {
  const keepCallsMs = keep?.calls
  const kept = keepCallsMs === undefined ? {} : { keepCallsMs }
  if (url !== undefined) return { location: url, folder: resolve(folder, '.qrsync'), ...kept }
  const location = resolve(folder, path ?? defaultPath)
  return { location, folder: dirname(location), ...kept }
}

const nowhere = 'https://not-set.invalid'

const standIns: ReadonlyMap<string, string> = new Map([
  ['source.url', nowhere],
  ['source.key', `qrs_${'0'.repeat(64)}`],
  ['privacy.salt', '0'.repeat(shortestSalt)],
  ['observability.webhook', nowhere],
  ['observability.page.token', '0'.repeat(shortestToken)],
  ['alerts.slack.webhook', nowhere],
  ['alerts.teams.webhook', nowhere],
  ['alerts.webhook.webhook', nowhere],
  ['alerts.webhook.secret', `whsec_${Buffer.alloc(24).toString('base64')}`],
  ['alerts.pagerduty.routing_key', '0'.repeat(32)],
  ['alerts.email.smtp', 'smtp://not-set.invalid'],
])

/** Without packages: their secrets have to be set. */
const ofDestinations: ReadonlyMap<unknown, string> = new Map(
  vendors.flatMap(({ standIns: own = {} }) => Object.entries(own)),
)

/**
 * Returns a valid value that replaces a secret which a command does not use. Null for settings that every
 * command uses.
 */
function standInFor(path: readonly unknown[]): string | null {
  const [section, , setting, ...inner] = path
  if (section === 'destinations') return inner.length === 0 ? (ofDestinations.get(setting) ?? null) : null
  return standIns.get(path.join('.')) ?? null
}

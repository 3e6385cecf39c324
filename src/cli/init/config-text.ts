import { stringify } from 'yaml'
import type { GivenSettings } from '../../destinations/vendor.ts'
import { referenceTo, type Answers, type SecretVariables } from './answers.ts'

/**
 * Returns the config file for the answers, without any secret.
 *
 * @param schema path of qrsync.schema.json from the file's folder
 */
export function configText(
  { connector, api, destinations, variables }: Omit<Answers, 'typed'>,
  schema: string,
): string {
  const written = Object.fromEntries(
    Object.entries(destinations).map(([name, settings]) => [
      name,
      withoutSecrets(settings, variables[name] ?? {}),
    ]),
  )
  return `# yaml-language-server: $schema=${schema}
# What qrsync reads, where it puts it, and how many calls it may make. All settings: docs/configuration.md of qrsync.
# \${NAME} is replaced from the environment or from .env beside this file, \${file:PATH} from a file: never write keys and tokens into this file.

# Part of every name in the Temporal UI and of every row in the ledger: do not change it.
${stringify({ connector })}
source:
${api === null ? '' : `  url: ${api}\n`}  key: \${QRCS_API_KEY}

# Where rows go. You can add a destination at any time: qrsync fills it from the ledger, without a call.
${stringify({ destinations: written })}
# The longest time between planner runs. The planner decides what to fetch, and when: see "qrsync plan".
schedule:
  every: 15m

# The share of the account's monthly calls that qrsync may make, and the part of it that is reserved for manual syncs.
budget:
  share: 100%
  spare: 5%

# Codes with special rules; the first entry that matches applies.
# codes:
#   - match: Summer *
#     freshness: 15m

# Scan data that qrsync never stores, neither in the ledger nor in any destination.
# privacy:
#   drop: [referrer, city]
`
}

function withoutSecrets(settings: GivenSettings, variables: SecretVariables): GivenSettings {
  const written = { ...settings }
  for (const [setting, variable] of Object.entries(variables)) {
    if (setting in written) written[setting] = referenceTo(variable)
  }
  return written
}

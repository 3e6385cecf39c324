import { stringify } from 'yaml'
import type { GivenSettings } from '../../destinations/vendor.ts'
import { secretsOf, type Answers } from './answers.ts'

/**
 * The config file that answers come to: no secret stands in it.
 *
 * @param schema path of qrsync.schema.json from the file's folder
 */
export function configText({ connector, hasOwnApi, destinations }: Answers, schema: string): string {
  const written = Object.fromEntries(
    Object.entries(destinations).map(([name, settings]) => [name, withoutSecrets(settings)]),
  )
  return `# yaml-language-server: $schema=${schema}
# What qrsync reads, where it puts it, and how many calls it may make. All settings: docs/configuration.md of qrsync.
# \${NAME} is taken from the environment, \${file:PATH} from a file: keys and tokens have no place here.

# Part of every name in the Temporal UI and of every row in the ledger: it stays as it is.
${stringify({ connector })}
source:
${hasOwnApi ? '  url: ${QRCS_API_URL}\n' : ''}  key: \${QRCS_API_KEY}

# Where rows go. One more can be added at any time: it is filled from the ledger, and costs no call.
${stringify({ destinations: written })}
# How often the planner is woken. When to call, and for what, it decides itself: "qrsync plan" tells.
schedule:
  every: 15m

# Of the account's calls in a month, those that qrsync may make, and the part of them that is kept for people.
budget:
  share: 100%
  spare: 5%

# Codes that are other than the rest; the first entry that matches counts.
# codes:
#   - match: Summer *
#     freshness: 15m

# What of a scan is never kept, neither here nor in any destination.
# privacy:
#   drop: [referrer, city]
`
}

function withoutSecrets(settings: GivenSettings): GivenSettings {
  const written = { ...settings }
  for (const [setting, variable] of Object.entries(secretsOf(settings))) {
    if (setting in written) written[setting] = `\${${variable}}`
  }
  return written
}

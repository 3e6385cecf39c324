/** A mistake that somebody makes in the first hour. */
export interface BadInput {
  /** The mistake, as a heading of docs/messages.md. */
  mistake: string
  /** The command line; by default `check`. */
  words?: string
  /** The whole config file; null for none. By default a valid one. */
  config?: string | null
  environment?: Record<string, string | undefined>
}

export const key = `qrs_${'0123456789abcdef'.repeat(4)}`

const source = 'source:\n  key: ${QRCS_API_KEY}\n'
const duckdb = 'destinations:\n  warehouse:\n    type: duckdb\n    path: qr-codes.duckdb\n'
export const goodConfig = `connector: acme\n${source}${duckdb}`
const withSource = (lines: string) => `connector: acme\nsource:\n  key: \${QRCS_API_KEY}\n${lines}\n${duckdb}`
const withDestination = (lines: string) => `connector: acme\n${source}destinations:\n${lines}\n`
const and = (lines: string) => `${goodConfig}${lines}\n`

const commandLines: readonly BadInput[] = [
  { mistake: 'An unknown command', words: 'stauts' },
  { mistake: 'An unknown option', words: 'status --confg acme.yaml' },
  { mistake: 'An option without its value', words: 'status --config' },
  { mistake: 'A command without its argument', words: 'explain' },
  { mistake: 'One argument too many', words: 'status acme' },
  { mistake: 'A required option is missing', words: 'export' },
  { mistake: 'A reader that no page is for', words: 'report --for boss' },
  { mistake: 'A number that is none', words: 'logs --limit many' },
  { mistake: 'A day that does not exist', words: 'resync --code 8f14e45f --from 2026-02-30 --to 2026-03-07' },
  {
    mistake: 'The last day is before the first',
    words: 'resync --code 8f14e45f --from 2026-03-07 --to 2026-03-01',
  },
  { mistake: 'A test of alerts without a channel', words: 'alerts test' },
  { mistake: 'A folder of connectors, and no name', words: 'usage --config .', config: null },
]

const files: readonly BadInput[] = [
  { mistake: 'No config file', config: null },
  { mistake: 'A config file at another path', words: 'check --config acme.yml' },
  { mistake: 'An empty config file', config: '' },
  { mistake: 'A tab in the YAML', config: 'connector: acme\nsource:\n\tkey: ${QRCS_API_KEY}\n' },
  { mistake: 'The same setting twice', config: and('connector: acme') },
  { mistake: 'A list instead of settings', config: '- connector: acme\n' },
  { mistake: 'An empty text', config: and(`temporal:\n  address: localhost:7233\n  namespace: ''`) },
]

const settings: readonly BadInput[] = [
  { mistake: 'No name of the connector', config: `${source}${duckdb}` },
  { mistake: 'A space in the name of the connector', config: goodConfig.replace('acme', 'my shop') },
  { mistake: 'A misspelled section', config: goodConfig.replace('destinations:', 'destination:') },
  { mistake: 'A misspelled setting', config: goodConfig.replace('path:', 'paht:') },
  { mistake: 'A setting of another section', config: and('every: 15m') },
  {
    mistake: 'A URL under the name of another vendor',
    config: withDestination('  warehouse:\n    type: postgres\n    url: postgres://db/acme'),
  },
  { mistake: 'No API key', config: `connector: acme\nsource: {}\n${duckdb}` },
  { mistake: 'A variable that is not set', environment: { QRCS_API_KEY: undefined } },
  { mistake: 'A variable with another name', environment: { QRCS_API_KEY: undefined, QRCS_APIKEY: key } },
  { mistake: 'A key that is cut off', environment: { QRCS_API_KEY: key.slice(0, 40) } },
  {
    mistake: 'A file of a secret that does not exist',
    config: goodConfig.replace('${QRCS_API_KEY}', '${file:/run/secrets/qrcs}'),
  },
  { mistake: 'An address without https', config: withSource('  url: qrcodestack.com/api/v1') },
  {
    mistake: 'An address that sends the key in cleartext',
    config: withSource('  url: http://api.example.com'),
  },
  {
    mistake: 'A name and a password in the address',
    config: withSource('  url: https://me:secret@api.example.com'),
  },
  { mistake: 'A plan that does not exist', config: withSource('  plan: platinum') },
  { mistake: 'No destination', config: `connector: acme\n${source}destinations: {}\n` },
  {
    mistake: 'A type of destination that does not exist',
    config: goodConfig.replace('duckdb\n', 'duckdbb\n'),
  },
  {
    mistake: 'No type of the destination',
    config: withDestination('  warehouse:\n    path: qr-codes.duckdb'),
  },
  { mistake: 'HubSpot without a token', config: withDestination('  crm:\n    type: hubspot') },
  {
    mistake: 'BigQuery without a dataset',
    config: withDestination('  warehouse:\n    type: bigquery\n    project: acme-123'),
  },
  {
    mistake: 'PostgreSQL with the URL of MySQL',
    config: withDestination('  warehouse:\n    type: postgres\n    database_url: mysql://db/acme'),
  },
  { mistake: 'A time without a unit', config: and('schedule:\n  every: 15') },
  { mistake: 'A unit that does not exist', config: and('schedule:\n  every: 2 fortnights') },
  { mistake: 'A planner that runs each second', config: and('schedule:\n  every: 1s') },
  { mistake: 'A wrong cron expression', config: and('schedule:\n  cron: every morning') },
  { mistake: 'A share above one', config: and('budget:\n  share: 80') },
  { mistake: 'A text instead of true or false', config: and('analytics: maybe') },
  { mistake: 'A freshness without a unit', config: and('codes:\n  - match: Poster*\n    freshness: 15') },
  { mistake: 'A priority of zero', config: and('codes:\n  - match: Poster*\n    priority: 0') },
  { mistake: 'A field that scans do not have', config: and('privacy:\n  drop: [ip_address]') },
  { mistake: 'A hash without a salt', config: and('privacy:\n  hash: [referrer]') },
  { mistake: 'An address of Temporal with http', config: and('temporal:\n  address: http://localhost:7233') },
  { mistake: 'A page that everybody can read', config: and('observability:\n  page:\n    host: 0.0.0.0') },
  {
    mistake: 'An address of Slack that is none',
    config: and('alerts:\n  slack:\n    webhook: acme.slack.com'),
  },
]

export const badInputs = [...commandLines, ...files, ...settings]

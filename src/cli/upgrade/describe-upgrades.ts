import { withVisibleText } from '../../model/visible-text.ts'
import { count } from '../views/format.ts'
import { isAnyChange, type SeenUpgrade, type Upgrade } from './read-upgrades.ts'

/** Says in words what the installed version changes, what cannot be read, and whether a way back remains. */
export function describeUpgrades(upgrades: readonly SeenUpgrade[]): string {
  const isFolder = upgrades.length > 1
  return upgrades.flatMap((each) => linesOf(each, isFolder)).join('\n')
}

function linesOf(each: SeenUpgrade, isFolder: boolean): string[] {
  const prefix = isFolder ? `${each.connector}, ` : ''
  if (!('ledger' in each)) return [`${each.connector}: ${each.error.code}: ${each.error.message}`]
  const { version, ledger, destinations, schedule, searchAttributes, temporalError } = withVisibleText(each)
  return [
    ...ledgerLines(ledger, version).map((line, index) => (index === 0 ? prefix + line : line)),
    ...destinations.flatMap((one) => destinationLines(one, prefix)),
    ...temporalLines({ schedule, searchAttributes, temporalError }, prefix),
    prefix + conclusion(each),
  ]
}

function ledgerLines(ledger: Upgrade['ledger'], version: string): string[] {
  const { exists, lastMigration, pendingMigrations, unknownMigrations } = ledger
  if (!exists) return ['ledger: there is none yet; the first start creates it']
  const at = `ledger: its last migration is ${lastMigration ?? 'not known'}`
  if (unknownMigrations.length > 0) {
    return [
      `${at}; qrsync ${version} refuses it, because a newer version has run ${unknownMigrations.join(', ')}`,
    ]
  }
  if (pendingMigrations.length === 0) return [`${at}; nothing to change, so you can go back`]
  const what = count(pendingMigrations.length, 'migration')
  return [
    `${at}; the first command of qrsync ${version} that opens it runs ${what}, and you cannot go back without a copy of it`,
    ...pendingMigrations.map(({ name, text }) => `  ${name}: ${text}`),
  ]
}

function destinationLines(
  { destination, changes, lacksSecrets, error }: Upgrade['destinations'][number],
  prefix: string,
): string[] {
  if (changes !== null) return group(`${prefix}${destination}`, changes)
  const { code, message } = error ?? { code: '', message: '' }
  const why = lacksSecrets ? `, because its secrets are not set here: ${message}` : `: ${code}: ${message}`
  return [`${prefix}${destination}: not read${why}`]
}

function temporalLines(
  {
    schedule,
    searchAttributes,
    temporalError,
  }: Pick<Upgrade, 'schedule' | 'searchAttributes' | 'temporalError'>,
  prefix: string,
): string[] {
  if (temporalError !== null) return [`${prefix}Temporal: not read: ${temporalError}`]
  if (schedule === null) return [`${prefix}Temporal: not read, because no server is running or configured`]
  return [...group(`${prefix}Schedule`, schedule), ...group(`${prefix}Temporal`, searchAttributes ?? [])]
}

const group = (name: string, changes: readonly string[]) => [
  `${name}: ${changes.length === 0 ? 'nothing to change' : 'to change'}`,
  ...changes.map((change) => `  ${change}`),
]

function conclusion(upgrade: Upgrade): string {
  const { ledger, version } = upgrade
  if (ledger.unknownMigrations.length > 0) {
    return 'Nothing was changed. Use the newer version, or a copy of the ledger from before it.'
  }
  if (!isAnyChange(upgrade)) {
    return `Nothing is to do for qrsync ${version}${isAllRead(upgrade) ? '' : ', as far as it was read'}.`
  }
  const copy =
    ledger.pendingMigrations.length > 0 ? 'stop every worker, keep a copy of the ledger, then ' : ''
  return `Nothing was changed. To upgrade to qrsync ${version}: ${copy}run "qrsync apply" and start the workers (docs/deploying.md).`
}

const isAllRead = ({ destinations, schedule }: Upgrade) =>
  schedule !== null && destinations.every(({ changes }) => changes !== null)

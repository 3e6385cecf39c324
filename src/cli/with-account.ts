import { loadConfig } from '../config/load-config.ts'
import type { Config } from '../config/schema.ts'
import type { ConnectorState } from '../ledger/connector/connector-state.ts'
import { findConnector } from '../ledger/connector/find-connector.ts'
import { hasLedger, openLedger } from '../ledger/base/open-ledger.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { ConnectorError } from '../model/connector-error.ts'
import { printAside } from './print.ts'
import { NoAnswer, withoutRetries } from './run-to-exit.ts'

export interface KnownAccount {
  config: Config
  ledger: Ledger
  state: ConnectorState
}

/**
 * For commands that use neither the API nor a destination: passes what the ledger of a config file knows about
 * its connector, whether `up` runs or not. They need no key and no token, and create neither a ledger nor a
 * connector.
 *
 * @throws NoAnswer, ConnectorError CONFIG_INVALID, LEDGER_UNAVAILABLE
 */
export function withAccount(
  configFile: string,
  look: (account: KnownAccount) => Promise<void>,
): Promise<void> {
  return openAccount(loadConfig(configFile, process.env, { mayLackSecrets: true }), look)
}

/** The same for commands that also use the API or a destination. */
export function withAccountAndSecrets(
  configFile: string,
  look: (account: KnownAccount) => Promise<void>,
): Promise<void> {
  return openAccount(loadConfig(configFile, process.env), look)
}

/**
 * For commands that also work without a ledger.
 *
 * @param look gets null if there is no ledger, if it does not know this connector, or if it cannot be opened now, which stderr reports
 */
export async function withLedgerIfAny<T>(
  { connector, ledger: { location } }: Config,
  look: (ledger: Ledger | null) => Promise<T>,
): Promise<T> {
  if (!hasLedger(location)) return look(null)
  const ledger = await openLedger(location).catch((error: unknown) => {
    if (!(error instanceof ConnectorError)) throw error
    printAside(`${error.code}: ${withoutRetries(error.message)} qrsync continues without it.`)
    return null
  })
  if (ledger === null) return look(null)
  try {
    return await look((await findConnector(ledger, connector)) === null ? null : ledger)
  } finally {
    await ledger.destroy()
  }
}

/** The same for a config that was read already. */
export async function openAccount(
  config: Config,
  look: (account: KnownAccount) => Promise<void>,
): Promise<void> {
  const { location } = config.ledger
  if (!hasLedger(location)) {
    throw new NoAnswer(`There is no ledger at ${location} yet: run "qrsync up" first.`)
  }
  const ledger = await openLedger(location)
  try {
    const state = await findConnector(ledger, config.connector)
    if (state === null) {
      throw new NoAnswer(
        `The ledger does not know the connector ${config.connector} yet: run "qrsync up" first.`,
      )
    }
    await look({ config, ledger, state })
  } finally {
    await ledger.destroy()
  }
}

/** Before the first sync, the account's codes are unknown. */
export function mustBeSynced({ config: { connector }, state }: KnownAccount): void {
  if (state.connected_at_ms === null) {
    throw new NoAnswer(`The ledger has no codes of ${connector} yet: run "qrsync up" first.`)
  }
}

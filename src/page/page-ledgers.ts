import { hasLedger, openLedger } from '../ledger/base/open-ledger.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import type { ConnectorState } from '../ledger/connector/connector-state.ts'
import { findConnector } from '../ledger/connector/find-connector.ts'
import { ConnectorError } from '../model/connector-error.ts'
import type { PageConnector } from './page-contract.ts'

/**
 * The ledgers that pages read, by location. They have their own connections, so that a slow query does not
 * delay a worker.
 */
export class PageLedgers {
  readonly #open = new Map<string, Promise<Ledger>>()

  /** @throws ConnectorError LEDGER_UNAVAILABLE */
  async open(location: string): Promise<Ledger> {
    // A deleted file would still be read, or created again.
    if (!hasLedger(location)) {
      await this.#close(location)
      throw new ConnectorError('LEDGER_UNAVAILABLE', `The ledger ${location} is not there any more.`, {
        retry: 'never',
      })
    }
    let opening = this.#open.get(location)
    if (opening === undefined) {
      opening = openLedger(location)
      this.#open.set(location, opening)
      opening.catch(() => this.#open.delete(location))
    }
    return opening
  }

  /** Returns the connector's current state; null if the ledger does not know it yet. */
  async find({
    connector,
    location,
  }: PageConnector): Promise<{ ledger: Ledger; state: ConnectorState } | null> {
    const ledger = await this.open(location)
    const state = await findConnector(ledger, connector)
    return state === null ? null : { ledger, state }
  }

  async #close(location: string): Promise<void> {
    const opening = this.#open.get(location)
    this.#open.delete(location)
    await opening?.then((ledger) => ledger.destroy()).catch(() => undefined)
  }

  async close(): Promise<void> {
    for (const location of [...this.#open.keys()]) await this.#close(location)
  }
}

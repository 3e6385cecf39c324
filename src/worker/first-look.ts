import { CallsSpent } from '../../activities/sync/calls-spent.ts'
import { holdLease } from '../../activities/sync/hold-lease.ts'
import { askForAccount } from '../../activities/sync/identify.ts'
import { refreshCatalogue } from '../../activities/sync/refresh-catalogue.ts'
import type { SliceResult } from '../../activities/contract.ts'
import type { Config } from '../config/schema.ts'
import { ensureConnector } from '../ledger/connector/connector-state.ts'
import { findConnector } from '../ledger/connector/find-connector.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import type { Account } from '../model/account.ts'
import { createSourceDeps } from './create-activity-deps.ts'
import { failAsTheApi } from './fail-as-the-api.ts'

/**
 * Fetches what a forecast needs of an account that was never synced: the account, and its list of codes. It
 * lands, so the first sync need not fetch it again.
 *
 * @throws ConnectorError of the API
 */
export async function firstLook(config: Config, ledger: Ledger): Promise<SliceResult> {
  await ensureConnector(ledger, config.connector)
  const deps = await createSourceDeps(config, ledger)
  const { signal } = new AbortController()
  let calls = 0
  try {
    for (;;) {
      const slice = await holdLease(deps, { signal, isManual: true }, (held) => refreshCatalogue(deps, held))
      calls += slice.calls
      if (slice.wait?.reason === 'outage' || slice.wait?.reason === 'failures') await failAsTheApi(deps)
      if (slice.wait?.reason !== 'minute') return { ...slice, calls }
      await deps.clock.sleep(Math.max(slice.wait.untilMs - deps.clock.now(), 1))
    }
  } finally {
    await deps.api.close()
  }
}

/**
 * Requests from the API whose key it is: one call, or none if the API rejects the key or does not answer. A
 * ledger that knows the connector counts the call.
 *
 * @returns null if no call may be made now: the API asked for a pause, or the calls are spent
 * @throws ConnectorError of the API
 */
export async function checkSource(config: Config, ledger: Ledger): Promise<Account | null> {
  const deps = await createSourceDeps(config, ledger)
  try {
    const isKnown = (await findConnector(ledger, config.connector)) !== null
    return await (isKnown ? askForAccount(deps) : deps.api.me())
  } catch (error) {
    if (error instanceof CallsSpent) return null
    throw error
  } finally {
    await deps.api.close()
  }
}

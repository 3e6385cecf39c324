import { CallsSpent } from '../../activities/sync/calls-spent.ts'
import { meteredCall } from '../../activities/sync/metered-call.ts'
import { noObserver } from '../../activities/observer.ts'
import type { Config } from '../config/schema.ts'
import { openLedgerClock } from '../ledger/base/ledger-clock.ts'
import { landAccount } from '../ledger/connector/land-account.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import type { Account } from '../model/account.ts'
import { createActivityDeps } from './create-activity-deps.ts'

const purpose = { endpoint: 'GET /me', purpose: 'identify', keptBack: 0 } as const

/**
 * Asks the API whose key it is: one call, or none if the API rejects the key or does not answer.
 *
 * @param isKnown whether the ledger knows the connector: then the call is counted there
 * @returns null where no call may be made now: the API asked for a pause, or the calls are used up
 * @throws ConnectorError of the API
 */
export async function checkSource(config: Config, ledger: Ledger, isKnown: boolean): Promise<Account | null> {
  // Nothing is delivered, so neither Temporal nor a destination is asked for.
  const place = Promise.withResolvers<never>().promise
  const now = await openLedgerClock(ledger)
  const parts = { ledger, now, destinations: new Map(), observer: noObserver }
  const deps = createActivityDeps(config, parts, place)
  try {
    if (!isKnown) return await deps.api.me()
    const { call, answer: account } = await meteredCall(deps, purpose, () => deps.api.me())
    const answeredMs = now() - (deps.api.clockSkewMs() ?? 0)
    const { keyFingerprint, heldPlan, callsPerMinute } = deps
    await landAccount(ledger, call, { account, answeredMs, keyFingerprint, heldPlan, callsPerMinute }, now())
    return account
  } catch (error) {
    if (error instanceof CallsSpent) return null
    throw error
  } finally {
    await deps.api.close()
  }
}

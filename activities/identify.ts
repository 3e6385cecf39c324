import { cadenceOf, type Cadence } from '../src/budget/cadence.ts'
import { readConnector, type ConnectorState } from '../src/ledger/connector-state.ts'
import { landAccount } from '../src/ledger/land-account.ts'
import type { ActivityDeps } from './deps.ts'
import { meteredCall } from './metered-call.ts'

/**
 * Asks who the key belongs to and what it may spend, unless that is known of late. The plan may have changed, and others may
 * have spent: both are seen here. It may use what is kept for people, for what it finds may be more calls.
 *
 * @returns the calls it took
 */
export async function identify(
  deps: ActivityDeps,
  everyMs: (state: ConnectorState) => number = (state) => cadence(state).identifyEveryMs,
): Promise<number> {
  const { ledger, connector, keyFingerprint, callsPerMinute, clock } = deps
  const state = await readConnector(ledger, connector)
  const knownSinceMs = state.key_fingerprint === keyFingerprint ? (state.identified_at_ms ?? 0) : 0
  if (clock.now() - knownSinceMs < everyMs(state)) return 0
  const purpose = { endpoint: 'GET /me', purpose: 'identify', keptBack: 0 } as const
  const { call, answer: account } = await meteredCall(deps, purpose, () => deps.api.me())
  await landAccount(ledger, call, { account, keyFingerprint, callsPerMinute }, clock.now())
  return 1
}

const cadence = (state: ConnectorState): Cadence => cadenceOf(state.calls_per_month, 1, 1)

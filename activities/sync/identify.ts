import { ourCalls } from '../../src/budget/allowance.ts'
import { cadenceOf, type Cadence } from '../../src/budget/cadence.ts'
import { minuteMs } from '../../src/model/durations.ts'
import { periodOf } from '../../src/budget/windows.ts'
import { readConnector, type ConnectorState } from '../../src/ledger/connector/connector-state.ts'
import type { Account } from '../../src/model/account.ts'
import { landAccount } from '../../src/ledger/connector/land-account.ts'
import { callSucceeded, isFailureOfTarget } from './call-target.ts'
import { CallsSpent } from './calls-spent.ts'
import type { ActivityDeps } from '../deps.ts'
import { meteredCall } from './metered-call.ts'

/** How far our clock may be ahead of the clock of an API that sends no time (the header Date). */
const usualSkewMs = minuteMs

/**
 * Requests /me, unless it was requested recently: whose key it is, and how many calls it may make. The plan may
 * have changed, and others may have made calls. It may use calls that are reserved for manual syncs, because
 * its answer may bring more. If it fails, the known account stays valid.
 *
 * @param everyMs how old the known account may be; without it, as old as the plan's calls allow
 * @returns the calls it made
 */
export async function identify(deps: ActivityDeps, everyMs?: number): Promise<number> {
  return identifyAs(deps, await readConnector(deps.ledger, deps.connector), everyMs)
}

/** @param state of the connector, which was just read */
export async function identifyAs(
  deps: ActivityDeps,
  state: ConnectorState,
  everyMs = cadenceOfShare(state, deps).identifyEveryMs,
): Promise<number> {
  const { keyFingerprint, clock } = deps
  const nowMs = clock.now()
  const identifiedMs = state.key_fingerprint === keyFingerprint ? (state.identified_at_ms ?? 0) : 0
  // An answer from another month, or by a clock that was ahead, says nothing about this month.
  const isOfThisMonth = identifiedMs >= periodOf(nowMs, state.month_resets_at_ms).startMs
  if (isOfThisMonth && Math.max(nowMs - identifiedMs, 0) < everyMs) return 0
  try {
    await askForAccount(deps)
    return 1
  } catch (error) {
    if (error instanceof CallsSpent && error.wait.reason === 'outage') return 0
    if (isFailureOfTarget(error)) return error.mayHaveArrived ? 1 : 0
    throw error
  }
}

/**
 * Requests /me with one call, and lands the answer.
 *
 * @throws CallsSpent, ConnectorError of the API
 */
export async function askForAccount(deps: ActivityDeps): Promise<Account> {
  const { ledger, keyFingerprint, heldPlan, callsPerMinute, clock } = deps
  const purpose = { endpoint: 'GET /me', purpose: 'identify', keptBack: 0 } as const
  const { call, answer: account } = await meteredCall(deps, purpose, () => deps.api.me())
  const answeredMs = clock.now() - (deps.api.clockSkewMs() ?? usualSkewMs)
  const identity = { account, answeredMs, keyFingerprint, heldPlan, callsPerMinute }
  await landAccount(ledger, call, identity, clock.now())
  await callSucceeded(deps, purpose, true)
  return account
}

const cadenceOfShare = (state: ConnectorState, { budget }: ActivityDeps): Cadence =>
  cadenceOf(ourCalls(state.calls_per_month, budget.share), 1, 1)

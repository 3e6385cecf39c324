import { periodOf } from '../budget/windows.ts'
import { describeClockSkew } from '../model/clock-skew.ts'
import { isAnythingFailing, readFailures } from '../ledger/failures/failures.ts'
import { readOutages } from '../ledger/failures/outages.ts'
import { readConnector, type ConnectorState } from '../ledger/connector/connector-state.ts'
import { readWaitingScans } from '../ledger/codes/waiting-scans.ts'
import { readMonth } from '../ledger/calls/months.ts'
import { countRejects } from '../ledger/deliveries/rejects.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { readTarget } from '../ledger/deliveries/targets.ts'

/** The state of a connector in a few numbers, for status, metrics and the Temporal UI. */
export async function readSyncStanding(ledger: Ledger, connector: string, nowMs: number) {
  return syncStandingOf(ledger, await readConnector(ledger, connector), nowMs)
}

/** @param state of the connector, which was just read */
export async function syncStandingOf(ledger: Ledger, state: ConnectorState, nowMs: number) {
  const { connector } = state
  const { calls } = await readMonth(ledger, connector, periodOf(nowMs, state.month_resets_at_ms).key)
  const { scans, sinceMs } = await readWaitingScans(ledger, connector)
  return {
    callsThisMonth: calls,
    callsPerMonth: state.calls_per_month,
    waitingScans: scans,
    waitingSinceMs: sinceMs,
    clock: describeClockSkew(state.clock_skew_ms),
    ...(await readFailingStanding(ledger, connector, nowMs)),
  }
}

async function readFailingStanding(ledger: Ledger, connector: string, nowMs: number) {
  if (!(await isAnythingFailing(ledger, connector))) return {}
  const failures = await readFailures(ledger, connector, nowMs)
  const outages = await readOutages(ledger, connector, nowMs)
  if (failures.length + outages.length === 0) return {}
  const codes = new Set(failures.filter(({ qrCodeId }) => qrCodeId !== '').map(({ qrCodeId }) => qrCodeId))
  const triesMs = [
    ...failures.map(({ retryAtMs }) => retryAtMs),
    ...outages.map(({ nextProbeMs }) => nextProbeMs),
  ]
  return {
    failing: {
      codes: codes.size,
      nextTryMs: Math.min(...triesMs),
      outages: outages.map(({ endpoint, sinceMs }) => ({ endpoint, sinceMs })),
    },
  }
}

export async function readDeliveryStanding(ledger: Ledger, connector: string, destination: string) {
  const key = { connector, destination }
  const target = await readTarget(ledger, key)
  const change =
    target?.before == null || target.changedAtMs === null
      ? {}
      : { changedTo: target.identity, changedFrom: target.before, changedAtMs: target.changedAtMs }
  return { refused: await countRejects(ledger, key), ...change }
}

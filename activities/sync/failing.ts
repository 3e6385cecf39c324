import {
  isAnythingFailing,
  readFailures,
  type Failure,
  type FailureTarget,
} from '../../src/ledger/failures/failures.ts'
import { forgetOldFailures } from '../../src/ledger/failures/worked-since.ts'
import { concerns } from '../../src/ledger/failures/outage-scope.ts'
import { readOutages, type Outage } from '../../src/ledger/failures/outages.ts'
import type { ActivityDeps } from '../deps.ts'

/** What fails now, and until when to make no call to it. */
export interface Failing {
  failures: readonly Failure[]
  outages: readonly Outage[]
  failureOf: (target: FailureTarget) => Failure | null
  /** The time (epoch ms) before which a call to a target is not worth making; 0 if it is worth making now. */
  heldUntilMs: (target: FailureTarget) => number
}

/** Reads what fails. First deletes failures whose target has worked since. */
export async function readFailing({
  ledger,
  connector,
  clock,
  syncId = null,
}: ActivityDeps): Promise<Failing> {
  const nowMs = clock.now()
  const isAny = await isAnythingFailing(ledger, connector)
  let failures = isAny ? await readFailures(ledger, connector, nowMs) : []
  const isTriedAgain = failures.some(({ qrCodeId, retryAtMs }) => qrCodeId !== '' && retryAtMs <= nowMs)
  if (isTriedAgain && (await forgetOldFailures(ledger, connector, nowMs))) {
    failures = await readFailures(ledger, connector, nowMs)
  }
  const outages = isAny ? await readOutages(ledger, connector, nowMs) : []
  const byTarget = new Map(failures.map((failure) => [keyOf(failure), failure]))
  const failureOf = (target: FailureTarget) => byTarget.get(keyOf(target)) ?? null
  return {
    failures,
    outages,
    failureOf,
    heldUntilMs(target) {
      const failure = failureOf(target)
      const standing = outages.filter((outage) => concerns(outage, target))
      // A manual sync may check at once. `takeTurn` decides whether it has already done so.
      const outageMs = syncId === null ? Math.max(0, ...standing.map(({ nextProbeMs }) => nextProbeMs)) : 0
      if (failure === null) return outageMs
      // A failure that began during the outage has no backoff of its own.
      if (standing.some(({ firstFailedMs }) => failure.sinceMs >= firstFailedMs)) return outageMs
      return Math.max(outageMs, holdOf(failure, syncId))
    },
  }
}

/**
 * Returns until when to make no call to a failing target (epoch ms). A manual sync retries what failed before it once, whatever
 * its backoff. If a target fails for the first time in this sync, the sync retries it a second time: a short fault must not
 * leave a code incomplete.
 */
function holdOf({ retryAtMs, attempts, syncId: triedBy }: Failure, syncId: string | null): number {
  if (syncId === null) return retryAtMs
  if (triedBy !== syncId) return 0
  return attempts === 1 ? retryAtMs : Infinity
}

const keyOf = ({ endpoint, qrCodeId }: FailureTarget) => `${qrCodeId} ${endpoint}`

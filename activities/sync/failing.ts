import { readFailures, type Failure, type FailureTarget } from '../../src/ledger/failures/failures.ts'
import { forgetOldFailures } from '../../src/ledger/failures/worked-since.ts'
import { concerns } from '../../src/ledger/failures/outage-scope.ts'
import { readOutages, type Outage } from '../../src/ledger/failures/outages.ts'
import type { ActivityDeps } from '../deps.ts'

/** What fails at present, and how long to leave it alone. */
export interface Failing {
  failures: readonly Failure[]
  outages: readonly Outage[]
  failureOf: (target: FailureTarget) => Failure | null
  /** Epoch ms before which no call of a target is worth making; 0 where nothing speaks against one. */
  heldUntilMs: (target: FailureTarget) => number
}

/** Reads what fails. Failures whose target has worked since are forgotten first. */
export async function readFailing({
  ledger,
  connector,
  clock,
  syncId = null,
}: ActivityDeps): Promise<Failing> {
  const nowMs = clock.now()
  let failures = await readFailures(ledger, connector, nowMs)
  const isTriedAgain = failures.some(({ qrCodeId, retryAtMs }) => qrCodeId !== '' && retryAtMs <= nowMs)
  if (isTriedAgain && (await forgetOldFailures(ledger, connector, nowMs))) {
    failures = await readFailures(ledger, connector, nowMs)
  }
  const outages = await readOutages(ledger, connector, nowMs)
  const byTarget = new Map(failures.map((failure) => [keyOf(failure), failure]))
  const failureOf = (target: FailureTarget) => byTarget.get(keyOf(target)) ?? null
  return {
    failures,
    outages,
    failureOf,
    heldUntilMs(target) {
      const failure = failureOf(target)
      const standing = outages.filter((outage) => concerns(outage, target))
      // Whoever asks for a sync may look at once; whether it did, `takeTurn` knows.
      const outageMs = syncId === null ? Math.max(0, ...standing.map(({ nextProbeMs }) => nextProbeMs)) : 0
      if (failure === null) return outageMs
      // What failed of an outage has no pace of its own.
      if (standing.some(({ firstFailedMs }) => failure.sinceMs >= firstFailedMs)) return outageMs
      return Math.max(outageMs, holdOf(failure, syncId))
    },
  }
}

/**
 * A manual sync tries once what failed before it, whatever its backoff. What first fails in it, is tried a second time: a bad
 * second must not leave a code incomplete.
 */
function holdOf({ retryAtMs, attempts, syncId: triedBy }: Failure, syncId: string | null): number {
  if (syncId === null) return retryAtMs
  if (triedBy !== syncId) return 0
  return attempts === 1 ? retryAtMs : Infinity
}

const keyOf = ({ endpoint, qrCodeId }: FailureTarget) => `${qrCodeId} ${endpoint}`

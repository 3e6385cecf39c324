import { ApiError } from '../../src/source/api-error.ts'
import { isFailureOfTarget } from './call-target.ts'
import { CallsSpent } from './calls-spent.ts'
import type { SliceResult } from '../contract.ts'
import type { ActivityDeps } from '../deps.ts'

/**
 * Notes in a slice's result why a piece of its work has ended early: a wait for everybody, or a failure of its own, which is
 * kept with its target already.
 *
 * @throws the error itself, where it concerns the whole account or is none of the API's
 */
export function noteStop({ clock }: Pick<ActivityDeps, 'clock'>, error: unknown, result: SliceResult): void {
  if (error instanceof CallsSpent) {
    // What is left of the month may be for others, and what fails holds up only itself: the next plan knows.
    if (error.wait.reason !== 'kept' && error.wait.reason !== 'outage') result.wait = error.wait
    return
  }
  if (isFailureOfTarget(error)) {
    if (error.mayHaveArrived) result.calls += 1
    return
  }
  if (error instanceof ApiError && typeof error.retry === 'object') {
    result.wait = { reason: 'retry_after', untilMs: clock.now() + Math.max(error.retry.afterMs, 1_000) }
    return
  }
  throw error
}

import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/contract.ts'

/**
 * How activities are tried. One works in slices of seconds and heartbeats every second, so a worker that is gone is noticed
 * after `heartbeatTimeout`, and the next attempt, which finds in the ledger where to go on, need not wait for longer. An
 * error is another matter: it says itself when to try again, or that no retry can mend it.
 */
export const activities = proxyActivities<Activities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '5 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 1 },
})

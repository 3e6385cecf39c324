import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/contract.ts'

/**
 * How activities are tried. An activity works in slices of seconds and heartbeats every second, so a worker that is gone
 * is noticed after `heartbeatTimeout`; the ledger knows where to go on. Errors that no retry can mend say
 * so themselves, and those that name a time are retried then.
 */
export const activities = proxyActivities<Activities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '5 seconds',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
})

import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/contract.ts'

/**
 * How activities are retried. An activity works in slices of seconds and heartbeats every second. So Temporal detects a lost worker
 * after `heartbeatTimeout`. The next attempt starts without a longer wait, and reads from the ledger where to continue. Each
 * error says when to retry, or that no retry helps.
 */
export const activities = proxyActivities<Activities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '5 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 1 },
})

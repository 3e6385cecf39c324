import type { ActivityDeps } from '../../../activities/deps.ts'
import { readBacklogs } from '../../insight/read-backlogs.ts'
import { readLastAnswer } from '../../insight/read-last-answer.ts'
import { readHold } from '../../insight/read-hold.ts'
import { readSyncStanding } from '../../insight/read-standing.ts'
import { readConnector } from '../../ledger/connector/connector-state.ts'
import { describeHold } from './describe-hold.ts'
import { number, time } from './format.ts'

/**
 * Says on one line what a connector does between syncs: rows on their way, why it waits, or its last and its
 * next sync.
 */
export async function describeIdle({
  ledger,
  connector,
  budget,
  destinations,
}: Pick<ActivityDeps, 'ledger' | 'connector' | 'budget' | 'destinations'>): Promise<string> {
  const nowMs = Date.now()
  const watched = [...destinations].map(([destination, { streams }]) => ({
    connector,
    destination,
    streams,
  }))
  const behind = (await readBacklogs(ledger, watched)).filter(({ rowsBehind }) => rowsBehind > 0)
  if (behind.length > 0) {
    const rows = behind.map(({ destination, rowsBehind }) => `${number(rowsBehind)} rows to ${destination}`)
    return `Delivering ${rows.join(', ')}`
  }
  const { callsThisMonth, callsPerMonth, waitingScans } = await readSyncStanding(ledger, connector, nowMs)
  const state = await readConnector(ledger, connector)
  const hold = await readHold(ledger, state, budget.share, nowMs)
  if (hold !== null) return describeHold(hold, waitingScans)
  const { sync_due_ms: nextMs } = state
  const lastMs = await readLastAnswer(ledger, connector)
  return [
    lastMs === null ? 'No sync has worked yet' : `Last sync ${time(lastMs)}`,
    ...(nextMs === null || nextMs <= nowMs ? [] : [`next run by ${time(nextMs)}`]),
    `${number(callsThisMonth)} of ${number(callsPerMonth)} calls this month`,
  ].join('; ')
}

import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { upsertSearchAttributes } from '@temporalio/workflow'

/**
 * The attributes by which an operator filters the list of workflows. `applySearchAttributes` registers them. A Temporal server
 * on SQL accepts at most three of type INT.
 */
export const searchAttributes = {
  connector: defineSearchAttributeKey('QrsyncConnector', SearchAttributeType.KEYWORD),
  /** Deliveries only. */
  destination: defineSearchAttributeKey('QrsyncDestination', SearchAttributeType.KEYWORD),
  outcome: defineSearchAttributeKey('QrsyncOutcome', SearchAttributeType.KEYWORD),
  /** Calls to the API that this run has made. */
  calls: defineSearchAttributeKey('QrsyncCalls', SearchAttributeType.INT),
  /** Rows that this run has landed, or delivered. */
  rows: defineSearchAttributeKey('QrsyncRows', SearchAttributeType.INT),
  /** Syncs only: how many seconds the oldest known scan has been waiting to land. */
  lag: defineSearchAttributeKey('QrsyncLagSeconds', SearchAttributeType.INT),
} as const

/**
 * `failing`: some streams of the destination fail and are retried; the others are delivered. `overdue`: an activity takes longer
 * than usual, so something is probably failing and being retried. `rejects`: done, but the destination has refused rows of
 * this run.
 */
export type Outcome = 'working' | 'waiting' | 'failing' | 'overdue' | 'done' | 'rejects'

export interface Shown {
  outcome: Outcome
  calls?: number
  rows: number
  lagMs?: number | null
}

/** Sets the attributes only if they are registered: an attribute that the server does not know would block the workflow forever. */
export function showSearchAttributes(areRegistered: boolean | undefined, shown: Shown): void {
  if (areRegistered !== true) return
  const { outcome, calls, rows, lagMs } = shown
  upsertSearchAttributes([
    { key: searchAttributes.outcome, value: outcome },
    { key: searchAttributes.rows, value: rows },
    ...(lagMs === undefined ? [] : [{ key: searchAttributes.lag, value: Math.round((lagMs ?? 0) / 1000) }]),
    ...(calls === undefined ? [] : [{ key: searchAttributes.calls, value: calls }]),
  ])
}

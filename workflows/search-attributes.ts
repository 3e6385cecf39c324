import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { upsertSearchAttributes } from '@temporalio/workflow'

/**
 * What an operator filters the list of workflows by. Registered by `applySearchAttributes`. A Temporal server on SQL takes no
 * more than three of type INT.
 */
export const searchAttributes = {
  connector: defineSearchAttributeKey('QrsyncConnector', SearchAttributeType.KEYWORD),
  /** Of deliveries only. */
  destination: defineSearchAttributeKey('QrsyncDestination', SearchAttributeType.KEYWORD),
  outcome: defineSearchAttributeKey('QrsyncOutcome', SearchAttributeType.KEYWORD),
  /** Calls of the API that this run has made. */
  calls: defineSearchAttributeKey('QrsyncCalls', SearchAttributeType.INT),
  /** Rows that this run has landed, or delivered. */
  rows: defineSearchAttributeKey('QrsyncRows', SearchAttributeType.INT),
  /** Seconds for which the oldest known scan has been waiting to be landed; of syncs only. */
  lag: defineSearchAttributeKey('QrsyncLagSeconds', SearchAttributeType.INT),
} as const

/**
 * `failing`: some streams of the destination fail and are retried; the others are delivered. `overdue`: an activity takes longer
 * than usual, so something is probably failing and being retried. `rejects`: done, and the
 * destination has refused rows of this run.
 */
export type Outcome = 'working' | 'waiting' | 'failing' | 'overdue' | 'done' | 'rejects'

export interface Shown {
  outcome: Outcome
  calls?: number
  rows: number
  lagMs?: number | null
}

/** An attribute that the server does not know would hold the workflow up for good: only where they are registered. */
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

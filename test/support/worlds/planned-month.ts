import type { ActivityDeps } from '../../../activities/deps.ts'
import { followPlan } from '../../../activities/sync/follow-plan.ts'
import type { SliceResult } from '../../../activities/contract.ts'
import { activityDeps } from './activity-deps.ts'
import type { ModelApi } from '../source/model-api.ts'
import { temporaryLedger, type LedgerKind } from '../ledger/temporary-ledger.ts'

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

/** A connector that follows its plan on a virtual clock. */
export interface PlannedMonth {
  deps: ActivityDeps
  now: () => number
  /** Continues until a time, like the workflow: slice after slice, with sleeps in between. Returns each wait. */
  runUntil(timeMs: number): Promise<NonNullable<SliceResult['wait']>[]>
}

export async function planMonth(
  api: ModelApi,
  { startMs, kind = 'sqlite', ...given }: { startMs: number; kind?: LedgerKind } & Partial<ActivityDeps>,
): Promise<PlannedMonth> {
  let nowMs = startMs
  const clock = {
    now: () => nowMs,
    sleep: (ms: number) => {
      nowMs += ms
      return Promise.resolve()
    },
  }
  const deps = activityDeps({ api, ledger: await temporaryLedger(kind), clock, ...given })
  const { signal } = new AbortController()
  return {
    deps,
    now: clock.now,
    async runUntil(timeMs) {
      const waits: NonNullable<SliceResult['wait']>[] = []
      while (nowMs < timeMs) {
        const wait = await followPlan(deps, signal).then(
          (slice) => slice.wait,
          // What dies is retried a second later.
          (error: unknown) => {
            if (error instanceof Error && error.message === 'killed') {
              return { reason: 'retry_after' as const, untilMs: nowMs + 1_000 }
            }
            throw error
          },
        )
        if (wait === null) continue
        waits.push(wait)
        nowMs = Math.min(Math.max(Math.ceil(wait.untilMs), nowMs + 1), timeMs)
      }
      return waits
    },
  }
}

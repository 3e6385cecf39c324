import { setTimeout as sleep } from 'node:timers/promises'
import type { ActivityDeps } from '../../../activities/deps.ts'
import { noObserver } from '../../../activities/observer.ts'
import { RuleBooks } from '../../../src/budget/price/rule-books.ts'

/** The parts of activities for the connector `test`, without destinations. */
export function activityDeps(
  given: Pick<ActivityDeps, 'api' | 'ledger'> & Partial<ActivityDeps>,
): ActivityDeps {
  return {
    connector: 'test',
    keyFingerprint: 'f',
    callTimeoutMs: 1_000,
    heldPlan: null,
    callsPerMinute: null,
    destinations: new Map(),
    signalDelivery: () => Promise.resolve(),
    budget: { share: 1, spare: 0.05 },
    hasAnalytics: false,
    dueMs: (untilMs) => untilMs,
    settingsOf: null,
    rules: new RuleBooks(),
    clock: { now: Date.now, sleep: (ms) => sleep(ms) },
    observer: noObserver,
    requireRoom: () => Promise.resolve(),
    ...given,
  }
}

import type { TimedWait } from '../activities/contract.ts'

const reasons: Record<TimedWait['reason'], string> = {
  minute: 'minute spent: goes on',
  month: 'month spent: goes on',
  share: "our share of the month's calls (budget.share) is spent: goes on",
  retry_after: 'the API asks for a pause (Retry-After): goes on',
  outage: 'the API is failing: next probe',
  failures: 'some calls failed: next try',
  other_sync: 'another sync of this connector is running: goes on',
  kept: 'the remaining calls are reserved: goes on',
  plan: 'nothing is worth a call yet: checks again',
}

/** What a wait is called in the Temporal UI: "month spent: goes on 2026-12-01T00:00:00Z". */
export function waitText({ reason, untilMs, goesOnMs = untilMs }: TimedWait): string {
  const text = `${reasons[reason]} ${timeText(goesOnMs)}`
  return goesOnMs === untilMs ? text : `${text} (checks for more calls at ${timeText(untilMs)})`
}

export function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z')
}

import type { TimedWait } from '../activities/contract.ts'

const reasons: Record<TimedWait['reason'], string> = {
  minute: 'minute spent: continues at',
  month: 'month spent: continues at',
  share: "our share of the month's calls (budget.share) is spent: continues at",
  retry_after: 'the API asks for a pause (Retry-After): continues at',
  outage: 'the API is failing: next probe',
  failures: 'some calls failed: next try',
  other_sync: 'another sync of this connector is running: continues at',
  kept: 'the remaining calls are reserved: continues at',
  plan: 'nothing is worth a call yet: checks again',
}

/** The text for a wait in the Temporal UI: "month spent: continues at 2026-12-01T00:00:00Z". */
export function waitText({ reason, untilMs, goesOnMs = untilMs }: TimedWait): string {
  const text = `${reasons[reason]} ${timeText(goesOnMs)}`
  return goesOnMs === untilMs ? text : `${text} (checks for more calls at ${timeText(untilMs)})`
}

export function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z')
}

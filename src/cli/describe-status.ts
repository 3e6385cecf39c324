import { describeHistory } from './describe-history.ts'
import { describeFailing } from './failing.ts'
import { duration, number, table, time } from './format.ts'
import type { Status } from './status.ts'
import type { RunStanding } from '../temporal/read-runs.ts'

const barLength = 30

/** For a person on call: what is wrong first, then how things stand. */
export function describeStatus(status: Status): string {
  const { connector, plan, budget, freshness } = status
  return [
    ...problems(status).map((problem) => `! ${problem}`),
    `${connector} on ${plan ?? 'a plan that is not known yet'}, ${time(Date.parse(status.at))}`,
    `Budget     ${budgetText(budget)}`,
    `Freshness  ${waiting(freshness)}`,
    `           ${landed(freshness)}`,
    ...(status.history.calls === 0 && status.history.paused_since === null
      ? []
      : [`History    ${describeHistory(status.history)}`]),
    `Schedule   ${scheduleText(status)}`,
    table(
      ['Destination', 'Type', 'State', 'Complete as of', 'Rows behind', 'Refused'],
      4,
      status.destinations.map(({ name, type, rowsBehind, completeAtMs, refused, run }) => [
        ...[name, type, stateOf(rowsBehind, run), completeAtMs === null ? 'never' : time(completeAtMs)],
        ...[rowsBehind, refused],
      ]),
    ),
  ].join('\n')
}

function problems({
  clock,
  failing: ofApi,
  temporal_error,
  schedule,
  syncs,
  destinations,
}: Status): string[] {
  const failing = (who: string, run: RunStanding | null) => {
    if (!run?.failure) return []
    const { type, message, attempt, nextAttemptAtMs } = run.failure
    const end = attempt === null ? 'it has ended' : `attempt ${attempt} has failed`
    const nextMs = attempt === null ? (schedule?.nextRunAtMs ?? null) : nextAttemptAtMs
    return [`${who}: ${type ?? 'Error'}: ${message.replaceAll(/\.?\n/g, '. ')} (${end}${next(nextMs)})`]
  }
  return [
    ...(temporal_error === null ? [] : [`Temporal: ${temporal_error}`]),
    ...(clock === null ? [] : [`Clock: ${clock}`]),
    ...describeFailing(ofApi),
    ...syncs.flatMap((run) => failing('Sync', run)),
    ...destinations.flatMap(({ name, run }) => failing(name, run)),
    ...destinations
      .filter(({ refused }) => refused > 0)
      .map(
        ({ name, refused }) =>
          `${name} refuses ${number(refused)} rows: see "qrsync rejects list -d ${name}"`,
      ),
  ]
}

const next = (ms: number | null) => (ms === null || ms <= Date.now() ? '' : `, the next is at ${time(ms)}`)

function budgetText(budget: Status['budget']): string {
  const { calls_this_month: calls, calls_per_month: limit, month_ends_at, paused_until } = budget
  const wait =
    calls >= limit
      ? `: spent, goes on ${time(Date.parse(month_ends_at))}`
      : paused_until === null
        ? ''
        : `; the API asks for a pause, goes on ${time(Date.parse(paused_until))}`
  return `${bar(calls, limit)} ${number(calls)} of ${number(limit)} calls this month${wait}`
}

function bar(calls: number, limit: number): string {
  const full = Math.round(Math.min(limit === 0 ? 1 : calls / limit, 1) * barLength)
  return '█'.repeat(full) + '░'.repeat(barLength - full)
}

function waiting({
  waiting_scans: scans,
  waiting_since: since,
  next_look_at: next,
}: Status['freshness']): string {
  const what =
    scans === 0
      ? 'all that the list tells of is landed'
      : `${number(scans)} scans wait${since === null ? '' : `, the oldest since ${time(Date.parse(since))}`}`
  return next === null ? what : `${what}; the next call is worth it at ${time(Date.parse(next))}`
}

function landed({ landed: lags }: Status['freshness']): string {
  if (lags.scans === 0) return 'no scan of the last 7 days is landed'
  return (
    `${number(lags.scans)} scans landed in the last 7 days: ` +
    `half of them within ${duration(lags.p50_lag_h)}, 95 % within ${duration(lags.p95_lag_h)}`
  )
}

function scheduleText({ schedule, temporal_error }: Status): string {
  if (temporal_error !== null) return 'not known'
  if (schedule === null) return 'none yet: "qrsync up" makes it'
  if (schedule.isPaused)
    return `paused${schedule.note === null ? '' : ` (${schedule.note})`}: "qrsync resume" goes on`
  return schedule.nextRunAtMs === null ? 'at work' : `next run ${time(schedule.nextRunAtMs)}`
}

function stateOf(rowsBehind: number, run: RunStanding | null): string {
  if (run?.failure) return `fails (${run.failure.type ?? 'Error'})`
  if (rowsBehind === 0) return 'complete'
  return run?.status === 'RUNNING' ? 'delivering' : 'behind'
}

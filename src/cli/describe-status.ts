import { describeHistory } from './describe-history.ts'
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
    `Budget     ${bar(budget.calls_this_month, budget.calls_per_month)} ${number(budget.calls_this_month)} of ${number(budget.calls_per_month)} calls this month`,
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

function problems({ temporal_error, syncs, destinations }: Status): string[] {
  const failing = (who: string, run: RunStanding | null) =>
    run?.failure
      ? [
          `${who}: ${run.failure.type ?? 'Error'}: ${run.failure.message.replaceAll('\n', ' ')}` +
            ` (attempt ${run.failure.attempt} has failed${next(run.failure.nextAttemptAtMs)})`,
        ]
      : run?.status === 'FAILED'
        ? [`${who} has failed: ${run.workflowId} in the Temporal UI tells why`]
        : []
  return [
    ...(temporal_error === null ? [] : [`Temporal: ${temporal_error}`]),
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

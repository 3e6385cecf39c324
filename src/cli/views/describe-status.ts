import { describeHistory } from './describe-history.ts'
import { describeUsedUp } from './describe-hold.ts'
import { describeFailing, describeOpenErasures, setAsideText } from './failing.ts'
import { describeSourceChanges, missingFields } from './source-changes.ts'
import { count, duration, number, table, time } from './format.ts'
import { withoutRetries } from '../run-to-exit.ts'
import type { DeliveryFailure } from '../../ledger/deliveries/delivery-failures.ts'
import type { Status } from '../read-status.ts'
import { describeWaitingKeys } from '../../report/operations/waiting-keys.ts'
import type { RunStanding } from '../../temporal/read-runs.ts'

const barLength = 30

/** Describes the status for an operator: problems first, then everything else. */
export function describeStatus(status: Status): string {
  const { connector, plan, budget, freshness } = status
  return [
    ...problems(status).map((problem) => `! ${problem}`),
    `${connector} on ${plan ?? 'a plan that is not known yet'}, as of ${time(Date.parse(status.at))}`,
    `Budget     ${budgetText(budget)}`,
    `Freshness  ${waiting(freshness, status.set_aside_rows + status.lost_scans > 0)}`,
    `           ${landed(freshness)}`,
    ...(status.history.calls === 0 && status.history.paused_since === null
      ? []
      : [`History    ${describeHistory(status.history)}`]),
    ...(status.codes_without_analytics === 0
      ? []
      : [`Analytics  ${analyticsText(status.codes_without_analytics)}`]),
    `Sync       ${syncText(status)}`,
    `Schedule   ${scheduleText(status)}`,
    ...describeSourceChanges(status.source_changes),
    table(
      ['Destination', 'Type', 'State', 'Complete as of', 'Rows behind', 'Refused'],
      4,
      status.destinations.map(({ name, type, rowsBehind, completeAtMs, refused, run, failures }) => [
        name,
        type,
        stateOf(rowsBehind, run, failures),
        completeText(rowsBehind, completeAtMs),
        rowsBehind,
        refused,
      ]),
    ),
    ...status.destinations
      .filter(({ waitingKeys }) => waitingKeys > 0)
      .map((destination) => waitingText(destination, Date.parse(status.at))),
  ].join('\n')
}

/** "no call since …, until …" while the gate is closed, with the API's own words; and a minute that is shared. */
function budgetProblems({
  gate,
  paused_until,
  calls_per_minute,
  calls_per_minute_limit,
}: Status['budget']): string[] {
  const problems: string[] = []
  if (gate !== null) {
    const why = gate.reason === 'outage' ? 'the API is failing' : 'the API asked for a pause'
    const until = paused_until === null ? '' : `, until ${time(Date.parse(paused_until))}`
    const probe = gate.is_probing ? '; one call tries whether it is over' : ''
    problems.push(`API: ${why}, since ${time(Date.parse(gate.since))}${until}${probe}. ${gate.text}`)
  }
  if (calls_per_minute < calls_per_minute_limit) {
    problems.push(
      `Minute: ${calls_per_minute} of ${calls_per_minute_limit} calls a minute: others use the account. The limit recovers automatically.`,
    )
  }
  return problems
}

function waitingText(
  { name, waitingKeys: keys, waitingKeysDueAtMs: nextLookMs }: Status['destinations'][number],
  nowMs: number,
): string {
  const waiting = describeWaitingKeys({ destination: name, keys, nextLookMs }, nowMs)
  return `${waiting}, "qrsync deliver -d ${name}" does it now`
}

const noWorker =
  'none is running: nothing is fetched, delivered or retried until you start one with "qrsync up"'

/** Analytics repeat the information of the scans, so the planner fetches them later. */
export function analyticsText(codes: number): string {
  return `those of ${count(codes, 'code')} are still to come: later syncs fetch them, because scans go first`
}

/** Says what the marked lines mean for the exit code; null if there is none. */
export function describeAttention(marked: number, isChecked: boolean): string | null {
  if (marked === 0) return null
  const what = marked === 1 ? 'The line with "!" needs' : `The ${number(marked)} lines with "!" need`
  return isChecked ? `${what} attention.` : `${what} attention: with --check, this command exits with 3.`
}

/** Returns what needs attention, one line each; `status --check` exits with 3 if there is any. */
export function problems(status: Status): string[] {
  const all = problemsOf(status)
  // Without a worker, nothing is retried.
  return status.has_worker === true ? all : all.map(withoutRetries)
}

function problemsOf({
  budget,
  freshness,
  used_up: usedUp,
  sync_failure: syncFailure,
  clock,
  failing: ofApi,
  temporal_error,
  has_worker: hasWorker,
  schedule,
  syncs,
  destinations,
  open_erasures: erasures,
  set_aside_rows: setAside,
  lost_scans: lost,
  source_changes: changes,
  config,
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
    ...(hasWorker === false && schedule !== null ? [`Worker: ${noWorker}`] : []),
    ...configProblems(config),
    ...(clock === null ? [] : [`Clock: ${clock}`]),
    ...budgetProblems(budget),
    ...(usedUp === null ? [] : [describeUsedUp(usedUp, freshness.waiting_scans)]),
    ...(syncFailure === null || syncs.some(({ failure }) => failure?.type === syncFailure)
      ? []
      : [`The last sync failed: ${syncFailure}. No scan is on its way until you fix that`]),
    ...(setAside === 0 ? [] : [setAsideText(setAside)]),
    ...(lost === 0
      ? []
      : [`${number(lost)} scans that the API counts were not found by a search: see "qrsync verify"`]),
    ...missingFields(changes).map((text) => `API: ${text}`),
    ...describeFailing(ofApi),
    ...syncs.flatMap((run) => failing('Sync', run)),
    ...destinations.flatMap(({ name, run }) => failing(name, run)),
    ...destinations.flatMap(({ name, refill, rowsBehind }) =>
      refill === null
        ? []
        : [
            `${name} writes to ${refill.now} since ${time(refill.sinceMs)}, before to ${refill.before}: ` +
              `qrsync fills it again from the first row, ${number(rowsBehind)} rows are left`,
          ],
    ),
    ...destinations.flatMap(({ failures }) => failures.map(describeFailure)),
    ...describeOpenErasures(erasures),
    ...destinations
      .filter(({ refused }) => refused > 0)
      .map(
        ({ name, refused }) =>
          `${name} refuses ${number(refused)} rows: see "qrsync rejects list -d ${name}"`,
      ),
  ]
}

function configProblems(config: Status['config']): string[] {
  if (config === null) return []
  const { loaded_at: loadedAt, problem, needs_restart: restart } = config
  const problems: string[] = []
  if (problem !== null) {
    const since = time(Date.parse(loadedAt))
    problems.push(
      `Config: the changed file is not used, qrsync keeps running with that of ${since}: ${problem}`,
    )
  }
  if (restart !== null) problems.push(`Config: ${restart}`)
  return problems
}

const next = (ms: number | null) => (ms === null || ms <= Date.now() ? '' : `, the next is at ${time(ms)}`)

function budgetText(budget: Status['budget']): string {
  const { calls_this_month: calls, calls_per_month: limit } = budget
  const counted =
    budget.counted_at === null ? '' : `; calls of others as of ${time(Date.parse(budget.counted_at))}`
  return `${bar(calls, limit)} ${number(calls)} of ${number(limit)} calls this month${waitText(budget)}${counted}`
}

function waitText({ paused_until }: Status['budget']): string {
  if (paused_until === null) return ''
  return `; the API asks for a pause, continues at ${time(Date.parse(paused_until))}`
}

function bar(calls: number, limit: number): string {
  const full = Math.round(Math.min(limit === 0 ? 1 : calls / limit, 1) * barLength)
  return '█'.repeat(full) + '░'.repeat(barLength - full)
}

function waiting(
  {
    waiting_scans: scans,
    waiting_since: since,
    listed_at: listedAt,
    next_look_at: next,
  }: Status['freshness'],
  hasExceptions: boolean,
): string {
  const what =
    scans === 0
      ? listedText(listedAt, hasExceptions)
      : `${number(scans)} scans wait${waitingSince(since, listedAt)}`
  return next === null ? what : `${what}; the next call is worth it at ${time(Date.parse(next))}`
}

/** ", the oldest since …, as the API had listed by …" */
function waitingSince(since: string | null, listedAt: string | null): string {
  const oldest = since === null ? '' : `, the oldest since ${time(Date.parse(since))}`
  return listedAt === null ? oldest : `${oldest}, as the API had listed by ${time(Date.parse(listedAt))}`
}

/** Nothing is known about scans that arrived after the list was read. */
function listedText(listedAt: string | null, hasExceptions: boolean): string {
  if (listedAt === null) return 'the list of codes has not been read yet'
  const except = hasExceptions ? ', except those named above' : ''
  return `all scans are landed that the API had listed by ${time(Date.parse(listedAt))}${except}`
}

function landed({ landed: lags }: Status['freshness']): string {
  if (lags.scans === 0) return 'no scan from after the set-up was landed in the last 7 days'
  return (
    `${count(lags.scans, 'scan')} landed in the last 7 days, without those from before the set-up: ` +
    `half of them within ${duration(lags.p50_lag_h)}, 95 % within ${duration(lags.p95_lag_h)}`
  )
}

/** Says when a sync last ran, and what the running one does. */
function syncText({
  last_sync_at: last,
  syncs,
  used_up: usedUp,
  budget,
  freshness,
  temporal_error,
}: Status): string {
  const lastText = last === null ? 'none has worked yet' : `last successful ${time(Date.parse(last))}`
  const [running] = syncs.filter(({ status }) => status === 'RUNNING')
  if (running === undefined) {
    return temporal_error === null
      ? `${lastText}; none is running`
      : `${lastText}; not known whether one is running`
  }
  const until = usedUp?.until ?? budget.paused_until ?? freshness.next_look_at
  const isWaiting = until !== null && Date.parse(until) > Date.now()
  const wait = isWaiting ? `, waits until ${time(Date.parse(until))}` : ''
  return `${lastText}; one is running since ${time(running.startedAtMs)}${wait}`
}

function scheduleText({ schedule, temporal_error }: Status): string {
  if (temporal_error !== null) return 'not known'
  if (schedule === null) return 'none yet: "qrsync up" creates it'
  if (schedule.isPaused) {
    return `paused${schedule.note === null ? '' : ` (${schedule.note})`}: run "qrsync resume" to continue`
  }
  return schedule.nextRunAtMs === null ? 'running' : `next run ${time(schedule.nextRunAtMs)}`
}

/** Covers rows that have landed; the lines above cover the others. */
function completeText(rowsBehind: number, completeAtMs: number | null): string {
  if (completeAtMs === null) return 'never'
  return rowsBehind === 0 ? 'now' : time(completeAtMs)
}

function stateOf(rowsBehind: number, run: RunStanding | null, failures: readonly DeliveryFailure[]): string {
  if (run?.failure) return `fails (${run.failure.type ?? 'Error'})`
  if (failures.length > 0) return `fails in part (${failures.map(({ stream }) => stream).join(', ')})`
  if (rowsBehind === 0) return 'complete'
  return run?.status === 'RUNNING' ? 'delivering' : 'behind'
}

/** Describes a failing stream of a destination on one line: which, why, since when, and when it is retried. */
export function describeFailure(failure: DeliveryFailure): string {
  const { destination, stream, code, message, attempts, sinceMs, retryAtMs } = failure
  const end = `since ${time(sinceMs)}, attempt ${attempts}, next try ${time(retryAtMs)}`
  return `${destination}: ${stream} fails: ${code}: ${message.replaceAll(/\.?\n/g, '. ')} (${end})`
}

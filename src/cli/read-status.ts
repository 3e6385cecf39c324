import { toTime, toTimeOrNull } from '../model/to-time.ts'
import type { Client } from '@temporalio/client'
import type { Gate, GateReason } from '../budget/gate.ts'
import { periodOf } from '../budget/windows.ts'
import type { Lags } from '../budget/forecast/lags.ts'
import { readDeliveryFailures, type DeliveryFailure } from '../ledger/deliveries/delivery-failures.ts'
import { readOpenErasures, type OpenErasure } from '../ledger/erasure/erasures.ts'
import { gateOf } from '../ledger/calls/gate.ts'
import { minuteOf } from '../ledger/calls/minute.ts'
import { countCodesWithoutAnalytics } from '../insight/count-codes-without-analytics.ts'
import { readBackfill } from '../insight/read-backfill.ts'
import { readDestination, type DestinationStanding } from '../insight/read-destinations.ts'
import { readHold } from '../insight/read-hold.ts'
import { readLastAnswer } from '../insight/read-last-answer.ts'
import { readLandedLags } from '../insight/read-landed-lags.ts'
import { countSetAside } from '../ledger/scans/set-aside.ts'
import { readWaiting } from '../insight/read-waiting.ts'
import { readSyncStanding } from '../insight/read-standing.ts'
import { ConnectorError } from '../model/connector-error.ts'
import { names } from '../temporal/names.ts'
import {
  hasWorker,
  readRun,
  readSchedule,
  type RunStanding,
  type ScheduleStanding,
} from '../temporal/read-runs.ts'
import { takesOfEach } from '../destinations/vendors.ts'
import { readConfigLoads, type ConfigLoad } from '../ledger/connector/config-load.ts'
import { readSourceChanges } from '../ledger/shapes/note-shapes.ts'
import { toSourceChange, type ToldSourceChange } from './views/source-changes.ts'
import { toWaits, type Waits } from './views/describe-hold.ts'
import { toHistory, type History } from './views/describe-history.ts'
import { readFailingReport, type FailingReport } from '../insight/read-failing-report.ts'
import type { KnownAccount } from './with-account.ts'
import { withTemporal } from './with-temporal.ts'

/** In the form that `--json` prints. */
export interface Status {
  connector: string
  plan: string | null
  at: string
  /** When the API last answered a call of a sync. */
  last_sync_at: string | null
  budget: {
    calls_this_month: number
    calls_per_month: number
    /** When the month has calls again. */
    month_ends_at: string
    /** When the API last reported how many calls others have made. */
    counted_at: string | null
    /** The API has asked for no further call until then (Retry-After); null if it has not. */
    paused_until: string | null
    /** Why no call is made, since when, and what the API said; null while calls are made. */
    gate: { reason: GateReason; since: string; text: string; is_probing: boolean } | null
    /** The calls that we make in a minute now: fewer than the limit while others use the account. */
    calls_per_minute: number
    calls_per_minute_limit: number
  }
  freshness: {
    waiting_scans: number
    waiting_since: string | null
    /** When the list of codes was last read, which reports the waiting scans. */
    listed_at: string | null
    /** The lags of scans that landed in the last 7 days, in hours. */
    landed: Lags & { scans: number }
    /** When the next call may be worth making. */
    next_look_at: string | null
  }
  /** Scans from before the account was connected. */
  history: History
  /** Codes with landed scans whose analytics are still to come; 0 if the config file turns them off. */
  codes_without_analytics: number
  destinations: (DestinationStanding & {
    name: string
    type: string
    run: RunStanding | null
    /** Streams that it does not accept now; the others are delivered. */
    failures: DeliveryFailure[]
  })[]
  /** Destinations that have not erased a code yet. */
  open_erasures: OpenErasure[]
  /** Malformed rows of the API: stored, but not landed. */
  set_aside_rows: number
  /** Scans that the API counts but that a search did not find. */
  lost_scans: number
  /**
   * Why no call is made, and until when: the month's calls are spent, or our share of them; null while calls
   * are made.
   */
  used_up: Waits | null
  /** The error's code if the last sync failed and a retry does not help. */
  sync_failure: string | null
  /** Says that the worker's clock is wrong, in a sentence. */
  clock: string | null
  /** What fails in the API, and when it is retried. */
  failing: FailingReport
  /**
   * When the running process read its config, and what it does not use of a newer one. Null before the first
   * start.
   */
  config: { loaded_at: string; problem: string | null; needs_restart: string | null } | null
  /** Fields of the API's responses that have changed in the last 7 days, or are missing. */
  source_changes: ToldSourceChange[]
  /** Why Temporal could not be asked; everything else comes from the ledger. */
  temporal_error: string | null
  /** Whether a worker runs, and so retries what fails; null if Temporal could not be asked. */
  has_worker: boolean | null
  schedule: ScheduleStanding | null
  /** Running ones, and the last one. */
  syncs: RunStanding[]
}

const weekMs = 7 * 24 * 3_600_000

/** Returns what the ledger and Temporal know now. Makes no call. */
export async function readStatus(account: KnownAccount): Promise<Status> {
  const { config, ledger, state } = account
  const { connector } = state
  const nowMs = Date.now()
  const standing = await readSyncStanding(ledger, connector, nowMs)
  const hold = await readHold(ledger, state, config.budget.share, nowMs)
  const minute = minuteOf(state, nowMs)
  const watched = [{ connector, settingsOf: null }]
  const [waiting] = await readWaiting(ledger, watched, { nowMs, missedSinceMs: nowMs })
  const runs = await readRuns(account)
  const destinations: Status['destinations'] = []
  for (const [name, { streams }] of takesOfEach(config.destinations)) {
    destinations.push({
      name,
      type: config.destinations[name]?.type ?? '',
      ...(await readDestination(ledger, connector, name, streams)),
      run: runs.deliveries.get(name) ?? null,
      failures: await readDeliveryFailures(ledger, { connector, destination: name }, streams),
    })
  }
  return {
    connector,
    plan: state.plan,
    at: new Date(nowMs).toISOString(),
    last_sync_at: toTimeOrNull(await readLastAnswer(ledger, connector)),
    budget: {
      calls_this_month: standing.callsThisMonth,
      calls_per_month: standing.callsPerMonth,
      month_ends_at: new Date(periodOf(nowMs, state.month_resets_at_ms).endMs).toISOString(),
      counted_at: toTimeOrNull(state.identified_at_ms),
      paused_until: toTimeOrNull(state.gate_until_ms > nowMs ? state.gate_until_ms : null),
      gate: toGate(gateOf(state), nowMs),
      calls_per_minute: minute.calls,
      calls_per_minute_limit: minute.limit,
    },
    freshness: {
      waiting_scans: standing.waitingScans,
      waiting_since: toTimeOrNull(standing.waitingSinceMs),
      listed_at: toTimeOrNull(state.listed_at_ms),
      landed: await readLandedLags(ledger, connector, {
        landedSinceMs: nowMs - weekMs,
        scannedSinceMs: state.connected_at_ms ?? nowMs,
      }),
      next_look_at: toTimeOrNull(state.next_look_at_ms),
    },
    codes_without_analytics: config.analytics ? await countCodesWithoutAnalytics(ledger, connector) : 0,
    history: toHistory(await readBackfill(ledger, state, config.budget, nowMs)),
    destinations,
    open_erasures: await readOpenErasures(ledger, connector, new Set(Object.keys(config.destinations))),
    set_aside_rows: await countSetAside(ledger, { connector }),
    lost_scans: waiting?.lostScans ?? 0,
    used_up: toWaits(hold?.reason === 'month' || hold?.reason === 'share' ? hold : null),
    sync_failure: state.sync_failure,
    clock: standing.clock,
    failing: await readFailingReport(ledger, connector, nowMs),
    config: toConfigStanding((await readConfigLoads(ledger, [connector]))[0]),
    source_changes: (await readSourceChanges(ledger, [connector], nowMs - weekMs)).map(toSourceChange),
    temporal_error: runs.error,
    has_worker: runs.hasWorker,
    schedule: runs.schedule,
    syncs: runs.syncs,
  }
}

function toConfigStanding(load: ConfigLoad | undefined): Status['config'] {
  if (load === undefined) return null
  return { loaded_at: toTime(load.loadedAtMs), problem: load.problem, needs_restart: load.restart }
}

function toGate(gate: Gate | null, nowMs: number): Status['budget']['gate'] {
  if (gate === null) return null
  const { reason, text, sinceMs, untilMs, probeUntilMs } = gate
  const isProbing = untilMs <= nowMs || probeUntilMs > nowMs
  return { reason, text, since: new Date(sinceMs).toISOString(), is_probing: isProbing }
}

interface Runs {
  error: string | null
  hasWorker: boolean | null
  schedule: ScheduleStanding | null
  syncs: RunStanding[]
  deliveries: Map<string, RunStanding>
}

async function readRuns({ config }: KnownAccount): Promise<Runs> {
  try {
    return await withTemporal(config, (client) => readRunsOf(client, config.connector, config.destinations))
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error
    return { error: error.message, hasWorker: null, schedule: null, syncs: [], deliveries: new Map() }
  }
}

async function readRunsOf(client: Client, connector: string, destinations: object): Promise<Runs> {
  const deliveries = new Map<string, RunStanding>()
  for (const name of Object.keys(destinations)) {
    const run = await readRun(client, names.deliverWorkflow(connector, name))
    if (run !== null) deliveries.set(name, run)
  }
  const schedule = await readSchedule(client, connector)
  // Before the first start there is no Schedule, and nothing to retry.
  const isServed = schedule !== null && (await hasWorker(client, schedule.taskQueue, Date.now()))
  const ids = [
    ...(schedule?.runningWorkflowIds ?? []),
    ...(schedule?.lastWorkflowId == null ? [] : [schedule.lastWorkflowId]),
    names.syncNowWorkflow(connector),
    names.backfillWorkflow(connector),
  ]
  const found = await Promise.all([...new Set(ids)].map((id) => readRun(client, id)))
  const runs = found.filter((run) => run !== null).toSorted((a, b) => b.startedAtMs - a.startedAtMs)
  // Only the last ended run counts: what failed before it is over.
  const syncs = runs.filter(({ status }, index) => index === 0 || status === 'RUNNING')
  return { error: null, hasWorker: isServed, schedule, syncs, deliveries }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client'
import ms from 'ms'
import { timeLeftMs } from '../../budget/time-left.ts'
import { minuteWindowMs, type Wait } from '../../budget/windows.ts'
import type { Takes } from '../../destinations/destination.ts'
import { readConnector, type ConnectorState } from '../../ledger/connector/connector-state.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import type { DeliveryFailure } from '../../ledger/deliveries/delivery-failures.ts'
import { readOutages, type Outage } from '../../ledger/failures/outages.ts'
import { holdEndsMs, readHold } from '../../insight/read-hold.ts'
import { countCalls, readProgress } from '../../insight/read-progress.ts'
import { minuteMs, secondMs } from '../../model/durations.ts'
import type { ActivityDeps } from '../../../activities/deps.ts'
import { DeliveryWatch } from './delivery-watch.ts'
import { describeHold } from './describe-hold.ts'
import { time } from './format.ts'
import { ignoreAway, isAway } from '../../temporal/is-away.ts'
import { names } from '../../temporal/names.ts'
import { readRun } from '../../temporal/read-runs.ts'
import { untilDelivered } from './until-delivered.ts'

const lookEveryMs = 200
const awayLookEveryMs = 2_000
const preparedWithinMs = 60_000

export interface FollowedSync {
  deps: Pick<ActivityDeps, 'ledger' | 'connector' | 'budget'> & {
    destinations: ReadonlyMap<string, Pick<Takes, 'streams'>>
  }
  /** The result of {@link watchDeliveries}. */
  watches: ReadonlyMap<string, DeliveryWatch>
  /** Settles when the worker has stopped. */
  stopped: Promise<void>
  /** Why the Temporal server does not answer; null while it does. */
  trouble: () => string | null
  /** Starts the sync, or finds the running one. Called again if the server has lost it with all its data. */
  start: () => Promise<WorkflowHandle>
}

export interface FollowedEnd {
  /** Streams that were not delivered. */
  failed: DeliveryFailure[]
  /** Why the sync waits, if it waits for longer than a user would. It continues automatically. */
  hold: Wait | null
}

/** A longer wait is reported, and the command does not wait for it. */
const longestFollowedMs = 10 * minuteMs
/** Within this time a sync has tried its first call, which may show that the API has calls again. */
const firstCallWithinMs = 5 * secondMs

/**
 * Waits until a sync is complete and everything that it landed is delivered, and shows its progress. It does
 * not wait for a stream that has failed once all others are delivered, nor for a sync that waits for the next
 * month.
 *
 * @param workflow was started after `watches` were
 * @throws the failure of the sync
 */
export async function followSync(
  { deps, watches, stopped, trouble, start }: FollowedSync,
  workflow: WorkflowHandle,
  onProgress: (text: string) => void,
): Promise<FollowedEnd> {
  const startedAtMs = Date.now()
  const synced = untilDone(workflow, start).then(() => true)
  const broken = stopped.then(failWhenStopped)
  // The promise that we are not waiting for may still reject.
  for (const promise of [synced, broken]) promise.catch(() => undefined)
  const pause = () => Promise.race([broken, sleep(lookEveryMs, false)])
  let isSynced = false
  let hold: Wait | null = null
  while (!isSynced && !isLong(hold, startedAtMs)) {
    const state = await readConnector(deps.ledger, deps.connector)
    hold = await readHold(deps.ledger, state, deps.budget.share, Date.now())
    onProgress(trouble() ?? (await describeProgress(deps.ledger, state, hold, startedAtMs)))
    isSynced = await Promise.race([synced, pause()])
  }
  const failed: DeliveryFailure[] = []
  for (const [name, watch] of watches) {
    const undelivered = await untilDelivered({
      watch,
      readRun: () =>
        readRun({ workflow: workflow.client }, names.deliverWorkflow(deps.connector, name)).catch(ignoreAway),
      async onLook(obstacle) {
        onProgress(trouble() ?? `Delivering to ${name}${obstacle}`)
        await pause()
      },
    })
    failed.push(...undelivered)
  }
  return { failed, hold: isSynced ? null : hold }
}

function isLong(hold: Wait | null, startedAtMs: number): boolean {
  const nowMs = Date.now()
  if (hold === null || nowMs - startedAtMs < firstCallWithinMs) return false
  return holdEndsMs(hold) - nowMs > longestFollowedMs
}

/** One for each destination, by name. Call it before the sync is started. */
export async function watchDeliveries({
  ledger,
  connector,
  destinations,
}: Omit<FollowedSync['deps'], 'budget'>): Promise<Map<string, DeliveryWatch>> {
  const watches = new Map<string, DeliveryWatch>()
  for (const [destination, { streams }] of destinations) {
    watches.set(destination, await DeliveryWatch.start({ ledger, at: { connector, destination }, streams }))
  }
  return watches
}

/**
 * Waits for a Temporal server that is restarted: the sync continues there. If the server has lost the sync,
 * starts it again.
 */
export async function untilDone(
  workflow: WorkflowHandle,
  start: () => Promise<WorkflowHandle>,
): Promise<void> {
  let current: WorkflowHandle | null = workflow
  let lostAtMs = 0
  for (;;) {
    try {
      current ??= await start()
      await current.result()
      return
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) {
        current = null
        lostAtMs = Date.now()
      } else if (!isAway(error)) {
        // An empty server refuses the sync until the worker has registered the search attributes.
        const isPreparing = current === null && Date.now() - lostAtMs < preparedWithinMs
        if (!isPreparing) throw error
      }
      await sleep(awayLookEveryMs)
    }
  }
}

function failWhenStopped(): never {
  throw new Error('the worker stopped before the sync was complete')
}

async function describeProgress(
  ledger: Ledger,
  state: ConnectorState,
  hold: Wait | null,
  startedAtMs: number,
): Promise<string> {
  const { connector } = state
  const nowMs = Date.now()
  const [progress, calls] = await Promise.all([
    readProgress(ledger, connector),
    countCalls(ledger, connector, Math.min(startedAtMs, nowMs - 2 * minuteWindowMs), nowMs),
  ])
  const [outage] = await readOutages(ledger, connector, nowMs)
  const own = await countCalls(ledger, connector, startedAtMs, nowMs)
  const leftMs = timeLeftMs({
    callsLeft: progress.callsLeft,
    callsPerMinute: state.calls_per_minute,
    callsInWindow: calls.inWindow,
    callsPerSecond: own.calls / ((nowMs - startedAtMs) / 1000),
  })
  if (hold !== null && outage === undefined) return describeHold(hold, progress.missingScans)
  const total = progress.landedScans + progress.missingScans
  const count = (value: number) => value.toLocaleString('en')
  return (
    `${progress.codes} codes, ${count(progress.landedScans)} of ${count(total)} scans, ${count(own.calls)} calls` +
    (outage === undefined ? '' : `; ${outageText(outage)}`) +
    (leftMs === null || progress.callsLeft === 0 ? '' : `, about ${ms(Math.max(leftMs, 1000))} left`)
  )
}

/** Nothing proceeds meanwhile, so the waiting user should know why. */
function outageText({ endpoint, sinceMs, nextProbeMs, message }: Outage): string {
  const since = `fails since ${time(sinceMs)}, next probe ${time(nextProbeMs)}`
  return `${endpoint ?? 'the API'} ${since}: ${message}`
}

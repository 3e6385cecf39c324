import { ScheduleNotFoundError, ServiceError, type Client } from '@temporalio/client'
import { defaultPayloadConverter } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { createActivities } from '../../../activities/create-activities.ts'
import type { Activities } from '../../../activities/contract.ts'
import type { ActivityDeps } from '../../../activities/deps.ts'
import { noObserver } from '../../../activities/observer.ts'
import { failureInterceptor } from '../../../activities/to-failure.ts'
import { createApiClient } from '../../../src/source/client.ts'
import { createMask } from '../../../src/config/create-mask.ts'
import type { Config } from '../../../src/config/schema.ts'
import type { Destination } from '../../../src/destinations/destination.ts'
import { openLedgerClock } from '../../../src/ledger/base/ledger-clock.ts'
import { ensureConnector } from '../../../src/ledger/connector/connector-state.ts'
import { reserveLeaseForManualSync } from '../../../src/ledger/connector/lease.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { Place } from '../../../src/temporal/place.ts'
import { names } from '../../../src/temporal/names.ts'
import { applySchedule } from '../../../src/temporal/schedule.ts'
import { signalDelivery } from '../../../src/temporal/signal-delivery.ts'
import { startSync } from '../../../src/temporal/start-sync.ts'
import { createActivityDeps } from '../../../src/worker/create-activity-deps.ts'
import { deliverLanded } from '../../../src/worker/deliver-landed.ts'
import { tryConnectors } from '../../../src/worker/open-connectors.ts'
import { replayKeptRows } from '../../../src/worker/replay-kept-rows.ts'
import type { ActivityAttempt, ActivityOutcome } from '../temporal/activity-attempt.ts'
import type { ApiNetwork } from '../api/api-network.ts'
import type { LedgerDatabase } from './ledger-database.ts'
import type { TaskWorker } from '../temporal/task-pool.ts'
import type { ScheduleTimes } from '../temporal/schedules.ts'
import type { StartRequest, TemporalServer } from '../temporal/temporal-server.ts'
import type { Actor } from './virtual-time.ts'

/** What the processes of one connector share. */
export interface ConnectorParts {
  config: Config
  server: TemporalServer
  database: LedgerDatabase
  network: ApiNetwork
  openDestinations: (ledger: Ledger, now: () => number) => Map<string, Destination>
  requireRoom: () => Promise<void>
}

/** As long as `runConnectors` waits for it. */
const stopWithinMs = 20_000
const quiet = new DefaultLogger('ERROR')

/** A process of `qrsync up`: the connector's own activities, in a process that may crash or freeze. */
export class SimulatedWorker implements TaskWorker {
  readonly actor: Actor
  readonly ledger: Ledger
  readonly deps: ActivityDeps
  /** It has got as far as polling for tasks. */
  isReady = false
  readonly #parts: ConnectorParts
  readonly #activities: Activities
  #now: () => number = Date.now
  /** Running activities, each with what asks it to end. */
  readonly #atWork = new Map<Promise<unknown>, MockActivityEnvironment>()

  constructor(name: string, parts: ConnectorParts) {
    this.actor = { name, isAlive: true, clockAheadMs: 0, frozenUntilMs: 0 }
    this.#parts = parts
    const { config, database, network, openDestinations, requireRoom } = parts
    this.ledger = database.connect()
    const now = () => this.#now()
    const place = Promise.resolve(placeOf(parts))
    const { privacy, source } = config
    const { url, key } = source
    this.deps = {
      ...createActivityDeps(
        config,
        {
          ledger: this.ledger,
          now,
          destinations: openDestinations(this.ledger, now),
          observer: noObserver,
        },
        place,
      ),
      api: createApiClient({
        baseUrl: url,
        apiKey: key,
        dispatcher: network,
        ...(privacy && { mask: createMask(privacy) }),
      }),
      requireRoom,
    }
    this.#activities = createActivities(() => this.deps)
  }

  /** Does what `qrsync up` does before it starts working, in its order (`runConnectors`). */
  async start(): Promise<void> {
    const { config, server } = this.#parts
    const { connector } = config
    this.#now = await openLedgerClock(this.ledger)
    await ensureConnector(this.ledger, connector)
    await replayKeptRows(config, this.ledger)
    const ignore = () => undefined
    await tryConnectors([this.deps], { onProgress: ignore, onStep: ignore })
    const place = placeOf(this.#parts)
    await reserveLeaseForManualSync(this.ledger, connector, this.#now())
    await applySchedule(place, connector, config.schedule)
    await deliverLanded(this.deps)
    server.addWorker(this)
    this.isReady = true
    await startSync(place, connector)
  }

  /** Does what `qrsync up` does when it is stopped: no more tasks, and running ones end. */
  async stop(): Promise<void> {
    this.#parts.server.removeWorker(this)
    for (const environment of this.#atWork.values()) environment.cancel('WORKER_SHUTDOWN')
    const ended = Promise.allSettled(this.#atWork.keys())
    await Promise.race([ended, this.#parts.server.pause(stopWithinMs)])
  }

  /** Does what a running `qrsync up` does for a server that has lost its data (`watchServer`). */
  async restoreServer(): Promise<void> {
    const { config } = this.#parts
    const place = placeOf(this.#parts)
    try {
      await applySchedule(place, config.connector, config.schedule)
      await place.client.schedule.getHandle(names.schedule(config.connector)).trigger()
      for (const name of this.deps.destinations.keys()) {
        await signalDelivery(place, config.connector, name, false)
      }
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      this.#parts.server.later(10_000, this.actor, () => this.restoreServer())
    }
  }

  async execute(attempt: ActivityAttempt): Promise<ActivityOutcome> {
    const { order, number } = attempt
    const environment = new MockActivityEnvironment(
      { attempt: number, activityType: order.type, activityId: String(order.seq) },
      { interceptors: [() => ({ inbound: failureInterceptor })], logger: quiet },
    )
    environment.on('heartbeat', () => {
      if (attempt.heartbeat(this.#parts.server.nowMs)) environment.cancel()
    })
    const activities = this.#activities as unknown as Record<string, (input: unknown) => Promise<unknown>>
    const activity = (input: unknown) => {
      const named = activities[order.type]
      if (named === undefined) throw new Error(`there is no activity ${order.type}`)
      return named(input)
    }
    const [input] = order.args.map((payload) => defaultPayloadConverter.fromPayload<unknown>(payload))
    const work = environment.run(activity, input)
    this.#atWork.set(work, environment)
    try {
      const result = (await work) ?? null
      return { is: 'completed', result: defaultPayloadConverter.toPayload(result) }
    } catch (error) {
      return { is: 'failed', error }
    } finally {
      this.#atWork.delete(work)
    }
  }
}

/** The client of the model server, as far as the connector uses it. */
export function placeOf({ config, server }: Pick<ConnectorParts, 'config' | 'server'>): Place {
  const taskQueue = names.taskQueue(config.connector)
  const requestOf = (
    workflowType: string,
    { workflowId, args }: { workflowId: string; args: unknown[] },
  ) => ({
    workflowType,
    workflowId,
    args,
    taskQueue,
  })
  const workflow = {
    start: (type: string, options: { workflowId: string; args: unknown[] }) =>
      server.request(() => {
        server.start(requestOf(type, options))
        return { workflowId: options.workflowId }
      }),
    signalWithStart: (
      type: string,
      options: { workflowId: string; args: unknown[]; signal: string; signalArgs: unknown[] },
    ) =>
      server.request(() => {
        server.signalWithStart(requestOf(type, options), options.signal, options.signalArgs)
      }),
  }
  const set = (id: string, { spec, action }: ScheduleOptions) => {
    server.schedules.set(id, { ...action, taskQueue }, timesOf(spec))
  }
  const schedule = {
    getHandle: (id: string) => ({
      update: (change: (previous: { state: object }) => ScheduleOptions) =>
        server.request(() => {
          if (!server.schedules.has(id)) throw new ScheduleNotFoundError('there is no such Schedule', id)
          set(id, change({ state: {} }))
        }),
      trigger: () =>
        server.request(() => {
          server.schedules.trigger(id)
        }),
    }),
    create: (options: ScheduleOptions & { scheduleId: string }) =>
      server.request(() => {
        set(options.scheduleId, options)
      }),
  }
  const client = { workflow, schedule } as unknown as Client
  return { client, taskQueue, hasSearchAttributes: true }
}

interface ScheduleOptions {
  spec: { intervals?: { every: number }[]; cronExpressions?: string[]; timezone?: string }
  action: Omit<StartRequest, 'taskQueue'>
}

function timesOf({
  intervals,
  cronExpressions = [],
  timezone = 'UTC',
}: ScheduleOptions['spec']): ScheduleTimes {
  const [cron] = cronExpressions
  return cron === undefined ? { everyMs: Number(intervals?.[0]?.every) } : { cron, timeZone: timezone }
}

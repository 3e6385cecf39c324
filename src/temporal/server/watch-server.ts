import { setTimeout as sleep } from 'node:timers/promises'
import { NamespaceNotFoundError } from '@temporalio/common'
import type { NativeConnection } from '@temporalio/worker'
import ms from 'ms'
import type { ScheduleConfig } from '../../config/settings/schedule-settings.ts'
import { ConnectorError } from '../../model/connector-error.ts'
import { applySearchAttributes } from '../apply-search-attributes.ts'
import { isAway } from '../is-away.ts'
import { nameTemporalError } from '../name-temporal-error.ts'
import { names } from '../names.ts'
import type { Place } from '../place.ts'
import { readSchedule } from '../read-runs.ts'
import { applySchedule } from '../schedule.ts'
import { identify } from './server-identity.ts'
import { signalDelivery } from '../signal-delivery.ts'

/** A lost Schedule is created again within this time plus that of one answer, once the server answers. */
const lookEveryMs = 10_000

export interface WatchOptions {
  connection: NativeConnection
  address: string
  namespace: string
  place: Place
  connectors: () => readonly WatchedConnector[]
  /** Receives a line for each change. */
  onStep: (text: string) => void
  /** Called with what is wrong while it lasts, then once with null. */
  onTrouble: (text: string | null) => void
  /** The server has other data than before, so everything that was noted about it must be noted again. */
  onOtherServer: (identity: string | null) => void
  everyMs?: number
}

export interface WatchedConnector {
  connector: string
  schedule: ScheduleConfig
  destinations: string[]
}

export interface ServerWatch {
  /** What is wrong with the server now; null if nothing is. */
  trouble(): string | null
  stop(): Promise<void>
}

/**
 * Watches the Temporal server of a running worker. It reports when the server does not answer, and creates
 * search attributes and Schedules again if the server comes back without them. A Schedule that was paused comes
 * back paused, with its note. Existing Schedules never change.
 */
export async function watchServer(options: WatchOptions): Promise<ServerWatch> {
  const watch = new Watch(options)
  await watch.begin()
  const stopping = new AbortController()
  const ended = watch.run(stopping.signal)
  return {
    trouble: () => watch.trouble(),
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

interface SeenSchedule {
  isPaused: boolean
  note: string | null
}

class Watch {
  readonly #options: WatchOptions
  /** By connector. A Schedule that never existed is not lost: `apply` creates it. */
  readonly #seen = new Map<string, SeenSchedule>()
  readonly #wantsSearchAttributes: boolean
  #identity: string | null = null
  #trouble: { text: string; sinceMs: number } | null = null

  constructor(options: WatchOptions) {
    this.#options = options
    this.#wantsSearchAttributes = options.place.hasSearchAttributes
  }

  async begin(): Promise<void> {
    const { connection, namespace, place, connectors } = this.#options
    this.#identity = await identify(connection, namespace)
    for (const { connector } of connectors()) {
      const schedule = await readSchedule(place.client, connector)
      if (schedule !== null) this.#seen.set(connector, schedule)
    }
  }

  trouble(): string | null {
    if (this.#trouble === null) return null
    const { text, sinceMs } = this.#trouble
    return `${text} (for ${ms(Math.max(Date.now() - sinceMs, 1_000))})`
  }

  async run(signal: AbortSignal): Promise<void> {
    const { everyMs = lookEveryMs, onTrouble } = this.#options
    while (await isAfter(everyMs, signal)) {
      try {
        await this.#look(signal)
        this.#end()
      } catch (error) {
        if (signal.aborted) return
        this.#begin(this.#describe(error))
        onTrouble(this.trouble())
      }
    }
  }

  #begin(text: string): void {
    if (this.#trouble?.text === text) return
    this.#options.onStep(`${text}.`)
    this.#trouble = { text, sinceMs: this.#trouble?.sinceMs ?? Date.now() }
  }

  #end(): void {
    if (this.#trouble === null) return
    const { onStep, onTrouble, address } = this.#options
    const lasted = ms(Math.max(Date.now() - this.#trouble.sinceMs, 1_000))
    this.#trouble = null
    onTrouble(null)
    onStep(`Temporal at ${address} answers again, after ${lasted}.`)
  }

  #describe(error: unknown): string {
    const { address } = this.#options
    if (isAway(error) && !(error instanceof NamespaceNotFoundError)) {
      return `Temporal at ${address} does not answer; retrying. Until it answers, nothing is synced or delivered, and no row is lost`
    }
    const named = nameTemporalError(error, this.#options)
    const text = named instanceof ConnectorError ? `${named.code}: ${named.message}` : String(named)
    return text.replace(/\.$/, '')
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { connection, namespace, address, onStep, onOtherServer, place, connectors } = this.#options
    const identity = await identify(connection, namespace)
    if (identity !== this.#identity) {
      onStep(
        `Temporal at ${address} has lost its data, or is another server: creating what is missing there.`,
      )
      this.#identity = identity
      onOtherServer(identity)
    }
    for (const watched of connectors()) {
      if (signal.aborted) return
      const schedule = await readSchedule(place.client, watched.connector)
      if (schedule !== null) this.#seen.set(watched.connector, schedule)
      else if (this.#seen.has(watched.connector)) await this.#makeAgain(watched)
    }
  }

  async #makeAgain({ connector, schedule, destinations }: WatchedConnector): Promise<void> {
    const { connection, namespace, place, onStep } = this.#options
    if (this.#wantsSearchAttributes) {
      place.hasSearchAttributes = (await applySearchAttributes(connection, namespace)).obstacle === null
    }
    const before = this.#seen.get(connector)
    const isPaused = before?.isPaused ?? false
    const note = before?.note ?? 'paused before the server lost its data'
    await applySchedule(place, connector, schedule, isPaused ? { paused: true, note } : {})
    onStep(
      `The Schedule of ${connector} was missing on the Temporal server: qrsync created it again` +
        (isPaused ? ', paused as before. "qrsync resume" continues it.' : ', and it runs now.'),
    )
    // Running syncs and deliveries were lost with it; the ledger knows where to continue.
    if (!isPaused) await place.client.schedule.getHandle(names.schedule(connector)).trigger()
    for (const destination of destinations) await signalDelivery(place, connector, destination, false)
  }
}

async function isAfter(waitMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(waitMs, undefined, { signal })
    return true
  } catch {
    return false
  }
}

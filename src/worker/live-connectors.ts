import type { ActivityDeps } from '../../activities/deps.ts'
import type { Config } from '../config/schema.ts'
import type { Destination } from '../destinations/destination.ts'
import { ConnectorError } from '../model/connector-error.ts'

/** A connector as it is served now, or was until its config changed. */
interface Serving {
  config: Config
  deps: ActivityDeps
  /** The activities that use it. */
  running: number
  isRetired: boolean
}

/**
 * The connectors that a process serves. A connector's parts can be replaced while it runs. A running activity keeps the parts
 * that it began with, the next activity uses the new ones, and the old ones are closed when no activity uses them any more.
 */
export class LiveConnectors {
  readonly #taskQueue: string
  readonly #current: Map<string, Serving>
  readonly #all = new Map<ActivityDeps, Serving>()
  #closing: Promise<unknown> = Promise.resolve()

  constructor(taskQueue: string, served: readonly { config: Config; deps: ActivityDeps }[]) {
    this.#taskQueue = taskQueue
    this.#current = new Map()
    for (const { config, deps } of served) this.#add(config, deps)
  }

  /** The current parts of each connector, in the order of the config files. */
  get served(): ActivityDeps[] {
    return [...this.#current.values()].map(({ deps }) => deps)
  }

  get configs(): Config[] {
    return [...this.#current.values()].map(({ config }) => config)
  }

  find(connector: string): { config: Config; deps: ActivityDeps } | null {
    return this.#current.get(connector) ?? null
  }

  /**
   * Called when an activity starts.
   *
   * @throws ConnectorError CONFIG_INVALID for a connector that the process does not serve
   */
  enter(connector: string): ActivityDeps {
    const serving = this.#current.get(connector)
    if (serving === undefined) {
      throw new ConnectorError(
        'CONFIG_INVALID',
        `The worker of ${this.#taskQueue} no longer has a config file for the connector ${connector}. ` +
          'Put it back, or terminate the workflow and delete its Schedule.',
        { retry: 'never' },
      )
    }
    serving.running++
    return serving.deps
  }

  /** Called when that activity has ended. */
  leave(deps: ActivityDeps): void {
    const serving = this.#all.get(deps)
    if (serving === undefined) return
    serving.running--
    this.#closeIfUnused(serving)
  }

  /** Gives other parts to new activities of this connector. Destinations may be the same ones as before. */
  replace(config: Config, deps: ActivityDeps): void {
    const before = this.#current.get(config.connector)
    this.#add(config, deps)
    if (before === undefined) return
    before.isRetired = true
    this.#closeIfUnused(before)
  }

  /** Waits for parts that are being closed, then closes the rest. */
  async close(): Promise<void> {
    await this.#closing
    for (const { deps } of this.#all.values()) await deps.api.close()
  }

  #add(config: Config, deps: ActivityDeps): void {
    const serving = { config, deps, running: 0, isRetired: false }
    this.#current.set(config.connector, serving)
    this.#all.set(deps, serving)
  }

  #closeIfUnused(serving: Serving): void {
    if (!serving.isRetired || serving.running > 0) return
    this.#all.delete(serving.deps)
    const inUse = new Set<Destination>(
      [...this.#all.values()].flatMap(({ deps }) => [...deps.destinations.values()]),
    )
    const { api, destinations } = serving.deps
    const unused = [...destinations.values()].filter((destination) => !inUse.has(destination))
    const closed = [api.close(), ...unused.map((destination) => destination.close())]
    // If closing fails, the parts are abandoned anyway.
    this.#closing = Promise.allSettled([this.#closing, ...closed])
  }
}

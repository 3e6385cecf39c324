import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Observer } from '../../activities/observer.ts'
import type { ActivityDeps } from '../../activities/deps.ts'
import { compareConfigs, type ConfigChanges } from '../config/compare-configs.ts'
import { fingerprintOfSources } from '../config/config-sources.ts'
import { loadConfig } from '../config/load-config.ts'
import { configFilesOf, type Served } from '../config/load-configs.ts'
import type { Environment } from '../config/references.ts'
import type { Config } from '../config/schema.ts'
import type { Destination } from '../destinations/destination.ts'
import { readConnector } from '../ledger/connector/connector-state.ts'
import { noteConfigLoad, readConfigLoads } from '../ledger/connector/config-load.ts'
import { ConnectorError } from '../model/connector-error.ts'
import type { Place } from '../temporal/place.ts'
import { readSchedule } from '../temporal/read-runs.ts'
import { applySchedule } from '../temporal/schedule.ts'
import { names } from '../temporal/names.ts'
import { createActivityDeps } from './create-activity-deps.ts'
import type { LiveConnectors } from './live-connectors.ts'
import { openDestinations } from './open-destinations.ts'

const lookEveryMs = 2_000

export interface ReloadOptions {
  /** A config file, or a folder of them. */
  path: string
  environment: Environment
  files: Served['files']
  live: LiveConnectors
  place: Place
  observer: Observer
  /** Called before a new config is used, with its secrets and alert settings. */
  onConfigs: (configs: readonly Config[]) => Promise<void>
  /** Receives a line for each change. */
  onStep: (text: string) => void
  everyMs?: number
}

/**
 * Reads the config again when one of its sources changes: the files, the `.env` beside them, files with
 * secrets. A connector's next activity uses the changes that need no restart. An invalid config is reported,
 * and the previous one stays in use.
 */
export class ConfigReloader {
  readonly #options: ReloadOptions
  /** By file, as they were when the process started. */
  readonly #connectors: ReadonlyMap<string, string>
  readonly #stopping = new AbortController()
  /** What was read last, and what was seen since and may still be changing. */
  #loaded: string
  #seen: string | null = null
  #reading: Promise<void> = Promise.resolve()
  #ended: Promise<void> = Promise.resolve()

  constructor(options: ReloadOptions) {
    this.#options = options
    const { files, live, path } = options
    this.#connectors = new Map(files.map((file, index) => [file, live.configs[index]?.connector ?? '']))
    this.#loaded = fingerprintOfSources(path)
  }

  /** Starts checking every few seconds. */
  async begin(): Promise<void> {
    const nowMs = Date.now()
    for (const { ledger, connector } of this.#options.live.served) {
      const load = { connector, loadedAtMs: nowMs, problem: null, problemSinceMs: null, restart: null }
      await noteConfigLoad(ledger, load)
    }
    this.#ended = this.#look()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#ended
    await this.#reading
  }

  /** Reads the config now if it has changed. Never fails: errors are reported. */
  reload(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#reloadOnce())
    return this.#reading
  }

  async #look(): Promise<void> {
    const { everyMs = lookEveryMs, path } = this.#options
    while (await isAfter(everyMs, this.#stopping.signal)) {
      const now = fingerprintOrNull(path)
      // A file that is being written is read once it no longer changes.
      if (now !== this.#loaded && now === this.#seen) await this.reload()
      this.#seen = now
    }
  }

  async #reloadOnce(): Promise<void> {
    const { path, files, onStep } = this.#options
    const now = fingerprintOrNull(path)
    if (now === null || now === this.#loaded) return
    this.#loaded = now
    for (const file of files) {
      try {
        await this.#reloadFile(file)
      } catch (error) {
        await this.#report(file, error).catch((failure: unknown) => {
          onStep(`The config ${file} was not read again: ${reasonOf(failure)}`)
        })
      }
    }
    for (const file of filesOrNone(path)) {
      if (files.includes(file)) continue
      onStep(`${file} is new: restart qrsync to serve its connector, too.`)
    }
  }

  async #reloadFile(file: string): Promise<void> {
    const { live, environment } = this.#options
    const connector = this.#connectors.get(file) ?? ''
    const current = live.find(connector)
    if (current === null) return
    const config = loadConfig(file, environment)
    if (config.connector !== connector) {
      throw new ConnectorError(
        'CONFIG_INVALID',
        `${file}: connector: the name has changed from ${connector} to ${config.connector}. Restart qrsync to start a connector of that ` +
          'name, or change it back.',
        { retry: 'never' },
      )
    }
    const changes = compareConfigs(current.config, config)
    if (changes.applied.length > 0) await this.#use(current.deps, current.config, changes)
    await this.#noteLoaded(current.deps, file, changes)
  }

  /** Running activities end with the parts that they started with. */
  async #use(before: ActivityDeps, old: Config, { config }: ConfigChanges): Promise<void> {
    const { live, place, observer, onConfigs } = this.#options
    const { connector, ledger } = before
    const destinations = await reopened(before, old, config)
    const parts = { ledger, now: before.clock.now, destinations, observer }
    await onConfigs(live.configs.map((each) => (each.connector === connector ? config : each)))
    const deps = createActivityDeps(config, parts, Promise.resolve(place))
    live.replace(config, deps)
    if (!isDeepStrictEqual(old.schedule, config.schedule) && (await readSchedule(place.client, connector))) {
      await applySchedule(place, connector, config.schedule)
    }
    for (const [name, destination] of destinations) {
      // Urgent, so that a failure caused by the old settings is retried at once.
      if (before.destinations.get(name) !== destination) await deps.signalDelivery(name, true)
    }
    if (old.source.key !== config.source.key) await this.#syncAgain(deps)
  }

  /** Starts a sync that ended because of the key now, before its next time. */
  async #syncAgain({ ledger, connector }: ActivityDeps): Promise<void> {
    const { client } = this.#options.place
    const { sync_failure: failure } = await readConnector(ledger, connector)
    const schedule = await readSchedule(client, connector)
    if (failure === null || schedule === null || schedule.isPaused) return
    await client.schedule.getHandle(names.schedule(connector)).trigger()
  }

  async #noteLoaded(
    { ledger, connector }: ActivityDeps,
    file: string,
    changes: ConfigChanges,
  ): Promise<void> {
    const { onStep } = this.#options
    const { applied, forRestart } = changes
    const [before] = await readConfigLoads(ledger, [connector])
    const restart =
      forRestart.length === 0
        ? null
        : `${forRestart.join(', ')} in ${file} ${forRestart.length === 1 ? 'applies' : 'apply'} after a restart of qrsync; ` +
          'until then qrsync uses the old value.'
    const loadedAtMs = applied.length > 0 ? Date.now() : (before?.loadedAtMs ?? Date.now())
    await noteConfigLoad(ledger, { connector, loadedAtMs, problem: null, problemSinceMs: null, restart })
    if (applied.length > 0) onStep(`${file} has changed; used from now on: ${applied.join(', ')}.`)
    else if (before?.problem != null) onStep(`${file} is right again.`)
    if (restart !== null && restart !== before?.restart) onStep(restart)
  }

  async #report(file: string, error: unknown): Promise<void> {
    const { live, onStep } = this.#options
    const current = live.find(this.#connectors.get(file) ?? '')
    if (current === null) return
    const { ledger, connector } = current.deps
    const [before] = await readConfigLoads(ledger, [connector])
    const nowMs = Date.now()
    const problem = reasonOf(error)
    await noteConfigLoad(ledger, {
      connector,
      loadedAtMs: before?.loadedAtMs ?? nowMs,
      problem,
      problemSinceMs: before?.problemSinceMs ?? nowMs,
      restart: before?.restart ?? null,
    })
    onStep(`The changed config is not used, ${connector} keeps running with the one before: ${problem}`)
  }
}

/** Returns the destinations of a new config: those with unchanged settings stay open. */
async function reopened(
  { destinations: opened, ledger }: ActivityDeps,
  old: Config,
  config: Config,
): Promise<Map<string, Destination>> {
  const all = new Map<string, Destination>()
  for (const [name, settings] of Object.entries(config.destinations)) {
    const before = opened.get(name)
    if (before !== undefined && isDeepStrictEqual(old.destinations[name], settings)) {
      all.set(name, before)
      continue
    }
    const [destination] = (await openDestinations({ destinations: { [name]: settings } }, ledger)).values()
    if (destination !== undefined) all.set(name, destination)
  }
  return all
}

function fingerprintOrNull(path: string): string | null {
  try {
    return fingerprintOfSources(path)
  } catch {
    // If a folder is missing for a moment, nothing of it can be read.
    return null
  }
}

function filesOrNone(path: string): string[] {
  try {
    return configFilesOf(path)
  } catch {
    return []
  }
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

async function isAfter(waitMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(waitMs, undefined, { signal, ref: false })
    return true
  } catch {
    return false
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import ms from 'ms'
import { ConnectorError } from '../../model/connector-error.ts'
import { startDevServer, type DevServer, type DevServerOptions } from './dev-server.ts'

export interface KeptServer extends Pick<DevServer, 'address' | 'uiUrl' | 'busyPorts'> {
  /** Rejects with TEMPORAL_UNREACHABLE once the server has been started again too often; otherwise it stays pending. */
  broken: Promise<never>
  /** Ends the server for good. */
  stop(): Promise<void>
}

export interface KeepOptions extends DevServerOptions {
  /** Receives a line for each end of the server and each restart. */
  onStep: (text: string) => void
  /** How long to wait before each restart in a row; after the last one, the server counts as broken. For tests. */
  waitsMs?: readonly number[]
  /** A server that has run for this long counts as healthy: the waits start from the beginning again. */
  healthyAfterMs?: number
}

/** Two minutes in total: by then, a port or a file that another process held for a moment is free again. */
const usualWaitsMs = [0, 1_000, 5_000, 15_000, 30_000, 60_000]
const usualHealthyAfterMs = 10 * 60_000

/**
 * Starts a development server, and restarts it at the same address and with the same database whenever it ends
 * without `stop()`. Workers and commands then reconnect automatically.
 *
 * @throws ConnectorError TEMPORAL_UNREACHABLE if it does not start the first time
 */
export async function keepDevServer(options: KeepOptions): Promise<KeptServer> {
  const first = await startDevServer(options)
  const keeper = new Keeper(options, first)
  const broken = keeper.run()
  broken.catch(() => undefined)
  return {
    address: first.address,
    uiUrl: first.uiUrl,
    busyPorts: first.busyPorts,
    broken,
    stop: () => keeper.stop(),
  }
}

class Keeper {
  readonly #options: KeepOptions
  readonly #ports: [number, number]
  readonly #stopping = new AbortController()
  #server: DevServer
  #starting: Promise<unknown> = Promise.resolve()

  constructor(options: KeepOptions, server: DevServer) {
    this.#options = options
    this.#server = server
    this.#ports = [portOf(server.address), portOf(server.uiUrl)]
  }

  async run(): Promise<never> {
    const { onStep, waitsMs = usualWaitsMs, healthyAfterMs = usualHealthyAfterMs } = this.#options
    let attempt = 0
    for (;;) {
      const startedAtMs = Date.now()
      let reason = await this.#server.ended
      if (Date.now() - startedAtMs >= healthyAfterMs) attempt = 0
      let isUp = false
      while (!isUp) {
        if (this.#stopping.signal.aborted) return new Promise<never>(() => undefined)
        const waitMs = waitsMs[attempt]
        const { address } = this.#server
        const what = `The Temporal server at ${address} has ended${reason === '' ? '' : ` (${firstLine(reason)})`}`
        if (waitMs === undefined) {
          throw new ConnectorError(
            'TEMPORAL_UNREACHABLE',
            `${what}, and ${waitsMs.length} restarts have not helped. ` +
              'Check whether another program uses its port or its database, and start "qrsync up" again: no row is lost.',
            { retry: 'never' },
          )
        }
        onStep(`${what}. Starting it again${waitMs === 0 ? '' : ` in ${ms(waitMs)}`}.`)
        try {
          await sleep(waitMs, undefined, { signal: this.#stopping.signal })
          const starting = startDevServer({ ...this.#options, ports: this.#ports })
          this.#starting = starting.catch(() => undefined)
          this.#server = await starting
          isUp = true
          onStep(`The Temporal server is running again at ${address}.`)
        } catch (error) {
          reason = error instanceof Error ? error.message : String(error)
        }
        attempt += 1
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#starting
    await this.#server.stop()
  }
}

const portOf = (url: string) => Number(url.split(':').at(-1))

const firstLine = (text: string) => text.split('\n', 1)[0] ?? ''

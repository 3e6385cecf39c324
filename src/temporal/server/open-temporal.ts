import { join } from 'node:path'
import { IllegalStateError } from '@temporalio/common'
import type { NativeConnection } from '@temporalio/worker'
import type { Config } from '../../config/schema.ts'
import { configuredTemporal, connectToTemporal } from '../connect.ts'
import { findTemporalExecutable } from './find-executable.ts'
import { keepDevServer } from './keep-dev-server.ts'
import { identify } from './server-identity.ts'
import type { UpLock } from './up-lock.ts'

export interface Temporal {
  connection: NativeConnection
  address: string
  namespace: string
  /** Null for a server that we did not start: only its operator knows where its UI is. */
  uiUrl: string | null
  /** Rejects if we started the server and it cannot be kept running; otherwise it stays pending. */
  broken: Promise<never>
  close(): Promise<void>
}

/** A worker that did not end in time, on a busy machine, still holds its connection: that closes with the process. */
export async function closeConnection(connection: Pick<NativeConnection, 'close'>): Promise<void> {
  try {
    await connection.close()
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error
  }
}

export interface OpenTemporalOptions {
  config: Config
  lock: UpLock
  onProgress: (text: string) => void
  /** Receives a line that says which server it is, and later lines about what happens to one of our own. */
  onStep: (text: string) => void
}

/** For a server that we did not start: we do not restart it, so we never give it up. */
export const neverBroken = new Promise<never>(() => undefined)

/**
 * Connects to the configured Temporal server, or starts one of our own that stores its state next to the
 * ledger.
 */
export async function openTemporal(options: OpenTemporalOptions): Promise<Temporal> {
  const { config, lock, onProgress, onStep } = options
  const target = configuredTemporal(config.temporal)
  if (target !== null) {
    const { address } = target.connection
    onProgress(`Connecting to Temporal at ${address}`)
    const connection = await connectToTemporal(target)
    onStep(`Temporal: ${address}, namespace ${target.namespace}`)
    return {
      connection,
      address,
      namespace: target.namespace,
      uiUrl: config.observability.temporal_ui ?? null,
      broken: neverBroken,
      close: () => closeConnection(connection),
    }
  }
  const { path, origin } = await findTemporalExecutable({ onProgress })
  onProgress('Starting the Temporal server')
  const databaseFile = join(config.ledger.folder, 'temporal.sqlite')
  const server = await keepDevServer({ executable: path, databaseFile, onStep })
  try {
    const { address, uiUrl } = server
    const busy =
      server.busyPorts.length > 0 ? ` (busy: ${server.busyPorts.join(', ')}, so qrsync uses others)` : ''
    onStep(`Temporal: development server ${origin}, at ${address}, UI ${uiUrl}${busy}`)
    const namespace = 'default'
    const connection = await connectToTemporal({ connection: { address }, namespace })
    lock.noteServer({ address, uiUrl, identity: await identify(connection, namespace) })
    return {
      connection,
      address,
      namespace,
      uiUrl,
      broken: server.broken,
      async close() {
        await closeConnection(connection)
        await server.stop()
      },
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

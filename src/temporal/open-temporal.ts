import { join } from 'node:path'
import type { NativeConnection } from '@temporalio/worker'
import type { Config } from '../config/schema.ts'
import { configuredTemporal, connectToTemporal } from './connect.ts'
import { startDevServer } from './dev-server.ts'
import { findTemporalExecutable } from './find-executable.ts'
import { noteAddress } from './running-server.ts'

export interface Temporal {
  connection: NativeConnection
  namespace: string
  /** Null for a server that is not ours: where its UI is, only its operator knows. */
  uiUrl: string | null
  close(): Promise<void>
}

export interface OpenTemporalOptions {
  config: Config
  onProgress: (text: string) => void
  /** Told once, which server it is. */
  onFound: (text: string) => void
}

/** Connects to the configured Temporal server, or starts one of our own that keeps its state beside the ledger. */
export async function openTemporal({ config, onProgress, onFound }: OpenTemporalOptions): Promise<Temporal> {
  const target = configuredTemporal(config.temporal)
  if (target !== null) {
    onProgress(`Connecting to Temporal at ${target.connection.address}`)
    const connection = await connectToTemporal(target)
    onFound(`Temporal: ${target.connection.address}, namespace ${target.namespace}`)
    return { connection, namespace: target.namespace, uiUrl: null, close: () => connection.close() }
  }
  const { path, origin } = await findTemporalExecutable({ onProgress })
  onProgress('Starting the Temporal server')
  const databaseFile = join(config.ledger.folder, 'temporal.sqlite')
  const server = await startDevServer({ executable: path, databaseFile })
  const busy =
    server.busyPorts.length > 0 ? ` (busy: ${server.busyPorts.join(', ')}, so others were taken)` : ''
  onFound(`Temporal: development server ${origin}, at ${server.address}, UI ${server.uiUrl}${busy}`)
  const connection = await connectToTemporal({
    connection: { address: server.address },
    namespace: 'default',
  })
  const forget = noteAddress(config.ledger.folder, server.address)
  return {
    connection,
    namespace: 'default',
    uiUrl: server.uiUrl,
    async close() {
      forget()
      await connection.close()
      await server.stop()
    },
  }
}

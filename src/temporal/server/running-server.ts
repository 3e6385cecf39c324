import type { ConnectionLike } from '@temporalio/client'
import type { Config } from '../../config/schema.ts'
import { ConnectorError } from '../../model/connector-error.ts'
import { configuredTemporal, connectToTemporal, type TemporalTarget } from '../connect.ts'
import { closeConnection, neverBroken, type Temporal } from './open-temporal.ts'
import { identify } from './server-identity.ts'
import { findServerNote, type FoundNote } from './up-lock.ts'

/** A server, and how to check that it is the expected one. */
export interface RunningServer extends TemporalTarget {
  /**
   * @param connection to the server that answers there
   * @throws ConnectorError TEMPORAL_UNREACHABLE if that is another server than the one that `up` has started
   */
  mustBeOurs(connection: ConnectionLike): Promise<void>
}

/**
 * Returns the Temporal server that a connector uses: the configured one, or the development server of a running
 * `up`.
 *
 * @throws ConnectorError TEMPORAL_UNREACHABLE
 */
export function runningServer(config: Config): RunningServer {
  const target = configuredTemporal(config.temporal)
  if (target !== null) return { ...target, mustBeOurs: () => Promise.resolve() }
  const { folder } = config.ledger
  const found = findServerNote(folder)
  const server = found?.isRunning === true ? noted(found) : null
  if (server !== null) return server
  throw unreachable(`No Temporal server is configured, and ${whyNone(folder, found)}.`)
}

function whyNone(folder: string, found: FoundNote | null): string {
  if (found === null) return `no "qrsync up" is running in ${folder}. Start it`
  const { pid, startedAtMs } = found.note
  const since = new Date(startedAtMs).toISOString()
  if (found.isRunning) {
    return `the "qrsync up" in ${folder} (process ${pid}, since ${since}) is still starting its own. Try again in a moment`
  }
  return (
    `the "qrsync up" of ${folder} (process ${pid}, started ${since}) ended without removing its note, ` +
    'so qrsync does not use the address in it. Start "qrsync up" again'
  )
}

function noted({ note }: FoundNote): RunningServer | null {
  const { server, pid } = note
  if (server === null) return null
  const namespace = 'default'
  return {
    connection: { address: server.address },
    namespace,
    async mustBeOurs(connection) {
      if ((await identify(connection, namespace)) === server.identity) return
      throw unreachable(
        `At ${server.address} another Temporal server answers, not the one of "qrsync up" (process ${pid}): qrsync sent nothing to it. ` +
          'Stop that process and start it again, or stop the other server.',
      )
    },
  }
}

function unreachable(message: string): ConnectorError {
  return new ConnectorError('TEMPORAL_UNREACHABLE', message, { retry: 'never' })
}

/**
 * Connects a worker to it.
 *
 * @throws ConnectorError TEMPORAL_UNREACHABLE
 */
export async function connectToRunningServer(config: Config): Promise<Temporal> {
  const target = runningServer(config)
  const connection = await connectToTemporal(target)
  try {
    await target.mustBeOurs(connection)
  } catch (error) {
    await connection.close()
    throw error
  }
  return {
    connection,
    address: target.connection.address,
    namespace: target.namespace,
    uiUrl: uiUrlOf(config),
    broken: neverBroken,
    close: () => closeConnection(connection),
  }
}

/** The address of the Temporal UI: of the config file, or that which a running `up` has started; null if it is unknown. */
export function uiUrlOf({ temporal, ledger, observability }: Config): string | null {
  if (configuredTemporal(temporal) !== null) return observability.temporal_ui ?? null
  const found = findServerNote(ledger.folder)
  return found?.isRunning === true ? (found.note.server?.uiUrl ?? null) : null
}

/** Whether there is a server to connect to; otherwise only `up` can start one. */
export function isServerKnown(config: Config): boolean {
  if (configuredTemporal(config.temporal) !== null) return true
  const found = findServerNote(config.ledger.folder)
  return found?.isRunning === true && found.note.server !== null
}

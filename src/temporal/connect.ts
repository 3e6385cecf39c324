import { Connection } from '@temporalio/client'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker'
import type { Config } from '../config/schema.ts'
import { ConnectorError } from '../model/connector-error.ts'

/** Where a Temporal server is, and how to get in. */
export interface TemporalTarget {
  connection: NativeConnectionOptions & { address: string }
  namespace: string
}

/**
 * The server that the config file names, else the one of Temporal's standard environment variables (TEMPORAL_ADDRESS,
 * TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS …); null where neither is set.
 */
export function configuredTemporal(temporal: Config['temporal']): TemporalTarget | null {
  if (temporal !== undefined)
    return { connection: { address: temporal.address }, namespace: temporal.namespace }
  if (!process.env['TEMPORAL_ADDRESS']) return null
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig()
  return { connection: { ...connectionOptions, address: process.env['TEMPORAL_ADDRESS'] }, namespace }
}

/** @throws ConnectorError TEMPORAL_UNREACHABLE */
export async function connectToTemporal({
  connection,
  namespace,
}: TemporalTarget): Promise<NativeConnection> {
  const { address } = connection
  // The native connection has no time limit of its own for a host that does not answer.
  const probe = Connection.connect({ ...(connection as object), address, connectTimeout: '5s' })
  try {
    await (await probe).close()
    return await NativeConnection.connect(connection)
  } catch (error) {
    throw new ConnectorError(
      'TEMPORAL_UNREACHABLE',
      `No Temporal server answers at ${address} (namespace ${namespace}). ` +
        'Start it, or correct temporal.address in the config file or TEMPORAL_ADDRESS.',
      { retry: 'never', cause: error },
    )
  }
}

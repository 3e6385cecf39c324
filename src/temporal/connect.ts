import { Connection, isGrpcServiceError } from '@temporalio/client'
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig'
import type { NativeConnection, NativeConnectionOptions, TLSConfig } from '@temporalio/worker'
import type { Environment } from '../config/references.ts'
import type { Config } from '../config/schema.ts'
import { isLoopback } from '../config/values/web-url.ts'
import { ConnectorError } from '../model/connector-error.ts'
import { retryUntilClosed } from './retry-until-closed.ts'

/** The address of a Temporal server, and the credentials. */
export interface TemporalTarget {
  connection: NativeConnectionOptions & { address: string }
  namespace: string
}

/**
 * Returns the server that the config file names, otherwise the one of Temporal's standard environment:
 * TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS and so on, or a profile of Temporal's
 * own config file; null if neither is set.
 *
 * @throws ConnectorError CONFIG_INVALID for a missing profile or file
 * @see https://docs.temporal.io/develop/environment-configuration
 */
export function configuredTemporal(
  temporal: Config['temporal'],
  environment: Environment = process.env,
): TemporalTarget | null {
  if (temporal?.address === undefined) return standardTemporal(environment)
  const { address, namespace, api_key: apiKey, tls } = temporal
  return {
    connection: {
      address,
      ...(apiKey !== undefined && { apiKey }),
      ...(tls !== undefined && { tls: typeof tls === 'object' ? tlsOf(tls) : tls }),
    },
    namespace,
  }
}

type TlsFiles = Extract<NonNullable<Config['temporal']>['tls'], object>

function tlsOf({ ca, cert, key }: TlsFiles): TLSConfig {
  return {
    ...(ca !== undefined && { serverRootCACertificate: Buffer.from(ca) }),
    ...(cert !== undefined &&
      key !== undefined && { clientCertPair: { crt: Buffer.from(cert), key: Buffer.from(key) } }),
  }
}

/**
 * A file in the home folder alone does not count: somebody who tries qrsync must not run it on a server
 * elsewhere by accident.
 */
const namesServer = ['TEMPORAL_ADDRESS', 'TEMPORAL_CONFIG_FILE', 'TEMPORAL_PROFILE'] as const

function standardTemporal(environment: Environment): TemporalTarget | null {
  if (!namesServer.some((name) => environment[name])) return null
  const { connectionOptions, namespace = 'default' } = loadStandard(environment)
  const { address } = connectionOptions
  if (address === undefined) throw wrongEnvironment('it sets no address')
  const { apiKey, tls } = connectionOptions
  if (apiKey && tls === false && !isLoopback(URL.parse(`http://${address}`)?.hostname ?? '')) {
    throw wrongEnvironment('it turns TLS off, and everybody on the way could read the API key')
  }
  return { connection: { ...connectionOptions, address }, namespace }
}

function loadStandard(environment: Environment): ClientConnectConfig {
  try {
    return loadClientConnectConfig({ overrideEnvVars: definedIn(environment) })
  } catch (error) {
    throw wrongEnvironment(error instanceof Error ? error.message : String(error), error)
  }
}

function wrongEnvironment(reason: string, cause?: unknown): ConnectorError {
  return new ConnectorError(
    'CONFIG_INVALID',
    `Temporal's environment (${namesServer.join(', ')} …) cannot be used: ${reason}. ` +
      'Correct it, or set temporal.address in the config file.',
    { retry: 'never', cause },
  )
}

function definedIn(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/**
 * Connects a worker.
 *
 * @throws ConnectorError TEMPORAL_UNREACHABLE
 */
export async function connectToTemporal(target: TemporalTarget): Promise<NativeConnection> {
  // The native connection has no time limit for a host that does not answer.
  await (await connectClient(target)).close()
  // Commands without a worker do not load its modules, which take half a second of CPU.
  const { NativeConnection } = await import('@temporalio/worker')
  return NativeConnection.connect(target.connection)
}

/**
 * Connects a command. The native connection's runtime would catch the first Ctrl-C, and write its own log.
 *
 * @throws ConnectorError TEMPORAL_UNREACHABLE
 */
export async function connectClient({ connection, namespace }: TemporalTarget): Promise<Connection> {
  const { address } = connection
  try {
    return await Connection.connect({
      ...(connection as object),
      address,
      connectTimeout: '3s',
      interceptors: retryUntilClosed,
    })
  } catch (error) {
    const isRefused = isGrpcServiceError(error) && keyRefused.includes(error.code)
    throw new ConnectorError(
      'TEMPORAL_UNREACHABLE',
      isRefused
        ? `The Temporal server at ${address} does not accept the API key for the namespace ${namespace}: correct temporal.api_key in the config file, or TEMPORAL_API_KEY.`
        : `No Temporal server answers at ${address} (namespace ${namespace}, ${hasTls(connection) ? 'with' : 'without'} TLS). ` +
            'Start it, or correct temporal.address and temporal.tls in the config file, or TEMPORAL_ADDRESS and related variables.',
      { retry: 'never', cause: error },
    )
  }
}

/** UNAUTHENTICATED and PERMISSION_DENIED */
const keyRefused: readonly number[] = [16, 7]

const hasTls = ({ tls, apiKey }: TemporalTarget['connection']) => Boolean(tls ?? apiKey)

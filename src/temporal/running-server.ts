import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { ConnectorError } from '../model/connector-error.ts'
import type { Temporal } from './open-temporal.ts'
import { configuredTemporal, connectToTemporal, type TemporalTarget } from './connect.ts'

const fileIn = (folder: string) => join(folder, 'temporal-address')

/** Lets other commands find the development server that goes with a ledger. @returns what takes the note away again */
export function noteAddress(folder: string, address: string): () => void {
  writeFileSync(fileIn(folder), address)
  return () => {
    rmSync(fileIn(folder), { force: true })
  }
}

/**
 * The Temporal server that a connector runs on: the configured one, or the development server of an `up` that is at work.
 *
 * @throws ConnectorError TEMPORAL_UNREACHABLE
 */
export function runningServer(config: Config): TemporalTarget {
  const target = configuredTemporal(config.temporal) ?? notedServer(config.ledger.folder)
  if (target !== null) return target
  throw new ConnectorError(
    'TEMPORAL_UNREACHABLE',
    `No Temporal server is configured, and no "qrsync up" is at work on ${config.ledger.folder}. Start it.`,
    { retry: 'never' },
  )
}

/**
 * Connects a worker to it.
 *
 * @throws ConnectorError TEMPORAL_UNREACHABLE
 */
export async function connectToRunningServer(config: Config): Promise<Temporal> {
  const target = runningServer(config)
  const connection = await connectToTemporal(target)
  return { connection, namespace: target.namespace, uiUrl: null, close: () => connection.close() }
}

/** Whether there is one to connect to: else only `up` can start it. */
export const isServerKnown = (config: Config) =>
  (configuredTemporal(config.temporal) ?? notedServer(config.ledger.folder)) !== null

function notedServer(folder: string): TemporalTarget | null {
  try {
    return { connection: { address: readFileSync(fileIn(folder), 'utf8') }, namespace: 'default' }
  } catch {
    return null
  }
}

import { Client } from '@temporalio/client'
import type { Config } from '../config/schema.ts'
import { ConnectorError } from '../model/connector-error.ts'
import { connectClient } from '../temporal/connect.ts'
import { isAway } from '../temporal/is-away.ts'
import { runningServer } from '../temporal/running-server.ts'

/** @throws ConnectorError TEMPORAL_UNREACHABLE */
export async function withTemporal<T>(config: Config, work: (client: Client) => Promise<T>): Promise<T> {
  const target = runningServer(config)
  const connection = await connectClient(target)
  try {
    return await work(new Client({ connection, namespace: target.namespace }))
  } catch (error) {
    if (!isAway(error)) throw error
    const message =
      `The Temporal server at ${target.connection.address} no longer answers. ` +
      'What runs there goes on by itself once it does; "qrsync status" tells.'
    throw new ConnectorError('TEMPORAL_UNREACHABLE', message, { retry: 'never', cause: error })
  } finally {
    await connection.close()
  }
}

import { Client } from '@temporalio/client'
import type { Config } from '../config/schema.ts'
import { connectToRunningServer } from '../temporal/running-server.ts'

/** @throws ConnectorError TEMPORAL_UNREACHABLE */
export async function withTemporal<T>(config: Config, work: (client: Client) => Promise<T>): Promise<T> {
  const { connection, namespace } = await connectToRunningServer(config)
  try {
    return await work(new Client({ connection, namespace }))
  } finally {
    await connection.close()
  }
}

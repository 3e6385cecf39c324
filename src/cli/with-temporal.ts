import { Client } from '@temporalio/client'
import type { Config } from '../config/schema.ts'
import { connectClient } from '../temporal/connect.ts'
import { dataConverterOf } from '../temporal/encryption/data-converter.ts'
import { nameTemporalError } from '../temporal/name-temporal-error.ts'
import { runningServer } from '../temporal/server/running-server.ts'
import { watchAnswer, type AnswerWatch } from '../temporal/watch-answer.ts'
import { printAside } from './print.ts'
import { NoAnswer } from './run-to-exit.ts'

/**
 * Runs work on the connector's Temporal server. If the server stops answering, reports it on stderr and waits
 * for a minute.
 *
 * @param work gets a function that says whether the server is away
 * @param onStep receives the lines about it
 * @throws ConnectorError TEMPORAL_UNREACHABLE
 */
export async function withTemporal<T>(
  config: Config,
  work: (client: Client, answer: AnswerWatch) => Promise<T>,
  onStep = printAside,
): Promise<T> {
  const target = runningServer(config)
  const { address } = target.connection
  const { namespace } = target
  const connection = await connectClient(target)
  const client = new Client({ connection, namespace, dataConverter: dataConverterOf(config.temporal) })
  const answer = watchAnswer({ client, address, onStep })
  try {
    await target.mustBeOurs(connection)
    const worked = work(client, answer)
    // If we give up on it, it still rejects once the connection is closed.
    worked.catch(() => undefined)
    return await Promise.race([worked, answer.lost])
  } catch (error) {
    throw nameTemporalError(error, { address, namespace })
  } finally {
    answer.stop()
    await connection.close()
  }
}

export function neverStarted(connector: string): NoAnswer {
  return new NoAnswer(`${connector} was never started on this Temporal server: run "qrsync up" first.`)
}

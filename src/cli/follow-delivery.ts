import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type WorkflowHandle } from '@temporalio/client'
import type { Config } from '../config/schema.ts'
import { countDeliveredRows } from '../ledger/deliveries.ts'
import { isDelivered } from '../ledger/read-progress.ts'
import { countRejects, hasReplays } from '../ledger/rejects.ts'
import type { Ledger } from '../ledger/schema.ts'
import { connectToRunningServer } from '../temporal/running-server.ts'
import { names } from '../temporal/names.ts'
import { signalDelivery } from '../temporal/signal-delivery.ts'
import { createDestinations } from '../worker/create-destinations.ts'
import type { Console } from './console.ts'
import { number } from './format.ts'
import { NoAnswer } from './run-to-exit.ts'

const lookEveryMs = 300

export interface FollowedDelivery {
  config: Config
  ledger: Ledger
  destination: string
  screen: Console
}

/**
 * Asks the worker for a delivery and waits until it is complete, telling how far it is and what holds it up. Whoever stops
 * waiting leaves it at work.
 *
 * @returns the rows delivered meanwhile, and how many are refused in all
 * @throws NoAnswer where no worker is at work, ConnectorError TEMPORAL_UNREACHABLE
 */
export async function followDelivery(
  followed: FollowedDelivery,
): Promise<{ delivered: number; rejected: number }> {
  const { config, ledger, destination, screen } = followed
  const { connector } = config
  const place = { connector, destination }
  const streams = createDestinations(config, ledger).get(destination)?.streams ?? []
  const deliveredBefore = await countDeliveredRows(ledger, place)
  const { connection, namespace } = await connectToRunningServer(config)
  try {
    const client = new Client({ connection, namespace })
    await mustBeServed(client, connector)
    await signalDelivery(client, connector, destination, true)
    const workflow = client.workflow.getHandle(names.deliverWorkflow(connector, destination))
    const isComplete = async () => {
      for (const stream of streams) if (await hasReplays(ledger, { ...place, stream })) return false
      return isDelivered(ledger, connector, destination, streams)
    }
    while (!(await isComplete())) {
      const delivered = (await countDeliveredRows(ledger, place)) - deliveredBefore
      const obstacle = await obstacleOf(workflow)
      screen.status(`${number(delivered)} rows delivered to ${destination}${obstacle}`)
      await sleep(lookEveryMs)
    }
    return {
      delivered: (await countDeliveredRows(ledger, place)) - deliveredBefore,
      rejected: await countRejects(ledger, place),
    }
  } finally {
    await connection.close()
  }
}

async function mustBeServed(client: Client, connector: string): Promise<void> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: names.taskQueue(connector) },
  })
  if (pollers.length === 0)
    throw new NoAnswer(`No worker of ${connector} is at work: start "qrsync up", which then delivers it.`)
}

/** Why an attempt has failed, while the next is waited for. */
async function obstacleOf(workflow: WorkflowHandle): Promise<string> {
  const { raw } = await workflow.describe()
  const failure = raw.pendingActivities?.find(({ lastFailure }) => lastFailure)?.lastFailure
  return failure?.message ? `; it tries again by itself: ${failure.message.replaceAll('\n', ' ')}` : ''
}

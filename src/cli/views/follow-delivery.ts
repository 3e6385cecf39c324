import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import type { Config } from '../../config/schema.ts'
import { countDeliveredRows } from '../../ledger/deliveries/deliveries.ts'
import type { DeliveryFailure } from '../../ledger/deliveries/delivery-failures.ts'
import { countRejects } from '../../ledger/deliveries/rejects.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import { ignoreAway } from '../../temporal/is-away.ts'
import { names } from '../../temporal/names.ts'
import { findPlace, type Place } from '../../temporal/place.ts'
import { readPollers, readRun } from '../../temporal/read-runs.ts'
import { signalDelivery } from '../../temporal/signal-delivery.ts'
import type { AnswerWatch } from '../../temporal/watch-answer.ts'
import { takesOfEach } from '../../destinations/vendors.ts'
import type { Console } from './console.ts'
import { DeliveryWatch } from './delivery-watch.ts'
import { number } from './format.ts'
import { untilDelivered } from './until-delivered.ts'
import { NoAnswer } from '../run-to-exit.ts'
import { withTemporal } from '../with-temporal.ts'

const lookEveryMs = 300

export interface FollowedDelivery {
  config: Config
  ledger: Ledger
  destination: string
  screen: Console
  /** What to change first, once it is known that a worker delivers. */
  prepare?: () => Promise<void>
}

export interface DeliveryEnd {
  delivered: number
  rejected: number
  failed: DeliveryFailure[]
}

/**
 * Requests a delivery from the worker, and waits until it is complete; shows its progress and what delays it.
 * If the user stops waiting, it continues.
 *
 * @returns the rows delivered meanwhile, how many are refused in total, and the failing streams that it did not
 *   wait for
 * @throws NoAnswer if no worker is running, ConnectorError TEMPORAL_UNREACHABLE
 */
export async function followDelivery(followed: FollowedDelivery): Promise<DeliveryEnd> {
  const { config, ledger, destination, screen, prepare } = followed
  const { connector } = config
  const at = { connector, destination }
  const streams = takesOfEach(config.destinations).get(destination)?.streams ?? []
  const deliveredBefore = await countDeliveredRows(ledger, at)
  const work = async (client: Client, { away }: AnswerWatch) => {
    const place = await findPlace(client, connector)
    await mustBeServed(place, connector, screen)
    await prepare?.()
    const watch = await DeliveryWatch.start({ ledger, at, streams, isManual: true })
    await signalDelivery(place, connector, destination, true)
    const failed = await untilDelivered({
      watch,
      readRun: () => readRun(client, names.deliverWorkflow(connector, destination)).catch(ignoreAway),
      async onLook(obstacle, run) {
        // A server that has lost its data has lost the delivery too.
        if (run === null && away() === null) {
          await signalDelivery(place, connector, destination, true).catch(ignoreAway)
        }
        const delivered = (await countDeliveredRows(ledger, at)) - deliveredBefore
        screen.status(away() ?? `Delivering to ${destination}: ${number(delivered)} rows so far${obstacle}`)
        await sleep(lookEveryMs)
      },
    })
    return {
      failed,
      delivered: (await countDeliveredRows(ledger, at)) - deliveredBefore,
      rejected: await countRejects(ledger, at),
    }
  }
  return withTemporal(config, work, screen.line)
}

/** The core of a worker that has lost its server asks again after at most 10 seconds. */
const asksAgainWithinMs = 15_000

/**
 * Waits until a worker asks for the connector's tasks: a server that has just restarted knows of none yet.
 *
 * @throws NoAnswer
 */
export async function mustBeServed(
  { client, taskQueue }: Place,
  connector: string,
  screen: Console,
): Promise<void> {
  const startedAtMs = performance.now()
  while ((await readPollers(client, taskQueue)).length === 0) {
    if (performance.now() - startedAtMs > asksAgainWithinMs) {
      throw new NoAnswer(`No worker is running for ${connector}. Start one with "qrsync up".`)
    }
    screen.status(`Looking for a worker of ${connector}`)
    await sleep(lookEveryMs)
  }
}

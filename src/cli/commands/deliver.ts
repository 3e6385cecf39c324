import { resetDelivery } from '../../ledger/deliveries/reset-delivery.ts'
import { createConsole } from '../views/console.ts'
import { describeUndelivered, toUndelivered } from '../views/delivery-watch.ts'
import { followDelivery } from '../views/follow-delivery.ts'
import { number, print } from '../views/format.ts'
import { withAccount } from '../with-account.ts'
import { exitCodes } from '../run-to-exit.ts'
import { mustHave } from '../with-destinations.ts'

export interface DeliverOptions {
  config: string
  destination: string
  fromStart: boolean
  resend: boolean
  json: boolean
}

/**
 * `qrsync deliver`: has a destination brought up to the ledger now, or filled anew from its start. It makes no call of the API,
 * and the worker that is at work does it.
 */
export async function deliver(options: DeliverOptions): Promise<void> {
  const { destination } = options
  await withAccount(options.config, async ({ config, ledger, state: { connector } }) => {
    mustHave(config, destination)
    if (options.fromStart || options.resend) {
      await resetDelivery(ledger, { connector, destination, resend: options.resend })
    }
    const screen = createConsole()
    const { delivered, rejected, failed } = await followDelivery({
      config,
      ledger,
      destination,
      screen,
    }).finally(screen.stop)
    const undelivered = failed.map(toUndelivered)
    const left = describeUndelivered(undelivered)
    if (left !== null) process.exitCode = exitCodes.failed
    if (options.json) print(JSON.stringify({ connector, destination, delivered, rejected, undelivered }))
    else if (left !== null) print(`${number(delivered)} rows delivered now. ${left}`)
    else {
      print(
        `${destination} has all that is landed: ${number(delivered)} rows delivered now` +
          (rejected === 0
            ? '.'
            : `, ${number(rejected)} of its rows are refused: see "qrsync rejects list".`),
      )
    }
  })
}

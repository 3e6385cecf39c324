import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { print, printJson } from '../../print.ts'
import { exitCodes } from '../../run-to-exit.ts'

export function addDeliver(program: Command): void {
  addCommand(program, {
    name: 'deliver',
    description:
      'deliver everything in the ledger to a destination now, look up the keys that wait for a record there, or fill it again; makes no call to the API',
    example: 'qrsync deliver --destination warehouse --from-start',
  })
    .requiredOption('-d, --destination <name>', 'its name in the config file')
    .option(
      '--from-start',
      'start with the first row; existing rows of the destination stay as they are',
      false,
    )
    .option(
      '--resend',
      'like --from-start, but also send records that the destination has confirmed (use it if they were deleted there)',
      false,
    )
    .action(deliver)
}

interface DeliverOptions {
  config: string
  destination: string
  fromStart: boolean
  resend: boolean
  json: boolean
}

/**
 * Makes the running worker deliver everything to a destination now, or fill it again from the start. It also looks up every key of
 * a link rule that had no record.
 */
async function deliver(options: DeliverOptions): Promise<void> {
  const { resetDelivery } = await import('../../../ledger/deliveries/reset-delivery.ts')
  const { readWaitingKeys, requestLooks } = await import('../../../ledger/summaries/link-keys.ts')
  const { createConsole } = await import('../../views/console.ts')
  const { describeDelivered, describeUndelivered, toUndelivered } =
    await import('../../views/delivery-watch.ts')
  const { followDelivery } = await import('../../views/follow-delivery.ts')
  const { number } = await import('../../views/format.ts')
  const { whoRunsThis } = await import('../../who.ts')
  const { withAccount } = await import('../../with-account.ts')
  const { mustHave } = await import('../../with-destinations.ts')
  const { destination } = options
  await withAccount(options.config, async ({ config, ledger, state: { connector } }) => {
    mustHave(config, destination)
    const screen = await createConsole()
    const { delivered, rejected, failed } = await followDelivery({
      config,
      ledger,
      destination,
      screen,
      // If no worker delivers, nothing is left half done.
      async prepare() {
        if (options.fromStart || options.resend) {
          await resetDelivery(ledger, { connector, destination, resend: options.resend }, whoRunsThis())
        } else {
          await requestLooks(ledger, { connector, destination })
        }
      },
    }).finally(screen.stop)
    const undelivered = failed.map(toUndelivered)
    const left = describeUndelivered(undelivered)
    if (left !== null) process.exitCode = exitCodes.failed
    const waiting = await readWaitingKeys(ledger, { connector, destination })
    if (options.json) {
      printJson({ connector, destination, delivered, rejected, waiting_keys: waiting.keys, undelivered })
    } else if (left !== null) print(`${number(delivered)} rows delivered now. ${left}`)
    else print(describeDelivered({ destination, delivered, rejected, waiting }))
  })
}

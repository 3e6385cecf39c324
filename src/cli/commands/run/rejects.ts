import type { Command } from 'commander'
import { withVisibleText } from '../../../model/visible-text.ts'
import { addCommand } from '../../add-command.ts'
import { print, printJson } from '../../print.ts'
import { exitCodes } from '../../run-to-exit.ts'
import type { UndeliveredStream } from '../../views/delivery-watch.ts'
import type { KnownAccount } from '../../with-account.ts'

export function addRejects(program: Command): void {
  const rejects = program.command('rejects').description('list or replay rows that destinations refused')
  const ofRejects = (command: Command) =>
    command
      .option('-d, --destination <name>', 'only this destination')
      .option('--stream <stream>', 'only this stream')
      .option('--id <id>', 'only this row')

  ofRejects(
    addCommand(rejects, {
      name: 'list',
      description: 'list refused rows with their reasons',
      example: 'qrsync rejects list --destination crm',
    }),
  ).action(listRejects)

  ofRejects(
    addCommand(rejects, {
      name: 'replay',
      description: 'send refused rows again, in their current state',
      example: 'qrsync rejects replay --destination crm',
    }),
  ).action(replayRejects)
}

interface RejectsOptions {
  config: string
  destination?: string
  stream?: string
  id?: string
  json: boolean
}

const rowsShown = 100

/** Lists the rows that destinations have refused, and why. */
async function listRejects(options: RejectsOptions): Promise<void> {
  const { countRejects, readRejects } = await import('../../../ledger/deliveries/rejects.ts')
  const { countSetAside, readSetAside } = await import('../../../ledger/scans/set-aside.ts')
  const { describeKept, describeRejects, keptToJson, rejectToJson } =
    await import('../../views/rejects-report.ts')
  const { withAccount } = await import('../../with-account.ts')
  await withAccount(options.config, async ({ ledger, state: { connector } }) => {
    const of = { connector, ...chosen(options) }
    const all = await countRejects(ledger, of)
    const rejects = await readRejects(ledger, of, options.json ? all : rowsShown)
    const keptRows = options.destination === undefined ? await countSetAside(ledger, of) : 0
    const kept =
      keptRows === 0 ? [] : await readSetAside(ledger, of, { limit: options.json ? keptRows : rowsShown })
    if (options.json) {
      printJson({ connector, rejects: rejects.map(rejectToJson), set_aside: kept.map(keptToJson) })
      return
    }
    print(describeRejects(withVisibleText(rejects), all))
    if (keptRows > 0) print(describeKept(withVisibleText(kept), keptRows))
  })
}

/** Sends the current versions of refused rows again. */
async function replayRejects(options: RejectsOptions): Promise<void> {
  const { countRejects, requestReplay } = await import('../../../ledger/deliveries/rejects.ts')
  const { countSetAside } = await import('../../../ledger/scans/set-aside.ts')
  const { replayKeptRows } = await import('../../../worker/replay-kept-rows.ts')
  const { describeUndelivered } = await import('../../views/delivery-watch.ts')
  const { number } = await import('../../views/format.ts')
  const { whoRunsThis } = await import('../../who.ts')
  const { withAccountAndSecrets } = await import('../../with-account.ts')
  const { mustHave } = await import('../../with-destinations.ts')
  await withAccountAndSecrets(options.config, async (account) => {
    const { config, ledger, state } = account
    const actor = whoRunsThis()
    if (options.destination !== undefined) mustHave(config, options.destination)
    const of = { connector: state.connector, ...chosen(options) }
    // Rows of the API belong to no destination.
    const isForAll = options.destination === undefined
    const landed = isForAll ? await replayKeptRows(config, ledger, chosen(options), actor) : 0
    const stillKept = isForAll ? await countSetAside(ledger, of) : 0
    const asked = await requestReplay(ledger, of, actor)
    const undelivered: UndeliveredStream[] = []
    for (const destination of asked.keys()) undelivered.push(...(await follow(account, destination)))
    const left = describeUndelivered(undelivered)
    if (left !== null) process.exitCode = exitCodes.failed
    const replayed = asked.values().reduce((sum, rejects) => sum + rejects, 0)
    const refused = await countRejects(ledger, of)
    if (options.json) {
      const kept = { set_aside_landed: landed, set_aside_rows: stillKept }
      printJson({
        connector: state.connector,
        replayed,
        refused_again: refused,
        undelivered,
        ...kept,
      })
      return
    }
    if (landed + stillKept > 0) {
      print(
        `Of the rows set aside, ${number(landed)} can be read now and are landed; ${number(stillKept)} are still malformed.` +
          (stillKept > 0 ? ' "qrsync sync --now" requests the scans among them again.' : ''),
      )
    }
    if (left !== null) {
      print(left)
      return
    }
    print(
      replayed === 0
        ? 'No refused row to replay.'
        : `${number(replayed)} replayed: ${number(replayed - refused)} accepted, ${number(refused)} refused again.`,
    )
  })
}

async function follow({ config, ledger }: KnownAccount, destination: string): Promise<UndeliveredStream[]> {
  const { createConsole } = await import('../../views/console.ts')
  const { toUndelivered } = await import('../../views/delivery-watch.ts')
  const { followDelivery } = await import('../../views/follow-delivery.ts')
  const screen = await createConsole()
  const end = await followDelivery({ config, ledger, destination, screen }).finally(screen.stop)
  return end.failed.map(toUndelivered)
}

function chosen({ destination, stream, id }: RejectsOptions) {
  return {
    ...(destination !== undefined && { destination }),
    ...(stream !== undefined && { stream }),
    ...(id !== undefined && { id }),
  }
}

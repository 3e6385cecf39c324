import type { Client } from '@temporalio/client'
import type { Command } from 'commander'
import type { Controlled } from '../../../actions/control-syncs.ts'
import { addCommand } from '../../add-command.ts'
import type { Place } from '../../../temporal/place.ts'
import type { AnswerWatch } from '../../../temporal/watch-answer.ts'
import type { Console } from '../../views/console.ts'
import { print, printJson } from '../../print.ts'
import { exitCodes } from '../../run-to-exit.ts'
import type { KnownAccount } from '../../with-account.ts'

export function addSync(program: Command): void {
  addCommand(program, {
    name: 'sync',
    description: 'run the planner now; with --now fetch everything new, whatever it costs, and wait for it',
    example: 'qrsync sync --now',
  })
    .option('--now', 'fetch everything new', false)
    .action(sync)
}

interface SyncOptions {
  config: string
  now: boolean
  json: boolean
}

/**
 * Makes the running worker run the planner now, before its schedule. With `--now`, fetches everything new,
 * whatever it costs, and waits for it.
 */
async function sync({ config: file, now, json }: SyncOptions): Promise<void> {
  const { findPlace } = await import('../../../temporal/place.ts')
  const { createConsole } = await import('../../views/console.ts')
  const { mustBeServed } = await import('../../views/follow-delivery.ts')
  const { withAccount } = await import('../../with-account.ts')
  const { withTemporal } = await import('../../with-temporal.ts')
  await withAccount(file, async (account) => {
    const { connector } = account.state
    const screen = await createConsole()
    const work = async (client: Client, { away }: AnswerWatch) => {
      const place = await findPlace(client, connector)
      await mustBeServed(place, connector, screen)
      if (now) await syncNow(account, { place, screen, away, json })
      else await lookNow({ client, connector, ledger: account.ledger }, json)
    }
    await withTemporal(account.config, work, screen.line).finally(screen.stop)
  })
}

async function lookNow(controlled: Controlled, json: boolean): Promise<void> {
  const { runPlanner } = await import('../../../actions/control-syncs.ts')
  const { whoRunsThis } = await import('../../who.ts')
  await runPlanner(controlled, whoRunsThis())
  if (json) printJson({ connector: controlled.connector, started: true })
  else {
    print(
      'The planner runs now; if a sync is still running, it continues instead. "qrsync status" shows more.',
    )
  }
}

interface SyncScene extends Pick<AnswerWatch, 'away'> {
  place: Place
  screen: Console
  json: boolean
}

async function syncNow(
  { config, ledger, state: { connector } }: KnownAccount,
  { place, screen, away, json }: SyncScene,
): Promise<void> {
  const { countCalls } = await import('../../../insight/read-progress.ts')
  const { syncNow: startSyncNow } = await import('../../../actions/control-syncs.ts')
  const { startSync } = await import('../../../temporal/start-sync.ts')
  const { whoRunsThis } = await import('../../who.ts')
  const { countSetAside } = await import('../../../ledger/scans/set-aside.ts')
  const { takesOfEach } = await import('../../../destinations/vendors.ts')
  const { describeUndelivered, toUndelivered } = await import('../../views/delivery-watch.ts')
  const { readFailingReport } = await import('../../../insight/read-failing-report.ts')
  const { describeHeld, toWaits } = await import('../../views/describe-hold.ts')
  const { describeIncomplete } = await import('../../views/failing.ts')
  const { followSync, watchDeliveries } = await import('../../views/follow-sync.ts')
  const { number } = await import('../../views/format.ts')
  const startedAtMs = Date.now()
  const deps = {
    ledger,
    connector,
    budget: config.budget,
    destinations: takesOfEach(config.destinations),
  }
  const watches = await watchDeliveries(deps)
  const workflow = await startSyncNow({ place, connector, ledger }, whoRunsThis())
  const start = () => startSync(place, connector)
  const never = new Promise<void>(() => undefined)
  const { failed, hold } = await followSync(
    { deps, watches, stopped: never, trouble: away, start },
    workflow,
    screen.status,
  ).finally(screen.stop)
  const { calls, refused } = await countCalls(ledger, connector, startedAtMs, Date.now())
  const { failures } = await readFailingReport(ledger, connector, Date.now())
  const undelivered = failed.map(toUndelivered)
  const set_aside_rows = await countSetAside(ledger, { connector })
  const incomplete = describeIncomplete({ failures, set_aside_rows })
  const left = [await describeHeld(deps, hold), ...incomplete, describeUndelivered(undelivered)].filter(
    (text) => text !== null,
  )
  if (left.length > 0) process.exitCode = exitCodes.failed
  const waits = toWaits(hold)
  if (json) printJson({ connector, calls, refused, waits, failures, set_aside_rows, undelivered })
  else if (left.length > 0) print(left.join('\n'))
  else print(`Everything new is landed and delivered: ${number(calls)} calls.`)
}

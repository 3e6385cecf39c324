import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import type { Backfill } from '../../../insight/read-backfill.ts'
import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import type { AnswerWatch } from '../../../temporal/watch-answer.ts'
import { print, printJson } from '../../print.ts'
import { NoAnswer } from '../../run-to-exit.ts'
import type { KnownAccount } from '../../with-account.ts'

export function addBackfill(program: Command): void {
  const backfill = program
    .command('backfill')
    .description('scans from before the connector was set up: fetch them, or show what is left')

  addCommand(backfill, {
    name: 'run',
    description: 'fetch them now, as far as the month allows, and wait for it',
    example: 'qrsync backfill run',
  }).action(runBackfill)

  addCommand(backfill, {
    name: 'status',
    description: 'show what is left and when it will land; makes no call',
    example: 'qrsync backfill status --json',
  }).action(showBackfill)

  addCommand(backfill, {
    name: 'pause',
    description: 'stop fetching them; codes whose history has landed continue',
    example: 'qrsync backfill pause',
  }).action(pauseBackfill)

  addCommand(backfill, {
    name: 'resume',
    description: 'continue after a pause',
    example: 'qrsync backfill resume',
  }).action(resumeBackfill)
}

interface BackfillOptions {
  config: string
  json: boolean
}

const lookEveryMs = 300

/** Shows what is left of history, and when it will have landed. Makes no call. */
async function showBackfill({ config, json }: BackfillOptions): Promise<void> {
  const { mustBeSynced, withAccount } = await import('../../with-account.ts')
  await withAccount(config, async (account) => {
    mustBeSynced(account)
    await show(account, json)
  })
}

/** Stops calls for history, planned or manual, until it is resumed. */
async function pauseBackfill({ config, json }: BackfillOptions): Promise<void> {
  const { pauseHistory } = await import('../../../ledger/connector/connector-state.ts')
  const { whoRunsThis } = await import('../../who.ts')
  const { withAccount } = await import('../../with-account.ts')
  await withAccount(config, async (account) => {
    await pauseHistory(account.ledger, account.state.connector, Date.now(), whoRunsThis())
    await show(account, json)
  })
}

/** The planner continues with history in its next run. */
async function resumeBackfill({ config, json }: BackfillOptions): Promise<void> {
  const { pauseHistory } = await import('../../../ledger/connector/connector-state.ts')
  const { whoRunsThis } = await import('../../who.ts')
  const { withAccount } = await import('../../with-account.ts')
  await withAccount(config, async (account) => {
    await pauseHistory(account.ledger, account.state.connector, null, whoRunsThis())
    await show(account, json)
  })
}

/**
 * Makes the planner fetch history now, and waits until everything that the month allows has landed. If the user
 * stops waiting, it continues.
 */
async function runBackfill({ config: file, json }: BackfillOptions): Promise<void> {
  const { readConnector } = await import('../../../ledger/connector/connector-state.ts')
  const { names } = await import('../../../temporal/names.ts')
  const { findPlace } = await import('../../../temporal/place.ts')
  const { readRun, readSchedule } = await import('../../../temporal/read-runs.ts')
  const { startBackfill } = await import('../../../temporal/start-sync.ts')
  const { startBackfill: startOnRequest } = await import('../../../actions/control-syncs.ts')
  const { createConsole } = await import('../../views/console.ts')
  const { describeHistory, toHistory } = await import('../../views/describe-history.ts')
  const { mustBeServed } = await import('../../views/follow-delivery.ts')
  const { ignoreAway } = await import('../../../temporal/is-away.ts')
  const { untilDone } = await import('../../views/follow-sync.ts')
  const { whoRunsThis } = await import('../../who.ts')
  const { withAccount } = await import('../../with-account.ts')
  const { neverStarted, withTemporal } = await import('../../with-temporal.ts')
  await withAccount(file, async (account) => {
    const {
      config,
      state: { connector },
    } = account
    if (account.state.history_paused_at_ms !== null) {
      throw new NoAnswer(`The backfill of ${connector} is paused. Run "qrsync backfill resume" to continue.`)
    }
    const screen = await createConsole()
    const work = async (client: Client, { away }: AnswerWatch) => {
      const schedule = await readSchedule(client, connector)
      if (schedule === null) throw neverStarted(connector)
      if (schedule.isPaused) throw new NoAnswer(`${connector} is paused. Run "qrsync resume" to continue.`)
      const place = await findPlace(client, connector)
      await mustBeServed(place, connector, screen)
      const id = names.backfillWorkflow(connector)
      const start = () => startBackfill(place, connector)
      const started = await startOnRequest({ place, connector, ledger: account.ledger }, whoRunsThis())
      const ended = untilDone(started, start).then(() => true)
      ended.catch(() => undefined)
      try {
        const isOver = ({ callsThisMonth, pausedAtMs }: Backfill) =>
          callsThisMonth === 0 || pausedAtMs !== null
        while (!(await Promise.race([ended, sleep(lookEveryMs, false)]))) {
          const left = await read(account)
          const failure = (await readRun(client, id).catch(ignoreAway))?.failure
          // Before the first list, it is unknown how much history there is.
          const isKnown = (await readConnector(account.ledger, connector)).listed_at_ms !== null
          if (isKnown && isOver(left)) break
          const obstacle = failure
            ? `; qrsync retries automatically: ${failure.message.replaceAll('\n', ' ')}`
            : ''
          screen.status(away() ?? `History ${describeHistory(toHistory(left))}${obstacle}`)
        }
      } finally {
        screen.stop()
      }
      await show(account, json)
    }
    await withTemporal(config, work, screen.line).finally(screen.stop)
  })
}

async function read({ ledger, config, state: { connector } }: KnownAccount): Promise<Backfill> {
  const { readBackfill } = await import('../../../insight/read-backfill.ts')
  const { readConnector } = await import('../../../ledger/connector/connector-state.ts')
  return readBackfill(ledger, await readConnector(ledger, connector), config.budget, Date.now())
}

async function show(account: KnownAccount, json: boolean): Promise<void> {
  const { describeHistory, toHistory } = await import('../../views/describe-history.ts')
  const { connector } = account.state
  const told = toHistory(await read(account))
  if (json) printJson({ connector, ...told })
  else print(`History ${describeHistory(told)}.`)
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { pauseHistory, readConnector } from '../../ledger/connector/connector-state.ts'
import { readBackfill, type Backfill } from '../../insight/read-backfill.ts'
import { names } from '../../temporal/names.ts'
import { findPlace } from '../../temporal/place.ts'
import { readRun, readSchedule } from '../../temporal/read-runs.ts'
import { startBackfill } from '../../temporal/start-sync.ts'
import type { AnswerWatch } from '../../temporal/watch-answer.ts'
import { createConsole } from '../views/console.ts'
import { ignoreAway, mustBeServed } from '../views/follow-delivery.ts'
import { untilDone } from '../views/follow-sync.ts'
import { describeHistory, toHistory } from '../views/describe-history.ts'
import { print } from '../views/format.ts'
import { neverStarted } from './pause.ts'
import { NoAnswer } from '../run-to-exit.ts'
import { mustBeSynced, withAccount, type KnownAccount } from '../with-account.ts'
import { withTemporal } from '../with-temporal.ts'

export interface BackfillOptions {
  config: string
  json: boolean
}

const lookEveryMs = 300

/** `qrsync backfill status`: what is left of history, and when it will be landed. Makes no call. */
export async function showBackfill({ config, json }: BackfillOptions): Promise<void> {
  await withAccount(config, async (account) => {
    mustBeSynced(account)
    show(account, await read(account), json)
  })
}

/** `qrsync backfill pause`: no further call for history, by plan or by hand, until it is resumed. */
export async function pauseBackfill({ config, json }: BackfillOptions): Promise<void> {
  await withAccount(config, async (account) => {
    await pauseHistory(account.ledger, account.state.connector, Date.now())
    show(account, await read(account), json)
  })
}

/** `qrsync backfill resume`: the planner goes on with it when it looks next. */
export async function resumeBackfill({ config, json }: BackfillOptions): Promise<void> {
  await withAccount(config, async (account) => {
    await pauseHistory(account.ledger, account.state.connector, null)
    show(account, await read(account), json)
  })
}

/**
 * `qrsync backfill run`: has the planner bring history now, and waits until all that the month allows is landed. Whoever stops
 * waiting leaves it at work.
 */
export async function runBackfill({ config: file, json }: BackfillOptions): Promise<void> {
  await withAccount(file, async (account) => {
    const {
      config,
      state: { connector },
    } = account
    if (account.state.history_paused_at_ms !== null) {
      throw new NoAnswer(`The backfill of ${connector} is paused: "qrsync backfill resume" lets it go on.`)
    }
    const screen = createConsole()
    const work = async (client: Client, { away }: AnswerWatch) => {
      const schedule = await readSchedule(client, connector)
      if (schedule === null) throw neverStarted(connector)
      if (schedule.isPaused) throw new NoAnswer(`${connector} is paused: "qrsync resume" lets it go on.`)
      const place = await findPlace(client, connector)
      await mustBeServed(place, connector)
      const id = names.backfillWorkflow(connector)
      const start = () => startBackfill(place, connector)
      const ended = untilDone(await start(), start).then(() => true)
      ended.catch(() => undefined)
      try {
        const isOver = ({ callsThisMonth, pausedAtMs }: Backfill) =>
          callsThisMonth === 0 || pausedAtMs !== null
        while (!(await Promise.race([ended, sleep(lookEveryMs, false)]))) {
          const left = await read(account)
          const failure = (await readRun(client, id).catch(ignoreAway))?.failure
          // Before its first listing nothing is known of what there is.
          const isKnown = (await readConnector(account.ledger, connector)).listed_at_ms !== null
          if (isKnown && isOver(left)) break
          const obstacle = failure
            ? `; it is tried again by itself: ${failure.message.replaceAll('\n', ' ')}`
            : ''
          screen.status(away() ?? `History ${describeHistory(toHistory(left))}${obstacle}`)
        }
      } finally {
        screen.stop()
      }
      show(account, await read(account), json)
    }
    await withTemporal(config, work, screen.line).finally(screen.stop)
  })
}

const read = async ({ ledger, config, state: { connector } }: KnownAccount) =>
  readBackfill(ledger, await readConnector(ledger, connector), config.budget, Date.now())

function show({ state: { connector } }: KnownAccount, left: Backfill, json: boolean): void {
  const told = toHistory(left)
  if (json) print(JSON.stringify({ connector, ...told }))
  else print(`History ${describeHistory(told)}.`)
}

import { setTimeout as sleep } from 'node:timers/promises'
import { pauseHistory } from '../ledger/pause-history.ts'
import { readBackfill, type Backfill } from '../ledger/read-backfill.ts'
import { readConnector } from '../ledger/connector-state.ts'
import { names } from '../temporal/names.ts'
import { findPlace } from '../temporal/place.ts'
import { readRun, readSchedule } from '../temporal/read-runs.ts'
import { startBackfill } from '../temporal/start-sync.ts'
import { createConsole } from './console.ts'
import { mustBeServed } from './follow-delivery.ts'
import { duration, number, print, time } from './format.ts'
import { neverStarted } from './pause.ts'
import { NoAnswer } from './run-to-exit.ts'
import { mustBeSynced, withAccount, type KnownAccount } from './with-account.ts'
import { withTemporal } from './with-temporal.ts'

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
    if (account.state.history_paused_at_ms !== null)
      throw new NoAnswer(`The backfill of ${connector} is paused: "qrsync backfill resume" lets it go on.`)
    await withTemporal(config, async (client) => {
      const schedule = await readSchedule(client, connector)
      if (schedule === null) throw neverStarted(connector)
      if (schedule.isPaused) throw new NoAnswer(`${connector} is paused: "qrsync resume" lets it go on.`)
      const place = await findPlace(client, connector)
      await mustBeServed(place, connector)
      const id = names.backfillWorkflow(connector)
      const workflow = await startBackfill(place, connector)
      const ended = workflow.result().then(() => true)
      ended.catch(() => undefined)
      const screen = createConsole()
      try {
        const isOver = ({ callsThisMonth, pausedAtMs }: Backfill) =>
          callsThisMonth === 0 || pausedAtMs !== null
        while (!(await Promise.race([ended, sleep(lookEveryMs, false)]))) {
          const left = await read(account)
          const failure = (await readRun(client, id))?.failure
          // Before its first listing nothing is known of what there is.
          const isKnown = (await readConnector(account.ledger, connector)).listed_at_ms !== null
          if (isKnown && isOver(left)) break
          const obstacle = failure
            ? `; it is tried again by itself: ${failure.message.replaceAll('\n', ' ')}`
            : ''
          screen.status(`${describe(left)}${obstacle}`)
        }
      } finally {
        screen.stop()
      }
      show(account, await read(account), json)
    })
  })
}

const read = async ({ ledger, config, state: { connector } }: KnownAccount) =>
  readBackfill(ledger, await readConnector(ledger, connector), config.budget, Date.now())

function show({ state: { connector } }: KnownAccount, left: Backfill, json: boolean): void {
  if (json) print(JSON.stringify({ connector, ...toJson(left) }))
  else print(describe(left))
}

/** As `--json` prints it, and `qrsync status --json` too. */
export const toJson = ({ codes, scans, calls, callsThisMonth, endsAtMs, pausedAtMs }: Backfill) => ({
  ...{ codes, scans, calls, calls_this_month: callsThisMonth },
  ends_at: calls === 0 || endsAtMs === null ? null : new Date(endsAtMs).toISOString(),
  paused_since: pausedAtMs === null ? null : new Date(pausedAtMs).toISOString(),
})

/** As in "history of 12 codes is left: 1,234 scans, 18 calls; landed in about 2 min". */
export function describe({ codes, scans, calls, callsThisMonth, endsAtMs, pausedAtMs }: Backfill): string {
  const paused =
    pausedAtMs === null ? '' : `, paused since ${time(pausedAtMs)}: "qrsync backfill resume" goes on`
  if (calls === 0) return `all history is landed${paused}`
  const what = `history of ${number(codes)} codes is left: ${number(scans)} scans, ${number(calls)} calls${paused}`
  if (pausedAtMs !== null) return `${what}; their new scans wait with it`
  if (endsAtMs === null) return `${what}; the month leaves no call for it`
  const hours = (endsAtMs - Date.now()) / 3_600_000
  const when = calls <= callsThisMonth ? `in about ${duration(hours)}` : `about ${time(endsAtMs)}`
  const share =
    calls <= callsThisMonth ? '' : `, ${number(callsThisMonth)} of them in this month (half of what is left)`
  return `${what}${share}; landed ${when}`
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { ActivityDeps } from '../../../activities/deps.ts'
import type { Takes } from '../../destinations/destination.ts'
import { readBacklogs } from '../../insight/read-backlogs.ts'
import { readHold } from '../../insight/read-hold.ts'
import { readLastAnswer } from '../../insight/read-last-answer.ts'
import { readSyncStanding } from '../../insight/read-standing.ts'
import { readConnector } from '../../ledger/connector/connector-state.ts'
import { readDeliveryFailures } from '../../ledger/deliveries/delivery-failures.ts'
import { ignoreAway } from '../../temporal/is-away.ts'
import { names } from '../../temporal/names.ts'
import { readRun, readSchedule, type RunStanding, type ScheduleStanding } from '../../temporal/read-runs.ts'
import type { RunningConnectors } from '../../worker/run-connectors.ts'
import { lineOf } from '../run-to-exit.ts'
import type { Console } from './console.ts'
import { describeHold } from './describe-hold.ts'
import { describeFailure } from './describe-status.ts'
import { number, time } from './format.ts'
import { describeRun } from './until-delivered.ts'

export type Idle = Pick<ActivityDeps, 'ledger' | 'connector' | 'budget'> & {
  destinations: ReadonlyMap<string, Pick<Takes, 'streams'>>
}

/** What Temporal knows; undefined while it does not answer. */
export interface AskTemporal {
  schedule: () => Promise<Pick<ScheduleStanding, 'isPaused' | 'note' | 'nextRunAtMs'> | null | undefined>
  delivery: (destination: string) => Promise<Pick<RunStanding, 'failure'> | null | undefined>
}

/**
 * Says on one line what a connector does between syncs: rows on their way and why they wait, why no sync runs, or
 * the last and the next sync.
 */
export async function describeIdle(idle: Idle, temporal: AskTemporal): Promise<string> {
  const { ledger, connector, budget } = idle
  const nowMs = Date.now()
  const deliveries = await describeDeliveries(idle, temporal)
  if (deliveries !== null) return deliveries
  const { callsThisMonth, callsPerMonth, waitingScans } = await readSyncStanding(ledger, connector, nowMs)
  const state = await readConnector(ledger, connector)
  if (state.sync_failure !== null) {
    return `The last sync failed: ${state.sync_failure}. "qrsync status" shows what to fix`
  }
  const schedule = await temporal.schedule()
  if (schedule?.isPaused === true) {
    return `Paused${schedule.note === null ? '' : ` (${schedule.note})`}: run "qrsync resume" to continue`
  }
  const hold = await readHold(ledger, state, budget.share, nowMs)
  if (hold !== null) return describeHold(hold, waitingScans)
  // A running sync waits until its own time; if none waits, the Schedule starts the next one.
  const nextMs = [state.sync_due_ms, schedule?.nextRunAtMs].find((ms) => ms != null && ms > nowMs)
  const lastMs = await readLastAnswer(ledger, connector)
  return [
    lastMs === null ? 'No sync has worked yet' : `Last sync ${time(lastMs)}`,
    ...(nextMs == null ? [] : [`next run by ${time(nextMs)}`]),
    `${number(callsThisMonth)} of ${number(callsPerMonth)} calls this month`,
  ].join('; ')
}

/** Null if every destination has every landed row. */
async function describeDeliveries(
  { ledger, connector, destinations }: Idle,
  temporal: AskTemporal,
): Promise<string | null> {
  const watched = [...destinations].map(([destination, { streams }]) => ({ connector, destination, streams }))
  const behind = (await readBacklogs(ledger, watched)).filter(({ rowsBehind }) => rowsBehind > 0)
  const lines: string[] = []
  for (const { destination, rowsBehind } of behind) {
    const failure = (await temporal.delivery(destination))?.failure ?? null
    const streams = destinations.get(destination)?.streams ?? []
    const ofStreams = await readDeliveryFailures(ledger, { connector, destination }, streams)
    const obstacles =
      failure === null ? ofStreams.map((each) => `; ${describeFailure(each)}`).join('') : describeRun(failure)
    lines.push(`${number(rowsBehind)} ${rowsBehind === 1 ? 'row' : 'rows'} to ${destination}${obstacles}`)
  }
  return lines.length === 0 ? null : `Delivering ${lines.join(', ')}`
}

const idleLookMs = 2_000

/**
 * Shows on the status line of a terminal what the connectors do between syncs, one after another, until `end`. A
 * Temporal server that does not answer comes first.
 */
export async function showIdle(
  running: Pick<RunningConnectors, 'served' | 'trouble' | 'place'>,
  screen: Pick<Console, 'isTerminal' | 'status'>,
  end: Promise<void>,
): Promise<void> {
  const { client } = running.place
  const isOver = end.then(() => true)
  // If the worker fails, the command that waits for `end` reports it, and closes everything: no code may be waiting for `isOver`.
  isOver.catch(() => undefined)
  /** The line must not stand still because a server does not answer. */
  const soon = <Result>(ask: () => Promise<Result>): Promise<Result | undefined> =>
    client.withDeadline(Date.now() + idleLookMs, ask).catch(ignoreAway)
  for (let turn = 0; screen.isTerminal; turn++) {
    const idle = running.served[turn % running.served.length]
    if (idle === undefined) break
    const { connector } = idle
    const temporal: AskTemporal = {
      schedule: () => soon(() => readSchedule(client, connector)),
      delivery: (name) => soon(() => readRun(client, names.deliverWorkflow(connector, name))),
    }
    // While the ledger cannot be read, the line says so, and the worker continues.
    const text = await describeIdle(idle, temporal).catch((error: unknown) => lineOf(error) ?? String(error))
    screen.status(running.trouble() ?? (running.served.length === 1 ? text : `${connector}: ${text}`))
    if (await Promise.race([isOver, sleep(idleLookMs, false)])) return
  }
  await end
}

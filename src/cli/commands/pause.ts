import { letOneThrough } from '../../ledger/calls/gate.ts'
import { probeSoon } from '../../ledger/failures/outages.ts'
import { loadConfig } from '../../config/load-config.ts'
import { names } from '../../temporal/names.ts'
import { readRun, readSchedule } from '../../temporal/read-runs.ts'
import { print } from '../views/format.ts'
import { NoAnswer } from '../run-to-exit.ts'
import { withAccount } from '../with-account.ts'
import { withTemporal } from '../with-temporal.ts'

export interface PauseOptions {
  config: string
  note?: string
  json: boolean
}

/**
 * `qrsync pause`: no further call of the API by plan. The syncs that are at work, waiting ones too, end between two pages;
 * deliveries go on, since they cost no call.
 */
export async function pause({
  config: file,
  note = 'paused by qrsync pause',
  json,
}: PauseOptions): Promise<void> {
  const config = loadConfig(file, process.env)
  await withTemporal(config, async (client) => {
    const { connector } = config
    const schedule = await readSchedule(client, connector)
    if (schedule === null) throw neverStarted(connector)
    await client.schedule.getHandle(names.schedule(connector)).pause(note)
    const backfill = names.backfillWorkflow(connector)
    const isBackfilling = (await readRun(client, backfill))?.status === 'RUNNING'
    for (const workflowId of [...schedule.runningWorkflowIds, ...(isBackfilling ? [backfill] : [])]) {
      await client.workflow.getHandle(workflowId).cancel()
    }
    if (json) print(JSON.stringify({ connector, paused: true, note }))
    else print(`${connector} is paused: ${note}. "qrsync resume" goes on.`)
  })
}

/** `qrsync resume`: goes on by the schedule; where the API asked for a pause or fails, one call tries whether that is over. */
export async function resume({ config: file, json }: PauseOptions): Promise<void> {
  const config = loadConfig(file, process.env)
  await withTemporal(config, async (client) => {
    const { connector } = config
    if ((await readSchedule(client, connector)) === null) throw neverStarted(connector)
    await client.schedule.getHandle(names.schedule(connector)).unpause('resumed by qrsync resume')
    await withAccount(file, async ({ ledger }) => {
      await letOneThrough(ledger, connector)
      await probeSoon(ledger, connector, Date.now())
    }).catch((error: unknown) => {
      // Without a ledger there is no gate.
      if (!(error instanceof NoAnswer)) throw error
    })
    if (json) print(JSON.stringify({ connector, paused: false }))
    else print(`${connector} goes on by its schedule.`)
  })
}

export function neverStarted(connector: string): NoAnswer {
  return new NoAnswer(`${connector} was never started on this Temporal server: run "qrsync up" first.`)
}

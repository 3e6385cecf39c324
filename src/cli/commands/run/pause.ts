import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { print, printJson } from '../../print.ts'

export function addPause(program: Command): void {
  addCommand(program, {
    name: 'pause',
    description: 'stop planned calls; deliveries continue',
    example: 'qrsync pause --note "budget review"',
  })
    .option('--note <text>', 'the reason, for other operators')
    .action(pause)
}

interface PauseOptions {
  config: string
  note?: string
  json: boolean
}

/**
 * No further call of the API by plan. The syncs that are at work, waiting ones too, end between two pages; deliveries go on, since
 * they cost no call.
 */
async function pause({ config: file, note = 'paused by qrsync pause', json }: PauseOptions): Promise<void> {
  const { loadConfig } = await import('../../../config/load-config.ts')
  const { names } = await import('../../../temporal/names.ts')
  const { readRun, readSchedule } = await import('../../../temporal/read-runs.ts')
  const { neverStarted, withTemporal } = await import('../../with-temporal.ts')
  const config = loadConfig(file, process.env, { mayLackSecrets: true })
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
    if (json) printJson({ connector, paused: true, note })
    else print(`${connector} is paused: ${note}. Run "qrsync resume" to continue.`)
  })
}

import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { print, printJson } from '../../print.ts'
import { NoAnswer } from '../../run-to-exit.ts'

export function addResume(program: Command): void {
  addCommand(program, {
    name: 'resume',
    description: 'continue after a pause',
    example: 'qrsync resume',
  }).action(resume)
}

interface ResumeOptions {
  config: string
  json: boolean
}

/** Continues by the schedule. If the API asked for a pause or fails, one call tests whether that is over. */
async function resume({ config: file, json }: ResumeOptions): Promise<void> {
  const { loadConfig } = await import('../../../config/load-config.ts')
  const { letOneThrough } = await import('../../../ledger/calls/gate.ts')
  const { probeSoon } = await import('../../../ledger/failures/outages.ts')
  const { resumeSyncs } = await import('../../../temporal/pause-syncs.ts')
  const { withAccount } = await import('../../with-account.ts')
  const { neverStarted, withTemporal } = await import('../../with-temporal.ts')
  const config = loadConfig(file, process.env, { mayLackSecrets: true })
  await withTemporal(config, async (client) => {
    const { connector } = config
    if (!(await resumeSyncs(client, connector, 'resumed by qrsync resume'))) throw neverStarted(connector)
    await withAccount(file, async ({ ledger }) => {
      await letOneThrough(ledger, connector)
      await probeSoon(ledger, connector, Date.now())
    }).catch((error: unknown) => {
      // Without a ledger there is no gate.
      if (!(error instanceof NoAnswer)) throw error
    })
    if (json) printJson({ connector, paused: false })
    else print(`${connector} continues by its schedule.`)
  })
}

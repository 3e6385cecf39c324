import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { print, printJson } from '../../print.ts'

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
  const { resume: resumeSyncs } = await import('../../../actions/control-syncs.ts')
  const { whoRunsThis } = await import('../../who.ts')
  const { withLedgerIfAny } = await import('../../with-account.ts')
  const { neverStarted, withTemporal } = await import('../../with-temporal.ts')
  const config = loadConfig(file, process.env, { mayLackSecrets: true })
  await withTemporal(config, async (client) => {
    const { connector } = config
    const isResumed = await withLedgerIfAny(config, (ledger) =>
      resumeSyncs({ client, connector, ledger }, 'resumed by qrsync resume', whoRunsThis()),
    )
    if (!isResumed) throw neverStarted(connector)
    if (json) printJson({ connector, paused: false })
    else print(`${connector} continues by its schedule.`)
  })
}

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

async function pause({ config: file, note = 'paused by qrsync pause', json }: PauseOptions): Promise<void> {
  const { loadConfig } = await import('../../../config/load-config.ts')
  const { pause: pauseSyncs } = await import('../../../actions/control-syncs.ts')
  const { whoRunsThis } = await import('../../who.ts')
  const { withLedgerIfAny } = await import('../../with-account.ts')
  const { neverStarted, withTemporal } = await import('../../with-temporal.ts')
  const config = loadConfig(file, process.env, { mayLackSecrets: true })
  await withTemporal(config, async (client) => {
    const { connector } = config
    const isPaused = await withLedgerIfAny(config, (ledger) =>
      pauseSyncs({ client, connector, ledger }, note, whoRunsThis()),
    )
    if (!isPaused) throw neverStarted(connector)
    if (json) printJson({ connector, paused: true, note })
    else print(`${connector} is paused: ${note}. Run "qrsync resume" to continue.`)
  })
}

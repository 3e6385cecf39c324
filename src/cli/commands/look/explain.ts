import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { printResult } from '../../print.ts'
import { exitCodes } from '../../run-to-exit.ts'

export function addExplain(program: Command): void {
  addCommand(program, {
    name: 'explain <id>',
    description: 'show where a scan or a code is, stage by stage, and why it is not further; makes no call',
    example: 'qrsync explain 7f9c2b1e --config qrsync.yaml',
    notAllIsWell: 'it is stuck, or the ledger does not know it',
  }).action(explainId)
}

interface ExplainOptions {
  config: string
  json: boolean
}

/** Reads only the ledger, without a request to the API, a destination or Temporal. */
async function explainId(id: string, { config: file, json }: ExplainOptions): Promise<void> {
  const { settingsOf } = await import('../../../config/settings/code-settings.ts')
  const { explain } = await import('../../../insight/explain/explain.ts')
  const { knownDestinations } = await import('../../known-destinations.ts')
  const { describeExplanation } = await import('../../views/explain-report.ts')
  const { mustBeSynced, withAccount } = await import('../../with-account.ts')
  await withAccount(file, async (account) => {
    mustBeSynced(account)
    const { config, ledger, state } = account
    const nowMs = Date.now()
    const question = {
      id,
      destinations: knownDestinations(config),
      settingsOf: (code: { id: string; name: string | null }) => settingsOf(config.codes, code),
    }
    const explanation = await explain(ledger, state, question, nowMs)
    printResult(explanation, { json, inWords: (shown) => describeExplanation(shown, nowMs) })
    if (['stuck', 'unknown'].includes(explanation.state)) process.exitCode = exitCodes.notAllIsWell
  })
}

import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { printResult } from '../../print.ts'
import { countOf } from './runs.ts'

export function addLogs(program: Command): void {
  addCommand(program, {
    name: 'logs',
    description:
      'list the last calls, refused rows, failures, alerts and changes of the API, from the ledger',
    example: 'qrsync logs --problems --limit 100',
  })
    .option('--limit <n>', 'the number of entries', '50')
    .option('--problems', 'only what went wrong', false)
    .action(logs)
}

interface LogsOptions {
  config: string
  limit: string
  problems: boolean
  json: boolean
}

/** Shows history without the UI, whether a worker runs or not. Makes no call. */
async function logs({ config, limit, problems, json }: LogsOptions): Promise<void> {
  const most = countOf(limit)
  const { readLog } = await import('../../../insight/explain/read-log.ts')
  const { time } = await import('../../views/format.ts')
  const { withAccount } = await import('../../with-account.ts')
  await withAccount(config, async ({ ledger, state: { connector } }) => {
    const entries = await readLog(ledger, connector, { limit: most, onlyProblems: problems })
    const result = { connector, entries }
    printResult(result, {
      json,
      inWords: ({ entries: all }) =>
        all.length === 0
          ? 'Nothing is known.'
          : all
              .map(
                ({ at, is_problem: isProblem, text }) =>
                  `${time(Date.parse(at))} ${isProblem ? '!' : ' '} ${text}`,
              )
              .join('\n'),
    })
  })
}

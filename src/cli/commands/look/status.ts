import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { clearScreen, printAside, printResult } from '../../print.ts'
import { exitCodes } from '../../run-to-exit.ts'

export function addStatus(program: Command): void {
  addCommand(program, {
    name: 'status',
    description:
      'show how fresh the data is, how many calls are left, what each destination has, and what fails',
    example: 'qrsync status --watch',
    notAllIsWell: '--check is given and anything needs attention',
  })
    .option('-w, --watch', 'refresh every two seconds', false)
    .option('--check', 'exit with 3 if anything needs attention', false)
    .action(status)
}

interface StatusOptions {
  config: string
  watch: boolean
  check: boolean
  json: boolean
}

const watchEveryMs = 2_000

/** How fresh, how much is left, what each destination has, what fails. Makes no call of the API. */
async function status({ config, watch, check, json }: StatusOptions): Promise<void> {
  const { readStatus } = await import('../../read-status.ts')
  const { describeStatus, problems } = await import('../../views/describe-status.ts')
  const { withAccount } = await import('../../with-account.ts')
  const { describeRunningConfig } = await import('../../running-config.ts')
  const look = async () =>
    withAccount(config, async (account) => {
      const seen = await readStatus(account)
      if (watch) clearScreen()
      printResult(seen, { json, inWords: describeStatus })
      if (check && problems(seen).length > 0) process.exitCode = exitCodes.notAllIsWell
    })
  await look().catch(async (error: unknown) => {
    // While the file is wrong, a process may run by the one before.
    const running = await describeRunningConfig(config).catch(() => null)
    if (running !== null) printAside(running)
    throw error
  })
  while (watch) {
    await sleep(watchEveryMs)
    await look()
  }
}

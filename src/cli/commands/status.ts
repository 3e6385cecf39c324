import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { addCommand } from '../add-command.ts'
import { print } from '../print.ts'

export function addStatus(program: Command): void {
  addCommand(program, {
    name: 'status',
    description:
      'show how fresh the data is, how many calls are left, what each destination has, and what fails',
    example: 'qrsync status --watch',
  })
    .option('-w, --watch', 'refresh every two seconds', false)
    .action(status)
}

interface StatusOptions {
  config: string
  watch: boolean
  json: boolean
}

const watchEveryMs = 2_000

/** How fresh, how much is left, what each destination has, what fails. Makes no call of the API. */
async function status({ config, watch, json }: StatusOptions): Promise<void> {
  const { readStatus } = await import('../read-status.ts')
  const { describeStatus } = await import('../views/describe-status.ts')
  const { withAccount } = await import('../with-account.ts')
  const look = () =>
    withAccount(config, async (account) => {
      const seen = await readStatus(account)
      if (watch && process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H')
      print(json ? JSON.stringify(seen) : describeStatus(seen))
    })
  await look()
  while (watch) {
    await sleep(watchEveryMs)
    await look()
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import type { Config } from '../../../config/schema.ts'
import { withVisibleText } from '../../../model/visible-text.ts'
import { clearScreen, print, printAside, printJson } from '../../print.ts'
import type { Status } from '../../read-status.ts'
import { exitCodes, lineOf } from '../../run-to-exit.ts'
import type { SeenConnector } from '../../views/describe-connectors.ts'

export function addStatus(program: Command): void {
  addCommand(program, {
    name: 'status',
    description:
      'show how fresh the data is, how many calls are left, what each destination has, and what fails',
    example: 'qrsync status --watch',
    takes: 'config files',
    notAllIsWell: '--check is given and anything needs attention',
  })
    .option('-w, --watch', 'refresh every two seconds', false)
    .option('--check', 'exit with 3 if anything needs attention: if a line begins with "!"', false)
    .action(status)
}

interface StatusOptions {
  config: string
  watch: boolean
  check: boolean
  json: boolean
}

const watchEveryMs = 2_000

/**
 * Shows how fresh the data is, the calls left, what each destination has, and what fails; for a folder, one
 * line per connector. Makes no call.
 */
async function status({ config: path, watch, check, json }: StatusOptions): Promise<void> {
  const { loadConfigs } = await import('../../../config/load-configs.ts')
  const { describeRunningConfig } = await import('../../running-config.ts')
  const { describeAttention, problems } = await import('../../views/describe-status.ts')
  const look = async () => {
    const { configs, files } = loadConfigs(path, process.env, { mayLackSecrets: true })
    const isFolder = files[0] !== path
    const seen = isFolder ? await lookAtEach(configs) : [await lookAt(configs[0])]
    if (watch) clearScreen()
    await show(seen, { json, isFolder })
    const marked = seen.reduce((sum, each) => sum + ('at' in each ? problems(each).length : 1), 0)
    if (check && marked > 0) process.exitCode = exitCodes.notAllIsWell
    const attention = describeAttention(marked, check)
    if (!json && attention !== null) print(attention)
  }
  await look().catch(async (error: unknown) => {
    // While the file is invalid, a process may still run with the previous config.
    const running = await describeRunningConfig(path).catch(() => null)
    if (running !== null) printAside(running)
    throw error
  })
  while (watch) {
    await sleep(watchEveryMs)
    await look()
  }
}

async function lookAt(config: Config): Promise<Status> {
  const { readStatus } = await import('../../read-status.ts')
  const { openAccount } = await import('../../with-account.ts')
  const seen: Status[] = []
  await openAccount(config, async (account) => {
    seen.push(await readStatus(account))
  })
  const [status] = seen
  if (status === undefined) throw new Error(`${config.connector} was not looked at`)
  return status
}

/** A connector that cannot be read hides no other. */
async function lookAtEach(configs: readonly Config[]): Promise<SeenConnector[]> {
  const { errorObject } = await import('../../run-to-exit.ts')
  return Promise.all(
    configs.map(async (config): Promise<SeenConnector> => {
      try {
        return await lookAt(config)
      } catch (error) {
        if (lineOf(error) === null) throw error
        return { connector: config.connector, ...errorObject(error) }
      }
    }),
  )
}

async function show(
  seen: readonly SeenConnector[],
  { json, isFolder }: { json: boolean; isFolder: boolean },
): Promise<void> {
  const { describeStatus, problems } = await import('../../views/describe-status.ts')
  const { describeConnectors } = await import('../../views/describe-connectors.ts')
  if (json) {
    for (const each of seen) printJson('at' in each ? { ...each, problems: problems(each) } : each)
    return
  }
  if (isFolder) print(describeConnectors(withVisibleText(seen)))
  else for (const each of seen) if ('at' in each) print(describeStatus(withVisibleText(each)))
}

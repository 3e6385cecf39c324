import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { print, printJson } from '../../print.ts'
import { exitCodes } from '../../run-to-exit.ts'

export function addUpgrade(program: Command): void {
  addCommand(program, {
    name: 'upgrade',
    description:
      'show what this version of qrsync changes in the ledger, the destinations and Temporal, and whether you can go back; it changes nothing',
    example: 'qrsync upgrade --check',
    takes: 'config files',
    notAllIsWell: '--check is given and anything is to do, or could not be read',
  })
    .option('--check', 'exit with 3 if anything is to do', false)
    .action(upgrade)
}

interface UpgradeOptions {
  config: string
  check: boolean
  json: boolean
}

/**
 * Shows what the first start of the installed version changes, before that start: other commands already migrate the ledger. Makes
 * no call to the API, needs no secret but that of the ledger, and changes no file and no row.
 */
async function upgrade({ config: path, check, json }: UpgradeOptions): Promise<void> {
  const { readUpgrades } = await import('../../upgrade/read-upgrades.ts')
  const { describeUpgrades } = await import('../../upgrade/describe-upgrades.ts')
  const upgrades = await readUpgrades(path, process.env)
  if (json) for (const each of upgrades) printJson(each)
  else print(describeUpgrades(upgrades))
  if (check && upgrades.some((each) => !('ledger' in each && each.isUpToDate))) {
    process.exitCode = exitCodes.notAllIsWell
  }
}

import { Argument, Command } from 'commander'
import { plans, type Plan } from '../plans.ts'
import { storeOption } from './options.ts'
import { onlyAccount, withStore } from './stores.ts'

export function planCommand(): Command {
  const set = new Command('set')
    .description("change the account's plan, and with it its limits; a running server follows at once")
    .addArgument(new Argument('<plan>').choices(plans))
    .addOption(storeOption())
    .action((plan: Plan, { store: file }: { store: string }) => {
      withStore(file, (store) => {
        store.accounts.setPlan(onlyAccount(store).id, plan)
      })
      process.stdout.write(`plan ${plan}\n`)
    })
  return new Command('plan').description("change the account's plan").addCommand(set)
}

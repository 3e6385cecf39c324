import { Command } from 'commander'
import { seedOptions, storeOption, type SeedFlags } from './options.ts'
import { seedStore, withStore } from './stores.ts'

export function seedCommand(): Command {
  const command = new Command('seed').description(
    'fill an empty store with an account, its codes and scans, and show its key',
  )
  command.addOption(storeOption())
  for (const option of seedOptions()) command.addOption(option)
  return command.action(({ store: file, ...flags }: SeedFlags & { store: string }) => {
    withStore(file, (store) => {
      if (store.accounts.all().length > 0) throw new Error(`the store ${file} has an account already`)
      const { accountId, key } = seedStore(store, flags, Date.now())
      const shown = key === null ? 'key as given' : `key ${key}`
      process.stdout.write(`account ${accountId}: ${flags.codes} codes, ${flags.scans} scans\n${shown}\n`)
    })
  })
}

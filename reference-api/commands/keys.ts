import { Command } from 'commander'
import { addKey } from '../account/keys.ts'
import type { StoredKey } from '../store/keys.ts'
import { toTimestamp } from '../timestamps.ts'
import { storeOption } from './options.ts'
import { onlyAccount, withStore } from './stores.ts'

interface Flags {
  store: string
}

/** Replaces the dashboard of the real API. Works while the server runs. */
export function keysCommand(): Command {
  const generate = new Command('generate')
    .description('create a new key and show it, once')
    .addOption(storeOption())
    .action(({ store: file }: Flags) => {
      const key = withStore(file, (store) => addKey(store, onlyAccount(store).id, Date.now()))
      process.stdout.write(`${key}\n`)
    })

  const list = new Command('list')
    .description('list keys by prefix and last use')
    .addOption(storeOption())
    .action(({ store: file }: Flags) => {
      const keys = withStore(file, (store) => store.keys.list(onlyAccount(store).id))
      for (const key of keys) process.stdout.write(`${describe(key)}\n`)
    })

  const revoke = new Command('revoke')
    .description('revoke a key at once')
    .argument('<prefix>', 'as the list shows it')
    .addOption(storeOption())
    .action((prefix: string, { store: file }: Flags) => {
      withStore(file, (store) => {
        const wasActive = store.keys.revoke(onlyAccount(store).id, prefix, Date.now())
        if (!wasActive) throw new Error(`there is no active key ${prefix}`)
      })
      process.stdout.write(`${prefix} revoked\n`)
    })

  return new Command('keys')
    .description('generate, list and revoke API keys')
    .addCommand(generate)
    .addCommand(list)
    .addCommand(revoke)
}

function describe(key: StoredKey): string {
  const used = key.last_used_at === null ? 'never used' : `last used ${toTimestamp(key.last_used_at)}`
  const state = key.revoked_at === null ? used : `revoked ${toTimestamp(key.revoked_at)}`
  return `${key.prefix}…  created ${toTimestamp(key.created_at)}  ${state}`
}

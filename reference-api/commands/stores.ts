import { addKey } from '../account/keys.ts'
import { seedAccount } from '../seed/seed.ts'
import type { Account } from '../store/accounts.ts'
import { openStore, type Store } from '../store/store.ts'
import type { SeedFlags } from './options.ts'

/** Opens a store for one command; what cannot be opened is said in one line. */
export function openStoreAt(file: string): Store {
  try {
    return openStore(file)
  } catch (error) {
    throw new Error(
      `the store ${file} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** Opens a store for `work`, and closes it whatever happens. */
export function withStore<T>(file: string, work: (store: Store) => T): T {
  const store = openStoreAt(file)
  try {
    return work(store)
  } finally {
    store.close()
  }
}

/** The store's account. Seeded stores have one. */
export function onlyAccount(store: Store): Account {
  const [account] = store.accounts.all()
  if (account === undefined) throw new Error('the store has no account yet: seed it first')
  return account
}

/** Fills a store with an account and a key for it. */
export function seedStore(store: Store, flags: SeedFlags, now: number): { accountId: string; key: string } {
  const { key, ...options } = flags
  const accountId = seedAccount(store, { ...options, now })
  return { accountId, key: addKey(store, accountId, now, key) }
}

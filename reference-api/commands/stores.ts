import { DatabaseSync } from 'node:sqlite'
import { addKey } from '../account/keys.ts'
import { seedAccount } from '../seed/seed.ts'
import type { Account } from '../store/accounts.ts'
import { openStore, type Store } from '../store/store.ts'
import { givenKey, type SeedFlags } from './options.ts'

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

/**
 * Makes a store this process's to serve: two servers would each count the calls of a minute for themselves. Whatever ends
 * the process gives it back; so does the returned function.
 */
export function claimStore(file: string): () => void {
  if (file === ':memory:') return () => undefined
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(`${file}.lock`)
    // Held by the operating system for as long as the process lives.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    lock?.close()
    const isHeld = (error as { errcode?: number }).errcode === sqliteBusy
    // What else is wrong with the folder, opening the store says.
    if (!isHeld) return () => undefined
    throw new Error(`the store ${file} is served by another process: use that one, or another store`)
  }
  const held = lock
  return () => {
    held.close()
  }
}

const sqliteBusy = 5

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

/** Fills a store with an account and a key for it. The key is null where it was given: its owner knows it. */
export function seedStore(
  store: Store,
  flags: SeedFlags,
  now: number,
): { accountId: string; key: string | null } {
  const given = givenKey(flags)
  const accountId = seedAccount(store, { ...flags, now })
  const key = addKey(store, accountId, now, given)
  return { accountId, key: given === undefined ? key : null }
}

import { existsSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { addKey } from '../account/keys.ts'
import { seedAccount } from '../seed/seed.ts'
import type { Account } from '../store/accounts.ts'
import { openStore, type Store } from '../store/store.ts'
import { givenKey, type SeedFlags } from './options.ts'

/** Opens a store for one command; reports a store that cannot be opened on one line. */
export function openStoreAt(file: string): Store {
  try {
    createPrivately(file)
    return openStore(file)
  } catch (error) {
    throw new Error(
      `the store ${file} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** For this user only, with all that SQLite keeps beside it. */
function createPrivately(file: string): void {
  if (file !== ':memory:' && !existsSync(file)) writeFileSync(file, '', { flag: 'a', mode: 0o600 })
}

/**
 * Claims a store for this process: two servers would each count the calls of a minute for themselves. The claim
 * ends with the process, or when the returned function is called.
 */
export function claimStore(file: string): () => void {
  if (file === ':memory:') return () => undefined
  let lock: DatabaseSync | undefined
  try {
    createPrivately(`${file}.lock`)
    lock = new DatabaseSync(`${file}.lock`)
    // The operating system holds this lock as long as the process lives.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    lock?.close()
    const isHeld = (error as { errcode?: number }).errcode === sqliteBusy
    // Any other problem of the folder is reported when the store is opened.
    if (!isHeld) return () => undefined
    throw new Error(`the store ${file} is served by another process: use that one, or another store`)
  }
  const held = lock
  return () => {
    held.close()
  }
}

const sqliteBusy = 5

/** Opens a store for `work`, and closes it afterwards in any case. */
export function withStore<T>(file: string, work: (store: Store) => T): T {
  const store = openStoreAt(file)
  try {
    return work(store)
  } finally {
    store.close()
  }
}

/** Returns the store's account. Seeded stores have one. */
export function onlyAccount(store: Store): Account {
  const [account] = store.accounts.all()
  if (account === undefined) throw new Error('the store has no account yet: seed it first')
  return account
}

/** Fills a store with an account and a key. The key is null if it was given, because its owner knows it. */
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

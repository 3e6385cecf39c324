import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Account, AccountRow } from './accounts.ts'
import { toAccount } from './accounts.ts'

/** A key as its owner may see it again: never complete. */
export interface StoredKey {
  prefix: string
  created_at: number
  last_used_at: number | null
  revoked_at: number | null
}

// Written at most once a minute, so that a call costs no second write.
const lastUseResolutionMs = 60_000

export class KeyTable {
  readonly #insert: StatementSync
  readonly #find: StatementSync
  readonly #use: StatementSync
  readonly #list: StatementSync
  readonly #revoke: StatementSync

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      'INSERT INTO api_keys (hash, account_id, prefix, created_at) VALUES (?, ?, ?, ?)',
    )
    this.#find = db.prepare(`
      SELECT a.id, a.email, a.plan, a.per_minute, a.per_month, k.last_used_at
      FROM api_keys k JOIN accounts a ON a.id = k.account_id
      WHERE k.hash = ? AND k.revoked_at IS NULL`)
    this.#use = db.prepare('UPDATE api_keys SET last_used_at = ? WHERE hash = ?')
    this.#list = db.prepare(`
      SELECT prefix, created_at, last_used_at, revoked_at FROM api_keys WHERE account_id = ? ORDER BY created_at, prefix`)
    this.#revoke = db.prepare(
      'UPDATE api_keys SET revoked_at = ? WHERE account_id = ? AND prefix = ? AND revoked_at IS NULL',
    )
  }

  insert(key: { hash: string; accountId: string; prefix: string; createdAt: number }): void {
    this.#insert.run(key.hash, key.accountId, key.prefix, key.createdAt)
  }

  /**
   * Returns the account of an active key, and records its use. Reads the database on every call, because
   * another process may have just revoked the key or changed the plan.
   */
  accountOf(hash: string, now: number): Account | null {
    const row = this.#find.get(hash) as unknown as (AccountRow & { last_used_at: number | null }) | undefined
    if (row === undefined) return null
    if (now - (row.last_used_at ?? -Infinity) >= lastUseResolutionMs) this.#use.run(now, hash)
    return toAccount(row)
  }

  list(accountId: string): StoredKey[] {
    return this.#list.all(accountId) as unknown as StoredKey[]
  }

  /** Whether such an active key existed. */
  revoke(accountId: string, prefix: string, now: number): boolean {
    return this.#revoke.run(now, accountId, prefix).changes === 1
  }
}

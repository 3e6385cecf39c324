import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { dayMs } from '../timestamps.ts'

/**
 * Says whether a visitor opens a code for the first time on a UTC day, without identifying the visitor: only
 * hashes are stored, their salt changes daily, and both are deleted after the day: see `forgetVisitors` of the
 * store.
 */
export class VisitorTable {
  readonly #insert: StatementSync
  readonly #salt: StatementSync
  readonly #insertSalt: StatementSync
  readonly #forgetVisitors: StatementSync
  readonly #forgetSalts: StatementSync
  readonly #isKept: StatementSync
  #hasForgotten = false
  #today: { day: number; salt: Uint8Array } | null = null

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT OR IGNORE INTO visitors (day, hash) VALUES (?, ?)')
    this.#salt = db.prepare('SELECT salt FROM visitor_salts WHERE day = ?')
    this.#insertSalt = db.prepare('INSERT INTO visitor_salts (day, salt) VALUES (?, ?)')
    this.#forgetVisitors = db.prepare('DELETE FROM visitors WHERE day < ?')
    this.#forgetSalts = db.prepare('DELETE FROM visitor_salts WHERE day < ?')
    this.#isKept = db.prepare('SELECT 1 FROM visitor_salts WHERE day < ? LIMIT 1')
  }

  isFirstToday(visitor: { code: number; ip: string; userAgent: string }, now: number): boolean {
    const day = Math.floor(now / dayMs)
    const hash = createHash('sha256')
      .update(this.#saltOf(day))
      .update(JSON.stringify([visitor.code, visitor.ip, visitor.userAgent]))
      .digest()
    return this.#insert.run(day, hash).changes === 1
  }

  /** Deletes all days before that of `now`. */
  forgetBefore(now: number): void {
    this.#forgetBefore(Math.floor(now / dayMs))
  }

  /** Whether anything was deleted since the last call. */
  takeForgotten(): boolean {
    const hasForgotten = this.#hasForgotten
    this.#hasForgotten = false
    return hasForgotten
  }

  /** The new day's salt, and the deletions for it, may not have been written. */
  rolledBack(): void {
    this.#today = null
  }

  #forgetBefore(day: number): void {
    if (this.#isKept.get(day) === undefined) return
    this.#forgetVisitors.run(day)
    this.#forgetSalts.run(day)
    this.#hasForgotten = true
  }

  #saltOf(day: number): Uint8Array {
    if (this.#today?.day === day) return this.#today.salt
    this.#forgetBefore(day)
    const kept = this.#salt.get(day)?.['salt']
    const salt = kept instanceof Uint8Array ? kept : randomBytes(32)
    if (salt !== kept) this.#insertSalt.run(day, salt)
    this.#today = { day, salt }
    return salt
  }
}

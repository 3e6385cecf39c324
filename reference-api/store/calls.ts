import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** What a restarted server needs to continue counting. */
export interface RecentCalls {
  /** Times of accepted calls that are still inside the window, oldest first. */
  times: number[]
  /** The UTC month of the latest accepted call, such as `2026-11`, and its number of calls. */
  month: string
  monthCount: number
}

const pruneEvery = 4096

/** Accepted calls, with one small insert each; those outside the window are deleted from time to time. */
export class CallTable {
  readonly #insert: StatementSync
  readonly #recent: StatementSync
  readonly #prune: StatementSync
  #sincePrune = 0

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO calls (account_id, at, month, month_count) VALUES (?, ?, ?, ?)')
    this.#recent = db.prepare('SELECT at, month, month_count FROM calls WHERE account_id = ? ORDER BY id')
    this.#prune = db.prepare(
      'DELETE FROM calls WHERE at <= ? AND id NOT IN (SELECT max(id) FROM calls GROUP BY account_id)',
    )
  }

  insert(accountId: string, at: number, month: string, monthCount: number, windowMs: number): void {
    this.#insert.run(accountId, at, month, monthCount)
    if (++this.#sincePrune < pruneEvery) return
    this.#sincePrune = 0
    this.#prune.run(at - windowMs)
  }

  recent(accountId: string, now: number, windowMs: number): RecentCalls {
    const rows = this.#recent.all(accountId) as unknown as {
      at: number
      month: string
      month_count: number
    }[]
    const last = rows.at(-1)
    return {
      times: rows.map((row) => row.at).filter((at) => at > now - windowMs && at <= now),
      month: last?.month ?? '',
      monthCount: last?.month_count ?? 0,
    }
  }
}

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Limits, Plan } from '../plans.ts'
import { planLimits } from '../plans.ts'

/** An account with the limits that apply to it: its plan's, unless others were set. */
export interface Account extends Limits {
  id: string
  email: string
  plan: Plan
}

export interface AccountRow {
  id: string
  email: string
  plan: Plan
  per_minute: number | null
  per_month: number | null
}

export function toAccount(row: AccountRow): Account {
  const limits = planLimits[row.plan]
  return {
    id: row.id,
    email: row.email,
    plan: row.plan,
    perMinute: row.per_minute ?? limits.perMinute,
    perMonth: row.per_month ?? limits.perMonth,
  }
}

export class AccountTable {
  readonly #insert: StatementSync
  readonly #all: StatementSync
  readonly #planOf: StatementSync
  readonly #setPlan: StatementSync
  readonly #setLimits: StatementSync

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO accounts (id, email, plan, created_at) VALUES (?, ?, ?, ?)')
    this.#all = db.prepare(
      'SELECT id, email, plan, per_minute, per_month FROM accounts ORDER BY created_at, id',
    )
    this.#planOf = db.prepare('SELECT plan FROM accounts WHERE id = ?')
    this.#setPlan = db.prepare(
      'UPDATE accounts SET plan = ?, per_minute = NULL, per_month = NULL WHERE id = ?',
    )
    this.#setLimits = db.prepare('UPDATE accounts SET per_minute = ?, per_month = ? WHERE id = ?')
  }

  insert(account: { id: string; email: string; plan: Plan; createdAt: number }): void {
    this.#insert.run(account.id, account.email, account.plan, account.createdAt)
  }

  all(): Account[] {
    return (this.#all.all() as unknown as AccountRow[]).map(toAccount)
  }

  planOf(id: string): Plan {
    return this.#planOf.get(id)?.['plan'] as Plan
  }

  /** The plan's own limits apply again from then on. */
  setPlan(id: string, plan: Plan): void {
    this.#setPlan.run(plan, id)
  }

  /** Sets limits of this account alone; null restores the plan's. */
  setLimits(id: string, limits: { perMinute: number | null; perMonth: number | null }): void {
    this.#setLimits.run(limits.perMinute, limits.perMonth, id)
  }
}

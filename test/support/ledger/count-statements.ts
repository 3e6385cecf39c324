import { DatabaseSync, type StatementSync } from 'node:sqlite'

/** Counts the statements that this process sends to SQLite. */
export interface StatementCount {
  /** Without those that begin and end transactions. */
  statements: number
  transactions: number
}

/** Counts statements that are prepared from now on. */
export function countStatements(): StatementCount {
  const count: StatementCount = { statements: 0, transactions: 0 }
  const prepare = Reflect.get<DatabaseSync, 'prepare'>(DatabaseSync.prototype, 'prepare')
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
    const statement = prepare.call(this, sql)
    const note = () => {
      if (sql === 'commit') count.transactions += 1
      else if (!/^(begin|rollback)/.test(sql)) count.statements += 1
    }
    for (const name of ['all', 'run'] as const) noteBefore(statement, name, note)
    return statement
  }
  return count
}

function noteBefore(statement: StatementSync, name: 'all' | 'run', note: () => void): void {
  const work = statement[name].bind(statement) as (...values: never[]) => never
  statement[name] = (...values: never[]) => {
    note()
    return work(...values)
  }
}

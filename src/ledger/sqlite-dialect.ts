import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely'

/** Kysely's SQLite dialect on Node's own SQLite. */
export function createSqliteDialect(path: string): SqliteDialect {
  const database = new DatabaseSync(path, { timeout: 10_000 })
  // NORMAL survives every crash of a process. A power cut may take back the last commits, whole ones only: rows and
  // cursor go back together, and the API's own count of the month (/me) puts the budget right.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY')
  return new SqliteDialect({ database: new KyselyDatabase(database) })
}

/** The shape of better-sqlite3 that Kysely expects, with each statement compiled once. */
class KyselyDatabase implements SqliteDatabase {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, SqliteStatement>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  prepare(sql: string): SqliteStatement {
    // Every transaction of the ledger writes. A deferred one would have to upgrade its lock, and SQLite answers that
    // with "busy" at once, without the timeout, when another process wrote in between.
    if (sql === 'begin') sql = 'begin immediate'
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = toKyselyStatement(this.#database.prepare(sql))
      this.#statements.set(sql, statement)
    }
    return statement
  }

  close(): void {
    this.#database.close()
  }
}

function toKyselyStatement(statement: StatementSync): SqliteStatement {
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)) as IterableIterator<unknown>,
  }
}

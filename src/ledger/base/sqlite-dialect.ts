import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { SqliteAdapter, SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely'
import { unavailable } from './unavailable.ts'

/** Creates Kysely's SQLite dialect on Node's own SQLite, for a file or `:memory:`. */
export function createSqliteDialect(path: string): SqliteDialect {
  return sqliteDialectOn(new DatabaseSync(path, { timeout: 10_000 }), path)
}

/** @param path names the database in messages */
export function sqliteDialectOn(database: DatabaseSync, path: string): SqliteDialect {
  // NORMAL survives every crash of a process. A power failure may undo the last commits, but only complete
  // ones: rows and cursor are undone together, and the API's own count of the month (/me) corrects the budget.
  // Deleted and replaced rows are overwritten with zeros, because rows may be personal data (erase-code.ts).
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON',
  )
  return new TransactionalDialect({ database: new KyselyDatabase(database, path) })
}

/**
 * Creates a dialect that reads a file, and changes neither the file nor what is beside it.
 *
 * @param isAtRest whether no log of another process is beside the file. SQLite then makes none to read it.
 * @see https://www.sqlite.org/wal.html#read_only_databases
 */
export function createReadingDialect(path: string, { isAtRest }: { isAtRest: boolean }): SqliteDialect {
  const url = pathToFileURL(path)
  if (isAtRest) url.searchParams.set('immutable', '1')
  const database = new DatabaseSync(url, { readOnly: true, timeout: 10_000 })
  return new SqliteDialect({ database: new KyselyDatabase(database, path) })
}

class TransactionalDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter()
  }
}

/**
 * SQLite changes tables in transactions, which Kysely does not assume. A migration that is killed half-way must
 * change nothing.
 */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/** Implements the part of better-sqlite3 that Kysely uses, and compiles each statement once. */
class KyselyDatabase implements SqliteDatabase {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #statements = new Map<string, SqliteStatement>()

  constructor(database: DatabaseSync, path: string) {
    this.#database = database
    this.#path = path
  }

  prepare(sql: string): SqliteStatement {
    // Every transaction of the ledger writes. A deferred one would have to upgrade its lock. If another process
    // wrote in between, SQLite then fails with "busy" at once, without the timeout.
    if (sql === 'begin') sql = 'begin immediate'
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#toKyselyStatement(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #toKyselyStatement(sql: string): SqliteStatement {
    const statement = this.#explained(() => this.#database.prepare(sql))
    const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => this.#explained(() => statement.all(...values(parameters))),
      run: (parameters) => {
        // SQLite has already rolled back a transaction that hit a full disk.
        if (sql === 'rollback' && !this.#database.isTransaction) return { changes: 0, lastInsertRowid: 0 }
        return this.#explained(() => statement.run(...values(parameters)))
      },
      iterate: (parameters) => statement.iterate(...values(parameters)) as IterableIterator<unknown>,
    }
  }

  #explained<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      const advice = adviceOn(error)
      if (advice === undefined) throw error
      throw unavailable(this.#path, (error as Error).message, advice, error)
    }
  }

  close(): void {
    this.#database.close()
  }
}

const accessAdvice = 'Check that its file and folder are writable, and that its disk is healthy.'

/** Advice by SQLite's result code, for causes outside qrsync. @see https://www.sqlite.org/rescode.html */
const advices: Readonly<Record<number, string>> = {
  5: 'Another program has locked it for ten seconds: close that program.',
  8: accessAdvice,
  10: accessAdvice,
  13: 'Free space on its disk.',
  14: accessAdvice,
}

/** The lowest byte of an extended code is the result code. */
function adviceOn(error: unknown): string | undefined {
  const { errcode } = error as { errcode?: unknown }
  return typeof errcode === 'number' ? advices[errcode & 0xff] : undefined
}

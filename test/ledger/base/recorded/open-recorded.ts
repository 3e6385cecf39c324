import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Kysely, Migrator } from 'kysely'
import pg from 'pg'
import { migrations, openLedger, type MigrationName } from '../../../../src/ledger/base/open-ledger.ts'
import { createPostgresDialect } from '../../../../src/ledger/base/postgres-dialect.ts'
import type { Ledger } from '../../../../src/ledger/base/schema.ts'
import type { LedgerKind } from '../../../support/ledger/temporary-ledger.ts'
import { temporaryDatabase } from '../../../support/ledger/temporary-database.ts'

/** Unpacks a recorded file. */
export function unpack(name: string, to: string): void {
  writeFileSync(to, gunzipSync(readFileSync(join(import.meta.dirname, `${name}.gz`))))
}

/**
 * Opens a recorded ledger with this version. On PostgreSQL, copies the rows of the file into the tables of the version that recorded it.
 *
 * @param last the last migration of that version
 */
export async function openRecorded(
  { kind, file, last }: { kind: LedgerKind; file: string; last: MigrationName },
  opened: AsyncDisposableStack,
): Promise<Ledger> {
  if (kind === 'sqlite') return openLedger(file)
  const { url } = opened.use(await temporaryDatabase())
  await migrateTo(last, url)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const table of tablesOf(file)) {
    const rows = JSON.stringify(rowsOf(file, table))
    await client.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [
      rows,
    ])
  }
  for (const table of ['calls', 'audit_trail']) {
    if (!tablesOf(file).includes(table)) continue
    await client.query(
      `select setval(pg_get_serial_sequence('${table}', 'id'), (select coalesce(max(id), 0) + 1 from ${table}))`,
    )
  }
  await client.end()
  return openLedger(url)
}

export async function migrateTo(name: MigrationName, url: string): Promise<void> {
  const ledger = new Kysely({ dialect: createPostgresDialect(url) })
  const provider = { getMigrations: () => Promise.resolve(migrations) }
  const { error } = await new Migrator({ db: ledger, provider }).migrateTo(name)
  await ledger.destroy()
  if (error !== undefined) throw error as Error
}

function withFile<Result>(file: string, read: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return read(database)
  } finally {
    database.close()
  }
}

const tablesOf = (file: string): string[] =>
  withFile(file, (database) =>
    database
      .prepare(
        `select name from sqlite_master where type = 'table' and name not glob '*_migration*' and name not glob 'sqlite*'`,
      )
      .all()
      .map(({ name }) => String(name)),
  )

export const rowsOf = (file: string, table: string): Record<string, unknown>[] =>
  withFile(file, (database) =>
    database
      .prepare(`select * from ${table}`)
      .all()
      .map((row) => ({ ...row })),
  )

import { DatabaseSync } from 'node:sqlite'
import type { SqliteDialect } from 'kysely'
import { openLedgerOn } from '../../../src/ledger/base/open-ledger.ts'
import { sqliteDialectOn } from '../../../src/ledger/base/sqlite-dialect.ts'

const name = ':memory:'
const migrated = await migratedImage()

/** An empty ledger in memory that has all tables: copying them takes a twentieth of the time that the migrations take. */
export function migratedInMemory(): SqliteDialect {
  const database = new DatabaseSync(name)
  database.deserialize(migrated)
  return sqliteDialectOn(database, name)
}

async function migratedImage(): Promise<Uint8Array> {
  const database = new DatabaseSync(name)
  const ledger = await openLedgerOn(sqliteDialectOn(database, name))
  const image = database.serialize()
  await ledger.destroy()
  return image
}

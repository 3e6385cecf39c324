import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kysely, sql } from 'kysely'
import { isPostgresUrl } from './is-postgres-url.ts'
import { findMigrationTable } from './migration-tables.ts'
import { hasLedger, migrations, notOpened, openLedger, tooNew, type MigrationName } from './open-ledger.ts'
import type { Ledger, LedgerSchema } from './schema.ts'
import { createReadingDialect } from './sqlite-dialect.ts'

/** Which migrations a ledger has had, compared with those of this version. */
export interface LedgerVersion {
  /** Whether there is a ledger; if not, `pending` has every migration. */
  exists: boolean
  /** The last migration that it has had; null before the first one. */
  last: string | null
  /** Migrations that this version runs when it opens the ledger, in order. */
  pending: MigrationName[]
  /** Migrations that this version does not know, because a newer one has run them. It then refuses the ledger. */
  unknown: string[]
}

/**
 * Reads which migrations a ledger has had, without opening it as {@link import('./open-ledger.ts').openLedger} does: nothing is
 * created or changed, neither the file or database nor anything beside it.
 *
 * @param location a file (SQLite), or a `postgres://…` URL
 * @throws ConnectorError LEDGER_UNAVAILABLE
 */
export async function readLedgerVersion(location: string): Promise<LedgerVersion> {
  const done = hasLedger(location) ? await reading(location, readMigrations) : null
  const known = Object.keys(migrations) as MigrationName[]
  return {
    exists: done !== null,
    last: done?.at(-1) ?? null,
    pending: known.filter((name) => done?.includes(name) !== true),
    unknown: (done ?? []).filter((name) => !Object.hasOwn(migrations, name)),
  }
}

/**
 * For a command that must not change the ledger: checks that this version could open it, and opens an empty one in memory instead.
 * SQLite would write the log beside a file into the file, even if nothing was changed.
 *
 * @throws ConnectorError LEDGER_UNAVAILABLE
 */
export async function openLedgerUnchanged(location: string): Promise<Ledger> {
  const {
    unknown: [newer],
  } = await readLedgerVersion(location)
  if (newer !== undefined) throw await tooNew(location, newer)
  return openLedger(':memory:')
}

async function readMigrations(ledger: Ledger): Promise<string[] | null> {
  const table = await findMigrationTable(ledger)
  if (table === null) return null
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(table)} order by name`.execute(
    ledger,
  )
  return rows.map(({ name }) => name)
}

/** @throws ConnectorError LEDGER_UNAVAILABLE */
async function reading<T>(location: string, read: (ledger: Ledger) => Promise<T>): Promise<T> {
  try {
    if (!isPostgresUrl(location)) return await readingFile(location, read)
    return await readingPostgres(location, read)
  } catch (error) {
    const isInFile = !isPostgresUrl(location)
    const advice = isInFile
      ? 'Check that its file is readable.'
      : 'Check its URL, and what its user may read.'
    throw await notOpened(location, error, advice)
  }
}

/**
 * The server refuses every statement that would change something: for this transaction only, because a pooler hands a setting of
 * the session on to the next client.
 */
export async function readingPostgres<T>(url: string, read: (ledger: Ledger) => Promise<T>): Promise<T> {
  // Ledgers in files do not load the driver.
  const { createPostgresDialect } = await import('./postgres-dialect.ts')
  return readingOn(new Kysely({ dialect: createPostgresDialect(url) }), (ledger) =>
    ledger.transaction().setAccessMode('read only').execute(read),
  )
}

/**
 * Commits are first in a log beside the file, with an index on the log. While a process has the ledger open, both are there, and
 * SQLite reads them. SQLite would make a missing index, and a missing log too, if it did not know that the ledger is at rest. So a log
 * without an index, as a copy of a ledger may have, is read as a copy.
 */
async function readingFile<T>(path: string, read: (ledger: Ledger) => Promise<T>): Promise<T> {
  const isAtRest = (await sizeOf(`${path}-wal`)) === 0
  if (isAtRest || (await sizeOf(`${path}-shm`)) > 0) {
    return readingOn(new Kysely({ dialect: createReadingDialect(path, { isAtRest }) }), read)
  }
  const folder = await mkdtemp(join(tmpdir(), 'qrsync-ledger-'))
  try {
    const copy = join(folder, 'ledger.sqlite')
    await copyFile(path, copy)
    await copyFile(`${path}-wal`, `${copy}-wal`)
    return await readingOn(new Kysely({ dialect: createReadingDialect(copy, { isAtRest: false }) }), read)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function readingOn<T>(ledger: Kysely<LedgerSchema>, read: (ledger: Ledger) => Promise<T>): Promise<T> {
  try {
    return await read(ledger)
  } finally {
    await ledger.destroy()
  }
}

/** 0 if there is no such file. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

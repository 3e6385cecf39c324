import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely, Migrator, type Dialect } from 'kysely'
import { ConnectorError } from '../../model/connector-error.ts'
import { inTurn } from '../../model/in-turn.ts'
import { initial } from './migrations/until-0020/0001-initial.ts'
import { planner } from './migrations/until-0020/0002-planner.ts'
import { destinations } from './migrations/until-0020/0003-destinations.ts'
import { observability } from './migrations/until-0020/0004-observability.ts'
import { backfill } from './migrations/until-0020/0005-backfill.ts'
import { troubles } from './migrations/until-0020/0006-troubles.ts'
import { failures } from './migrations/until-0020/0007-failures.ts'
import { setAside } from './migrations/until-0020/0008-set-aside.ts'
import { gate } from './migrations/until-0020/0009-gate.ts'
import { counts } from './migrations/until-0020/0010-counts.ts'
import { delivery } from './migrations/until-0020/0011-delivery.ts'
import { hubspot } from './migrations/until-0020/0012-hubspot.ts'
import { links } from './migrations/until-0020/0013-links.ts'
import { historyCalls } from './migrations/until-0020/0014-history-calls.ts'
import { splitConnectors } from './migrations/until-0020/0015-split-connectors.ts'
import { codeHistories } from './migrations/until-0020/0016-code-histories.ts'
import { deliveryResets } from './migrations/until-0020/0017-delivery-resets.ts'
import { lastScans } from './migrations/until-0020/0018-last-scans.ts'
import { scansAgain } from './migrations/until-0020/0019-scans-again.ts'
import { linkedPairs } from './migrations/until-0020/0020-linked-pairs.ts'
import { sourceShapes } from './migrations/0021-source-shapes.ts'
import { configLoads } from './migrations/0022-config-loads.ts'
import { breakdownDays } from './migrations/0023-breakdown-days.ts'
import { alertChannels } from './migrations/0024-alert-channels.ts'
import { migrationTablesOf } from './migration-tables.ts'
import { auditTrail } from './migrations/0025-audit-trail.ts'
import { alertHistory } from './migrations/0026-alert-history.ts'
import { erasures } from './migrations/0027-erasures.ts'
import { erasureTargets } from './migrations/0028-erasure-targets.ts'
import { lookRequests } from './migrations/0029-look-requests.ts'
import { isPostgresUrl } from './is-postgres-url.ts'
import type { Ledger, LedgerSchema } from './schema.ts'
import { createSqliteDialect } from './sqlite-dialect.ts'

/** By their names in the ledger, in the order in which they run. */
export const migrations = {
  '0001-initial': initial,
  '0002-planner': planner,
  '0003-destinations': destinations,
  '0004-observability': observability,
  '0005-backfill': backfill,
  '0006-troubles': troubles,
  '0007-failures': failures,
  '0008-set-aside': setAside,
  '0009-gate': gate,
  '0010-counts': counts,
  '0011-delivery': delivery,
  '0012-hubspot': hubspot,
  '0013-links': links,
  '0014-history-calls': historyCalls,
  '0015-split-connectors': splitConnectors,
  '0016-code-histories': codeHistories,
  '0017-delivery-resets': deliveryResets,
  '0018-last-scans': lastScans,
  '0019-scans-again': scansAgain,
  '0020-linked-pairs': linkedPairs,
  '0021-source-shapes': sourceShapes,
  '0022-config-loads': configLoads,
  '0023-breakdown-days': breakdownDays,
  '0024-alert-channels': alertChannels,
  '0025-audit-trail': auditTrail,
  '0026-alert-history': alertHistory,
  '0027-erasures': erasures,
  '0028-erasure-targets': erasureTargets,
  '0029-look-requests': lookRequests,
}

export type MigrationName = keyof typeof migrations

/**
 * Opens the ledger, and creates or migrates it if necessary. Several processes may open it.
 *
 * @param location a file (SQLite), or a `postgres://…` URL
 * @throws ConnectorError LEDGER_UNAVAILABLE
 */
export async function openLedger(location: string): Promise<Ledger> {
  try {
    const open = async () => openLedgerOn(await createDialect(location))
    // A migration locks the file. A second one in this thread would wait for the lock, and keep the first from ending.
    if (isPostgresUrl(location) || location === ':memory:') return await open()
    return await inTurn(`ledger ${location}`, open)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const newer = newerMigration.exec(reason)?.[1]
    if (newer !== undefined) throw await tooNew(location, newer, error)
    const advice = isPostgresUrl(location)
      ? 'Check its URL, and that its user can create tables.'
      : 'Check that its folder exists, is writable and has free space.'
    throw await notOpened(location, error, advice)
  }
}

/** Says which ledger cannot be opened, why, and what to do; an error that says so already stays as it is. */
export async function notOpened(location: string, error: unknown, advice: string): Promise<ConnectorError> {
  if (error instanceof ConnectorError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new ConnectorError(
    'LEDGER_UNAVAILABLE',
    `The ledger ${await placeOf(location)} cannot be opened: ${reason}. ${advice}`,
    { retry: 'never', cause: error },
  )
}

/** Whether a ledger exists. For PostgreSQL this is always true, because only the server knows. */
export const hasLedger = (location: string): boolean => isPostgresUrl(location) || existsSync(location)

/** Opens the ledger for a command that only reads. If there is none, opens an empty one in memory. */
export const openLedgerToLook = (location: string): Promise<Ledger> =>
  openLedger(hasLedger(location) ? location : ':memory:')

/** The message of Kysely's migrator about an unknown migration. */
const newerMigration = /previously executed migration (\S+) is missing/

/** Names the ledger in messages. */
async function placeOf(location: string): Promise<string> {
  if (!isPostgresUrl(location)) return location
  const { postgresPlace } = await import('./postgres-dialect.ts')
  return postgresPlace(location)
}

/** Says that a newer version has run `migration` on a ledger. */
export async function tooNew(location: string, migration: string, cause?: unknown): Promise<ConnectorError> {
  const place = await placeOf(location)
  return new ConnectorError(
    'LEDGER_UNAVAILABLE',
    `The ledger ${place} was written by a newer version of qrsync (migration ${migration}). Use that version: a ledger cannot go back.`,
    { retry: 'never', cause },
  )
}

/**
 * Opens a ledger through a dialect of Kysely, and migrates its tables.
 *
 * @throws the error of the database
 */
export async function openLedgerOn(dialect: Dialect): Promise<Ledger> {
  const ledger = new Kysely<LedgerSchema>({ dialect })
  try {
    const migrator = new Migrator({
      db: ledger,
      provider: { getMigrations: () => Promise.resolve(migrations) },
      ...(await migrationTablesOf(ledger)),
    })
    const { error } = await migrator.migrateToLatest()
    if (error !== undefined) throw error as Error
    return ledger
  } catch (error) {
    await ledger.destroy()
    throw error
  }
}

async function createDialect(location: string): Promise<Dialect> {
  if (isPostgresUrl(location)) {
    // Ledgers in files do not load the driver.
    const { createPostgresDialect } = await import('./postgres-dialect.ts')
    return createPostgresDialect(location)
  }
  mkdirSync(dirname(location), { recursive: true, mode: 0o700 })
  // SQLite would make it for everybody, and gives what it keeps beside it the same permissions.
  // Only where it is not there: to close a file takes back the locks that this process has on it.
  if (location !== ':memory:' && !existsSync(location)) {
    writeFileSync(location, '', { flag: 'a', mode: 0o600 })
  }
  return createSqliteDialect(location)
}

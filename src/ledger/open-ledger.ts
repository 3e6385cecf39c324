import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely, Migrator } from 'kysely'
import { ConnectorError } from '../model/connector-error.ts'
import { initial } from './migrations/0001-initial.ts'
import { planner } from './migrations/0002-planner.ts'
import type { Ledger, LedgerSchema } from './schema.ts'
import { createSqliteDialect } from './sqlite-dialect.ts'

const migrations = { '0001-initial': initial, '0002-planner': planner }

/**
 * Opens the ledger, created or brought up to date where needed. Several processes may have it open.
 *
 * @throws ConnectorError LEDGER_UNAVAILABLE
 */
export async function openLedger(path: string): Promise<Ledger> {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const ledger = new Kysely<LedgerSchema>({ dialect: createSqliteDialect(path) })
    const migrator = new Migrator({
      db: ledger,
      provider: { getMigrations: () => Promise.resolve(migrations) },
    })
    const { error } = await migrator.migrateToLatest()
    if (error !== undefined) {
      await ledger.destroy()
      throw error as Error
    }
    return ledger
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConnectorError(
      'LEDGER_UNAVAILABLE',
      `The ledger ${path} cannot be opened: ${reason}. Check that its folder exists, is writable and has room.`,
      { retry: 'never', cause: error },
    )
  }
}

import { ensureConnector } from '../../../src/ledger/connector/connector-state.ts'
import { openLedger, openLedgerOn } from '../../../src/ledger/base/open-ledger.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { migratedInMemory } from './migrated-in-memory.ts'
import { reusedLedgerDatabase } from './reused-database.ts'

export const ledgerKinds = ['sqlite', 'postgres'] as const
export type LedgerKind = (typeof ledgerKinds)[number]

/**
 * A ledger with one connector, `test`: in memory, or in a database that no other test uses at the time. Its rows are deleted
 * when it is destroyed.
 */
export async function temporaryLedger(
  kind: LedgerKind = 'sqlite',
  limits?: { perMinute: number; perMonth: number },
): Promise<Ledger> {
  const ledger =
    kind === 'sqlite' ? await openLedgerOn(migratedInMemory()) : await ledgerInTemporaryDatabase()
  await ensureConnector(ledger, 'test')
  if (limits !== undefined) {
    await ledger
      .updateTable('accounts')
      .set({ calls_per_minute: limits.perMinute, calls_per_month: limits.perMonth })
      .execute()
  }
  return ledger
}

async function ledgerInTemporaryDatabase(): Promise<Ledger> {
  const database = await reusedLedgerDatabase()
  const ledger = await openLedger(database.url)
  const close = ledger.destroy.bind(ledger)
  ledger.destroy = async () => {
    await close()
    await database[Symbol.asyncDispose]()
  }
  return ledger
}

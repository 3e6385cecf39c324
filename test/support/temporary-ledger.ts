import { ensureConnector } from '../../src/ledger/connector-state.ts'
import { openLedger } from '../../src/ledger/open-ledger.ts'
import type { Ledger } from '../../src/ledger/schema.ts'

/** A ledger in memory with one connector, `test`. */
export async function temporaryLedger(limits?: { perMinute: number; perMonth: number }): Promise<Ledger> {
  const ledger = await openLedger(':memory:')
  await ensureConnector(ledger, 'test')
  if (limits !== undefined)
    await ledger
      .updateTable('connectors')
      .set({ calls_per_minute: limits.perMinute, calls_per_month: limits.perMonth })
      .execute()
  return ledger
}

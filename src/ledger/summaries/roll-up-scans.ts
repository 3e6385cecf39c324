import type { Transaction } from 'kysely'
import type { Scan } from '../../streams/scans.ts'
import { lockConnector } from '../connector/connector-state.ts'
import { addScan, emptyRollup, forgetOldDays, type Rollup } from './rollup.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

const scansPerTransaction = 2_000

/**
 * Adds landed scans to the rollup of their code. It follows the stream of scans with its own watermark, written
 * in the same transaction. So each scan is added once, by any worker, and a ledger of any age catches up.
 *
 * @returns whether all scans are added; false if the slice had to stop
 */
export async function rollUpScans(
  ledger: Ledger,
  connector: string,
  nowMs: number,
  mustStop: () => boolean,
): Promise<boolean> {
  while (await rollUpNextScans(ledger, connector, nowMs)) if (mustStop()) return false
  return true
}

/** @returns whether there may be more */
async function rollUpNextScans(ledger: Ledger, connector: string, nowMs: number): Promise<boolean> {
  return ledger.transaction().execute(async (transaction) => {
    const { rolled_up_seq: fromSeq, scans_seq: lastSeq } = await lockConnector(transaction, connector)
    if (fromSeq === lastSeq) return false
    const rows = await transaction
      .selectFrom('scans')
      .select(['seq', 'qr_code_id', 'row'])
      .where('connector', '=', connector)
      .where('seq', '>', fromSeq)
      .orderBy('seq')
      .limit(scansPerTransaction)
      .execute()
    const isLast = rows.length < scansPerTransaction
    const rollups = await readRollups(transaction, connector, [...new Set(rows.map((row) => row.qr_code_id))])
    for (const { qr_code_id: id, row } of rows) {
      const rollup = rollups.get(id) ?? emptyRollup()
      addScan(rollup, JSON.parse(row) as Scan)
      rollups.set(id, rollup)
    }
    await writeRollups(transaction, connector, rollups, nowMs)
    await transaction
      .updateTable('positions')
      .set({ rolled_up_seq: isLast ? lastSeq : (rows.at(-1)?.seq ?? lastSeq) })
      .where('connector', '=', connector)
      .execute()
    return !isLast
  })
}

async function readRollups(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  qrCodeIds: string[],
): Promise<Map<string, Rollup>> {
  if (qrCodeIds.length === 0) return new Map()
  const known = await transaction
    .selectFrom('code_rollups')
    .select(['qr_code_id', 'rollup'])
    .where('connector', '=', connector)
    .where('qr_code_id', 'in', qrCodeIds)
    .execute()
  return new Map(known.map(({ qr_code_id, rollup }) => [qr_code_id, JSON.parse(rollup) as Rollup]))
}

async function writeRollups(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  rollups: Map<string, Rollup>,
  nowMs: number,
): Promise<void> {
  if (rollups.size === 0) return
  const values = [...rollups].map(([qr_code_id, rollup]) => {
    forgetOldDays(rollup, nowMs)
    return { connector, qr_code_id, rollup: JSON.stringify(rollup) }
  })
  await transaction
    .insertInto('code_rollups')
    .values(values)
    .onConflict((conflict) =>
      conflict
        .columns(['connector', 'qr_code_id'])
        .doUpdateSet((eb) => ({ rollup: eb.ref('excluded.rollup') })),
    )
    .execute()
}

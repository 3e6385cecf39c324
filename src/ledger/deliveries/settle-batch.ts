import type { Transaction } from 'kysely'
import { lockConnector } from '../connector/connector-state.ts'
import type { DeliveryKey, Move, SettledBatch } from './batch.ts'
import { partsOf } from '../base/parts-of.ts'
import { keepRejects, removeRejects } from './rejects.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import { readResets } from './resets.ts'
import { storedId } from '../base/stored-id.ts'

const rowsPerStatement = 5_000

/**
 * Stores the outcomes of a batch in one transaction: keeps rejected rows, remembers confirmed ones, and moves
 * the watermark. It moves only from the position where the batch was read: a worker that was presumed dead may
 * still report a batch that its successor has passed. If the delivery was reset after the batch was read,
 * nothing is stored.
 */
export async function settleBatch(
  ledger: Ledger,
  key: DeliveryKey,
  batch: SettledBatch,
  nowMs: number,
): Promise<void> {
  const { rows, rejected, move } = batch
  const rejectedIds = new Set(rejected.map(({ id }) => id))
  const confirmedIds = [...new Set(rows.map(({ id }) => id))].filter((id) => !rejectedIds.has(id))
  await ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, key.connector)
    // A reset delivers it again from the first row, wherever this batch was written.
    if ((await readResets(transaction, key)) !== batch.resets) return
    await keepRejects(transaction, key, batch, nowMs)
    await removeRejects(transaction, key, confirmedIds)
    await keepFingerprints(transaction, key, confirmedIds, batch.fingerprints)
    await countDelivered(transaction, key, rows.length - rejected.length, nowMs)
    if (move !== null) await moveWatermark(transaction, key, move)
  })
}

async function countDelivered(
  transaction: Transaction<LedgerSchema>,
  { connector, destination, stream }: DeliveryKey,
  delivered: number,
  nowMs: number,
): Promise<void> {
  await transaction
    .insertInto('deliveries')
    .values({
      connector,
      destination,
      stream,
      watermark_seq: 0,
      delivered_rows: delivered,
      updated_at_ms: nowMs,
      drained_at_ms: null,
    })
    .onConflict((conflict) =>
      conflict.columns(['connector', 'destination', 'stream']).doUpdateSet((eb) => ({
        delivered_rows: eb('deliveries.delivered_rows', '+', delivered),
        updated_at_ms: nowMs,
      })),
    )
    .execute()
}

async function moveWatermark(
  transaction: Transaction<LedgerSchema>,
  { connector, destination, stream }: DeliveryKey,
  { fromSeq, upToSeq, isLast, readAtMs }: Move,
): Promise<void> {
  await transaction
    .updateTable('deliveries')
    .set({ watermark_seq: upToSeq, drained_at_ms: isLast ? readAtMs : null })
    .where((eb) => eb.and({ connector, destination, stream, watermark_seq: fromSeq }))
    .execute()
}

async function keepFingerprints(
  transaction: Transaction<LedgerSchema>,
  { connector, destination, stream }: DeliveryKey,
  ids: readonly string[],
  fingerprints: SettledBatch['fingerprints'],
): Promise<void> {
  if (fingerprints.size === 0) return
  const values = ids.flatMap((id) => {
    const fingerprint = fingerprints.get(id)
    return fingerprint === undefined
      ? []
      : [{ connector, destination, stream, row_id: storedId(id), fingerprint }]
  })
  for (const part of partsOf(values, rowsPerStatement)) {
    await transaction
      .insertInto('confirmations')
      .values(part)
      .onConflict((conflict) =>
        conflict
          .columns(['connector', 'destination', 'stream', 'row_id'])
          .doUpdateSet((eb) => ({ fingerprint: eb.ref('excluded.fingerprint') })),
      )
      .execute()
  }
}

import type { Transaction } from 'kysely'
import { isSummary, summaryNames, type LandedRow, type StreamName } from '../../streams/streams.ts'
import { dayMs } from '../../model/durations.ts'
import { recordAction } from '../connector/audit-trail.ts'
import type { Actor } from '../connector/audit-tables.ts'
import { lockConnector } from '../connector/connector-state.ts'
import { bytesOfRow, countFitting } from './deliveries.ts'
import type { DeliveryKey } from './batch.ts'
import { partsOf } from '../base/parts-of.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import { countReset } from './resets.ts'
import type { SettledBatch } from './batch.ts'
import { isHashedId, storedId, withOwnId } from '../base/stored-id.ts'

const idsPerStatement = 10_000
const rowsPerStatement = 2_000

export interface Reject {
  destination: string
  stream: string
  id: string
  /** In the vendor's words. */
  reason: string
  attempts: number
  rejectedAtMs: number
}

export interface RejectsOf {
  connector: string
  destination?: string
  stream?: string
  id?: string
}

/** @returns the rows that destinations have refused, the most recent first */
export async function readRejects(ledger: Ledger, of: RejectsOf, limit: number): Promise<Reject[]> {
  const rejects = await ledger
    .selectFrom('rejects')
    .selectAll()
    .where((eb) => eb.and(columnsOf(of)))
    .orderBy('rejected_at_ms', 'desc')
    .orderBy('row_id')
    .limit(limit)
    .execute()
  return rejects.map(
    ({ destination, stream, row_id: id, reason, attempts, rejected_at_ms: rejectedAtMs }) => ({
      destination,
      stream,
      id,
      reason,
      attempts,
      rejectedAtMs,
    }),
  )
}

export async function countRejects(ledger: Ledger, of: RejectsOf): Promise<number> {
  const { rejects } = await ledger
    .selectFrom('rejects')
    .select((eb) => eb.fn.countAll<number>().as('rejects'))
    .where((eb) => eb.and(columnsOf(of)))
    .executeTakeFirstOrThrow()
  return rejects
}

const columnsOf = ({ connector, destination, stream, id }: RejectsOf) => ({
  connector,
  ...(destination !== undefined && { destination }),
  ...(stream !== undefined && { stream }),
  ...(id !== undefined && { row_id: isHashedId(id) ? id : storedId(id) }),
})

/**
 * Marks rejected rows, so that the next delivery sends their current versions again.
 *
 * @returns the number of rows, by destination
 */
export async function requestReplay(
  ledger: Ledger,
  of: RejectsOf,
  actor: Actor,
): Promise<Map<string, number>> {
  return ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, of.connector)
    const replayed = await transaction
      .updateTable('rejects')
      .set((eb) => ({
        fingerprint: null,
        again_at_ms: null,
        // Summaries are sent with the next pass anyway, which compares all of them: they have no position to
        // replay.
        replay: eb.case().when('stream', 'in', summaryNames).then(0).else(1).end(),
      }))
      .where((eb) => eb.and(columnsOf(of)))
      .returning('destination')
      .execute()
    const byDestination = Map.groupBy(replayed, ({ destination }) => destination)
    for (const destination of byDestination.keys()) {
      await countReset(transaction, { connector: of.connector, destination })
      await transaction
        .updateTable('deliveries')
        .set({ watermark_seq: 0 })
        .where('connector', '=', of.connector)
        .where('destination', '=', destination)
        .where('stream', 'in', summaryNames)
        .execute()
    }
    if (replayed.length === 0) return new Map<string, number>()
    await recordAction(transaction, of.connector, 'replay', actor, {
      destination: of.destination,
      details: [replayed.length === 1 ? '1 row' : `${replayed.length} rows`, of.stream, of.id]
        .filter((part) => part !== undefined)
        .join(', '),
    })
    return new Map([...byDestination].map(([destination, rejects]) => [destination, rejects.length]))
  })
}

/**
 * Marks rejected rows whose retry is due, so that they are sent again: a day after the destination refused them, or sooner if it
 * refused them together with other rows.
 */
export async function replayDue(ledger: Ledger, key: DeliveryKey, nowMs: number): Promise<void> {
  const { connector, destination, stream } = key
  const due = await ledger
    .selectFrom('rejects')
    .select('row_id')
    .where((eb) => eb.and({ connector, destination, stream }))
    .where('again_at_ms', '<=', nowMs)
    .limit(1)
    .executeTakeFirst()
  if (due === undefined) return
  const isPass = isSummary(stream)
  await ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    await transaction
      .updateTable('rejects')
      .set({ fingerprint: null, again_at_ms: null, replay: isPass ? 0 : 1 })
      .where((eb) => eb.and({ connector, destination, stream }))
      .where('again_at_ms', '<=', nowMs)
      .execute()
    if (isPass) {
      await countReset(transaction, key)
      await transaction
        .updateTable('deliveries')
        .set({ watermark_seq: 0 })
        .where((eb) => eb.and({ connector, destination, stream }))
        .execute()
    }
  })
}

/** Whether any of a destination's rejected rows is due for a retry. */
export async function hasDueReplays(
  ledger: Ledger,
  { connector, destination }: Omit<DeliveryKey, 'stream'>,
  nowMs: number,
): Promise<boolean> {
  const due = await ledger
    .selectFrom('rejects')
    .select('row_id')
    .where((eb) => eb.and({ connector, destination }))
    .where('again_at_ms', '<=', nowMs)
    .limit(1)
    .executeTakeFirst()
  return due !== undefined
}

export async function hasReplays(ledger: Ledger, key: DeliveryKey): Promise<boolean> {
  const { connector, destination, stream } = key
  const replay = await ledger
    .selectFrom('rejects')
    .select('row_id')
    .where((eb) => eb.and({ connector, destination, stream, replay: 1 }))
    .limit(1)
    .executeTakeFirst()
  return replay !== undefined
}

/** @returns the current versions of rejected rows of a landed stream that are marked for another try */
export async function readReplays(
  ledger: Ledger,
  { connector, destination, stream }: DeliveryKey<StreamName>,
  limit: number,
): Promise<LandedRow[]> {
  const asked = ledger
    .selectFrom('rejects')
    // A scan is found by its position, which it keeps; other rows get a new one when they change.
    .select(stream === 'scans' ? 'seq' : 'row_id')
    .where((eb) => eb.and({ connector, destination, stream, replay: 1 }))
  const replays = ledger
    .selectFrom(stream)
    .where('connector', '=', connector)
    .where(stream === 'scans' ? 'seq' : 'id', 'in', asked)
    .orderBy('seq')
    .limit(limit)
  const fitting = await countFitting(ledger, replays.select(bytesOfRow.as('bytes')), limit)
  const rows = await replays.select(['seq', 'id', 'row as json']).limit(fitting).execute()
  return rows.map(withOwnId)
}

export async function keepRejects(
  transaction: Transaction<LedgerSchema>,
  { connector, destination, stream }: DeliveryKey,
  { rows, rejected, fingerprints }: Pick<SettledBatch, 'rows' | 'rejected' | 'fingerprints'>,
  nowMs: number,
): Promise<void> {
  if (rejected.length === 0) return
  // PostgreSQL refuses to write a row twice in one statement.
  const lastReasons = [...new Map(rejected.map((reject) => [reject.id, reject])).values()]
  const seqOf = new Map(rows.map((row) => [row.id, row.seq]))
  for (const part of partsOf(lastReasons, rowsPerStatement)) {
    await transaction
      .insertInto('rejects')
      .values(
        part.map(({ id, reason, againAfterMs }) => ({
          connector,
          destination,
          stream,
          row_id: storedId(id),
          seq: seqOf.get(id) ?? 0,
          // PostgreSQL has no text with a NUL, and a reason may quote one.
          reason: reason.replaceAll('\0', '\ufffd'),
          attempts: 1,
          rejected_at_ms: nowMs,
          replay: 0,
          fingerprint: fingerprints.get(id) ?? null,
          again_at_ms: nowMs + (againAfterMs ?? dayMs),
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['connector', 'destination', 'stream', 'row_id']).doUpdateSet((eb) => ({
          seq: eb.ref('excluded.seq'),
          reason: eb.ref('excluded.reason'),
          attempts: eb('rejects.attempts', '+', 1),
          rejected_at_ms: nowMs,
          replay: 0,
          fingerprint: eb.ref('excluded.fingerprint'),
          again_at_ms: eb.ref('excluded.again_at_ms'),
        })),
      )
      .execute()
  }
}

/** Removes rejects that were confirmed. */
export async function removeRejects(
  transaction: Transaction<LedgerSchema>,
  { connector, destination, stream }: DeliveryKey,
  ids: readonly string[],
): Promise<void> {
  const rejectsOfStream = transaction
    .selectFrom('rejects')
    .select('row_id')
    .where('connector', '=', connector)
    .where('destination', '=', destination)
    .where('stream', '=', stream)
  // Usually there are none, so that thousands of ids need not be searched for.
  if ((await rejectsOfStream.limit(1).execute()).length === 0) return
  for (const part of partsOf(ids, idsPerStatement)) {
    await transaction
      .deleteFrom('rejects')
      .where('connector', '=', connector)
      .where('destination', '=', destination)
      .where('stream', '=', stream)
      .where('row_id', 'in', part.map(storedId))
      .execute()
  }
}

import { PostgresAdapter, sql, type Transaction } from 'kysely'
import { streamNames, summaryNames, type StreamName } from '../../streams/streams.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import { storedId } from '../base/stored-id.ts'
import { recordAction } from '../connector/audit-trail.ts'
import type { Actor } from '../connector/audit-tables.ts'
import { lockConnector } from '../connector/connector-state.ts'
import { readReached, readTarget } from '../deliveries/targets.ts'
import { countReset } from '../deliveries/resets.ts'
import { keyOfId } from '../scans/set-aside.ts'
import { parseLinkedCodeId } from '../summaries/read-summaries.ts'

type Tx = Transaction<LedgerSchema>

/** What is erased. */
export interface CodeToErase {
  connector: string
  qrCodeId: string
  /** Those that may have rows of the code, besides those that the ledger knows of. */
  destinations: readonly string[]
}

/** Streams whose rows belong to a code; `qr_codes` has the code itself. */
const streamsOfCode = streamNames.filter((stream) => stream !== 'qr_codes')

/** Returns how many rows of a code are in the ledger, by stream. */
export async function countRowsOfCode(
  ledger: Ledger,
  { connector, qrCodeId }: Omit<CodeToErase, 'destinations'>,
): Promise<Record<StreamName, number>> {
  const id = storedId(qrCodeId)
  const counts: Partial<Record<StreamName, number>> = {}
  for (const stream of streamNames) {
    const { rows } = await ledger
      .selectFrom(stream)
      .select((eb) => eb.fn.countAll<number>().as('rows'))
      .where('connector', '=', connector)
      .where(stream === 'qr_codes' ? 'id' : sql<string>`qr_code_id`, '=', id)
      .executeTakeFirstOrThrow()
    counts[stream] = rows
  }
  return counts as Record<StreamName, number>
}

/** Returns how many malformed rows of a code are set aside: of the list, its scans and its analytics. */
export async function countSetAsideOfCode(
  ledger: Ledger,
  { connector, qrCodeId }: Omit<CodeToErase, 'destinations'>,
): Promise<number> {
  const { rows } = await ledger
    .selectFrom('set_aside')
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where('connector', '=', connector)
    .where((eb) =>
      eb.or([
        eb.and({ stream: 'qr_codes', row_key: keyOfId(qrCodeId) }),
        eb('qr_code_id', '=', storedId(qrCodeId)),
      ]),
    )
    .executeTakeFirstOrThrow()
  return rows
}

/**
 * Erases a code: its row, its scans, its analytics, its totals, and everything that destinations have reported about them. The id stays
 * as a tombstone, so that no list and no page in flight lands its rows again. Its destinations get an erasure each; their deliveries
 * are counted as reset, so that a batch in flight settles nothing. Other codes keep their positions and watermarks.
 *
 * @returns all destinations that have an erasure now: one may have been added since the caller read the config file
 */
export async function eraseCode(
  ledger: Ledger,
  { connector, qrCodeId, destinations }: CodeToErase,
  actor: Actor,
  nowMs: number,
): Promise<string[]> {
  const id = storedId(qrCodeId)
  return ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    const all = new Set([...destinations, ...(await readReached(transaction, connector))])
    await transaction
      .insertInto('erased_codes')
      .values({ connector, qr_code_id: id, erased_at_ms: nowMs })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await recordAction(transaction, connector, 'erase', actor, { qrCodeId })
    await forgetReports(transaction, connector, id)
    await deleteRows(transaction, connector, qrCodeId)
    for (const destination of all) {
      await countReset(transaction, { connector, destination })
      await requestErasure(transaction, { connector, destination, id }, nowMs)
      // Records that the code named show totals without it from the next pass on.
      await transaction
        .updateTable('deliveries')
        .set({ watermark_seq: 0 })
        .where((eb) => eb.and({ connector, destination }))
        .where('stream', 'in', summaryNames)
        .execute()
    }
    return [...all]
  })
}

/**
 * Deletes the keys that codes name, and their refusals, of every destination that looks up none any more: no pass forgets those of the
 * erased code there. If such a destination gets its rules back, it looks up the keys again.
 *
 * @param linking destinations that look up keys: their next pass forgets those that no code names
 */
export async function forgetUnusedKeys(
  ledger: Ledger,
  connector: string,
  linking: readonly string[],
): Promise<void> {
  await ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    await transaction
      .deleteFrom('link_keys')
      .where('connector', '=', connector)
      .$if(linking.length > 0, (query) => query.where('destination', 'not in', linking))
      .execute()
    await transaction
      .deleteFrom('rejects')
      .where((eb) => eb.and({ connector, stream: 'link_summaries' }))
      .$if(linking.length > 0, (query) => query.where('destination', 'not in', linking))
      .execute()
  })
}

/**
 * Removes what the files of a ledger still hold of deleted rows. SQLite has overwritten them with zeros (sqlite-dialect.ts), but its
 * write-ahead log keeps older versions of their pages until it is emptied.
 *
 * @returns what stays, why, and for how long: a sentence each
 */
export async function clearTraces(ledger: Ledger): Promise<string[]> {
  if (ledger.getExecutor().adapter instanceof PostgresAdapter) {
    return [
      'PostgreSQL overwrites deleted rows after its next vacuum; its write-ahead archives stay as they are.',
    ]
  }
  const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(ledger)
  if (rows[0]?.busy !== 1) return []
  return [
    'The write-ahead file (-wal) still has it, because another program reads the ledger. Run the command again later.',
  ]
}

/** Deletes what destinations have confirmed or refused of the code, while its rows still say which rows these are. */
async function forgetReports(transaction: Tx, connector: string, id: string): Promise<void> {
  for (const table of ['confirmations', 'rejects'] as const) {
    await transaction
      .deleteFrom(table)
      .where('connector', '=', connector)
      .where('stream', 'in', ['qr_codes', 'code_summaries'])
      .where('row_id', '=', id)
      .execute()
    for (const stream of streamsOfCode) {
      await transaction
        .deleteFrom(table)
        .where((eb) => eb.and({ connector, stream }))
        .where('row_id', 'in', idsOf(transaction, stream, connector, id))
        .execute()
    }
    await forgetPairs(transaction, table, connector, id)
  }
}

const idsOf = (transaction: Tx, stream: StreamName, connector: string, id: string) =>
  transaction
    .selectFrom(stream)
    .select('id')
    .where('connector', '=', connector)
    .where(sql<string>`qr_code_id`, '=', id)

/** Of a code with a record, or of one of its scans with a record: their ids end with the id of the code, or of the scan. */
async function forgetPairs(
  transaction: Tx,
  table: 'confirmations' | 'rejects',
  connector: string,
  id: string,
): Promise<void> {
  const scans = await idsOf(transaction, 'scans', connector, id).execute()
  const ids = { link_codes: new Set([id]), link_scans: new Set(scans.map((scan) => scan.id)) }
  for (const stream of ['link_codes', 'link_scans'] as const) {
    const known = await transaction
      .selectFrom(table)
      .select(['destination', 'row_id'])
      .where((eb) => eb.and({ connector, stream }))
      .execute()
    for (const { destination, row_id } of known) {
      const last = parseLinkedCodeId(row_id)?.qrCodeId
      if (last === undefined || !ids[stream].has(last)) continue
      await transaction
        .deleteFrom(table)
        .where((eb) => eb.and({ connector, stream, destination, row_id }))
        .execute()
    }
  }
}

async function deleteRows(transaction: Tx, connector: string, qrCodeId: string): Promise<void> {
  const id = storedId(qrCodeId)
  await transaction
    .deleteFrom('qr_codes')
    .where((eb) => eb.and({ connector, id }))
    .execute()
  await transaction
    .deleteFrom('set_aside')
    .where((eb) => eb.and({ connector, stream: 'qr_codes', row_key: keyOfId(qrCodeId) }))
    .execute()
  for (const table of tablesOfCode) {
    await transaction
      .deleteFrom(table)
      .where((eb) => eb.and({ connector, qr_code_id: id }))
      .execute()
  }
}

/** Besides `calls`, which keep the id: they are what the account was charged for. */
const tablesOfCode = [
  'scans',
  'analytics_daily',
  'analytics_breakdown',
  'code_histories',
  'code_rollups',
  'gap_days',
  'read_days',
  'set_aside',
  'linked_pairs',
  'failures',
  'outages',
] as const

async function requestErasure(
  transaction: Tx,
  { connector, destination, id }: { connector: string; destination: string; id: string },
  nowMs: number,
): Promise<void> {
  const target = await readTarget(transaction, { connector, destination })
  const due = { erased_at_ms: null, due_at_ms: nowMs, problem: null, target: target?.identity ?? null }
  await transaction
    .insertInto('erasures')
    .values({ connector, destination, qr_code_id: id, ...due })
    .onConflict((conflict) => conflict.columns(['connector', 'destination', 'qr_code_id']).doUpdateSet(due))
    .execute()
}

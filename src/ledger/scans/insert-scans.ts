import { PostgresAdapter, sql, type Transaction } from 'kysely'
import type { Scan } from '../../streams/scans.ts'
import { prepared } from '../base/prepared.ts'
import type { LedgerSchema, Ledger } from '../base/schema.ts'
import { storedId } from '../base/stored-id.ts'

/**
 * Inserts scans at the next positions of the stream, and leaves existing ones as they are.
 *
 * @returns the times (epoch ms) at which the new ones were scanned
 */
export async function insertScans(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  rows: readonly Scan[],
  nowMs: number,
): Promise<number[]> {
  if (rows.length === 0) return []
  const [position] = await takePositions(transaction, { connector, count: rows.length })
  if (position === undefined) throw new Error(`the ledger has no connector ${connector}`)
  const inserted = await insertPage(transaction, {
    connector,
    firstSeq: position.last - rows.length + 1,
    nowMs,
    page: JSON.stringify(
      rows.map((row) => [row.qr_code_id, Date.parse(row.scanned_at), storedId(row.id), JSON.stringify(row)]),
    ),
  })
  return inserted.map(({ scanned_at_ms: scannedAtMs }) => scannedAtMs)
}

const takePositions = prepared<{ connector: string; count: number }, { last: number }>((ledger, place) =>
  ledger
    .updateTable('positions')
    .set((eb) => ({ scans_seq: eb('scans_seq', '+', place('count')) }))
    .where('connector', '=', place('connector'))
    .returning('scans_seq as last')
    .compile(),
)

interface Page {
  connector: string
  firstSeq: number
  nowMs: number
  /** A list of [code, time, id, JSON] as JSON, so that one statement accepts pages of any size. */
  page: string
}

const insertPage = prepared<Page, { scanned_at_ms: number }>((ledger, place) => {
  const isPostgres = ledger.getExecutor().adapter instanceof PostgresAdapter
  const page = place('page')
  const rows = isPostgres
    ? sql`json_array_elements(cast(${page} as json)) with ordinality as rows (value, number)`
    : sql`(select value, key + 1 as number from json_each(${page}))`
  return sql<{
    scanned_at_ms: number
  }>`insert into "scans" ("connector", "qr_code_id", "scanned_at_ms", "id", "row", "seq", "landed_at_ms")
    select cast(${place('connector')} as text), value ->> 0, cast(value ->> 1 as bigint), value ->> 2, value ->> 3,
      cast(${place('firstSeq')} as bigint) + number - 1, cast(${place('nowMs')} as bigint)
    from ${rows}
    where true
    on conflict ("connector", "qr_code_id", "scanned_at_ms", "id") do nothing
    returning "scanned_at_ms"`.compile(ledger)
})

/** Whether some of these scans of a code have not landed. */
export async function holdsNewScans(
  ledger: Ledger,
  connector: string,
  qrCodeId: string,
  rows: readonly Scan[],
): Promise<boolean> {
  const { landed } = await ledger
    .selectFrom('scans')
    .select((eb) => eb.fn.countAll<number>().as('landed'))
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
    .where('scanned_at_ms', 'in', [...new Set(rows.map(({ scanned_at }) => Date.parse(scanned_at)))])
    .where(
      'id',
      'in',
      rows.map(({ id }) => storedId(id)),
    )
    .executeTakeFirstOrThrow()
  return landed < new Set(rows.map(({ id }) => id)).size
}

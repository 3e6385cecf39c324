import { createHash } from 'node:crypto'
import type { Selectable, Transaction } from 'kysely'
import packageJson from '#package.json' with { type: 'json' }
import type { SetAsideRow } from '../../model/set-aside-row.ts'
import type { StreamName } from '../../streams/streams.ts'
import { partsOf } from '../base/parts-of.ts'
import type { SetAsideTable } from '../failures/failure-tables.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import { storedId } from '../base/stored-id.ts'

type Tx = Transaction<LedgerSchema>

/** Where rows were set aside. `qrCodeId` is the code whose rows were requested, and empty for rows of the list. */
export interface SetAsideKey {
  connector: string
  stream: StreamName
  qrCodeId: string
}

const keysPerStatement = 1_000
const longestShownId = 200

/**
 * Stores malformed rows, each once, however often it arrives. Leaves out a scan that has landed already:
 * nothing is missing.
 *
 * @returns how many are new
 */
export async function keepSetAside(
  transaction: Tx,
  key: SetAsideKey,
  rows: readonly SetAsideRow[],
  nowMs: number,
): Promise<number> {
  if (rows.length === 0) return 0
  const { connector, stream, qrCodeId } = key
  const landed = await readLandedIds(transaction, key, rows)
  const byKey = new Map(
    rows.filter(({ id }) => id === null || !landed.has(storedId(id))).map((row) => [keyOf(row), row]),
  )
  if (byKey.size === 0) return 0
  const known = await transaction
    .selectFrom('set_aside')
    .select('row_key')
    .where((eb) => eb.and({ connector, stream, qr_code_id: qrCodeId }))
    .where('row_key', 'in', [...byKey.keys()])
    .execute()
  await transaction
    .insertInto('set_aside')
    .values(
      [...byKey].map(([rowKey, row]) => ({
        connector,
        stream,
        qr_code_id: qrCodeId,
        row_key: rowKey,
        row_id: row.id === null ? null : shownId(row.id),
        json: row.json,
        hashed: row.hashed === undefined || row.hashed.length === 0 ? null : JSON.stringify(row.hashed),
        reason: row.reason.replaceAll('\0', '\ufffd'),
        scanned_at_ms: row.timeMs ?? null,
        near_ms: row.nearMs ?? row.timeMs ?? null,
        first_seen_ms: nowMs,
        last_seen_ms: nowMs,
        asked_at_ms: nowMs,
        asked_sync_id: null,
        version: packageJson.version,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['connector', 'stream', 'qr_code_id', 'row_key']).doUpdateSet((eb) => ({
        json: eb.ref('excluded.json'),
        hashed: eb.ref('excluded.hashed'),
        reason: eb.ref('excluded.reason'),
        scanned_at_ms: eb.ref('excluded.scanned_at_ms'),
        last_seen_ms: eb.ref('excluded.last_seen_ms'),
        asked_at_ms: eb.ref('excluded.asked_at_ms'),
        version: eb.ref('excluded.version'),
      })),
    )
    .execute()
  return byKey.size - known.length
}

/** Removes rows that have landed. @returns how many were removed */
export async function removeSetAside(
  transaction: Tx,
  key: SetAsideKey,
  ids: readonly string[],
): Promise<number> {
  if (!(await hasSetAside(transaction, key))) return 0
  let removed = 0
  for (const part of partsOf(ids, keysPerStatement)) {
    const gone = await transaction
      .deleteFrom('set_aside')
      .where((eb) => eb.and(columnsOfKey(key)))
      .where('row_key', 'in', part.map(keyOfId))
      .returning('row_key')
      .execute()
    removed += gone.length
  }
  return removed
}

export async function hasSetAside(ledger: Ledger | Tx, key: SetAsideKey): Promise<boolean> {
  const any = await ledger
    .selectFrom('set_aside')
    .select('row_key')
    .where((eb) => eb.and(columnsOfKey(key)))
    .limit(1)
    .executeTakeFirst()
  return any !== undefined
}

/**
 * Removes scans of a range of time (`toMs` exclusive) that the API no longer sends: those that are missing from
 * a complete response about it, received at `nowMs`. A scan without a readable id comes back as another row
 * once it is correct.
 *
 * @returns how many were removed
 */
export async function forgetUnsent(
  transaction: Tx,
  range: { connector: string; qrCodeId: string; fromMs: number | null; toMs: number; nowMs: number },
): Promise<number> {
  const { connector, qrCodeId, fromMs, toMs, nowMs } = range
  const gone = await transaction
    .deleteFrom('set_aside')
    .where((eb) => eb.and({ connector, stream: 'scans', qr_code_id: qrCodeId }))
    .where('scanned_at_ms', '>=', fromMs ?? 0)
    .where('scanned_at_ms', '<', toMs)
    .where('last_seen_ms', '<', nowMs)
    .returning('row_key')
    .execute()
  return gone.length
}

/** Removes all rows of a code, because a newer response contains them again. */
export async function clearSetAside(transaction: Tx, key: SetAsideKey): Promise<void> {
  await transaction
    .deleteFrom('set_aside')
    .where((eb) => eb.and(columnsOfKey(key)))
    .execute()
}

export type KeptRow = Selectable<SetAsideTable>

/** Returns rows after `after`, in the order of their keys. */
export async function readSetAside(
  ledger: Ledger,
  of: { connector: string; stream?: string; id?: string },
  page: { limit: number; after?: KeptRow },
): Promise<KeptRow[]> {
  const { after, limit } = page
  return ledger
    .selectFrom('set_aside')
    .selectAll()
    .where((eb) => eb.and(columnsOf(of)))
    .$if(after !== undefined, (query) =>
      query.where((eb) =>
        eb(
          eb.refTuple('stream', 'qr_code_id', 'row_key'),
          '>',
          eb.tuple(after?.stream ?? '', after?.qr_code_id ?? '', after?.row_key ?? ''),
        ),
      ),
    )
    .orderBy('stream')
    .orderBy('qr_code_id')
    .orderBy('row_key')
    .limit(limit)
    .execute()
}

export async function countSetAside(
  ledger: Ledger,
  of: { connector: string; stream?: string; id?: string },
): Promise<number> {
  const { rows } = await ledger
    .selectFrom('set_aside')
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where((eb) => eb.and(columnsOf(of)))
    .executeTakeFirstOrThrow()
  return rows
}

export interface SetAsideCount {
  connector: string
  rows: number
}

/** Counts rows that are set aside, by connector; 0 without any. */
export async function countSetAsideByConnector(
  ledger: Ledger,
  connectors: readonly string[],
): Promise<SetAsideCount[]> {
  if (connectors.length === 0) return []
  const counted = await ledger
    .selectFrom('set_aside')
    .select((eb) => ['connector', eb.fn.countAll<number>().as('rows')])
    .where('connector', 'in', connectors)
    .groupBy('connector')
    .execute()
  const rowsOf = new Map(counted.map(({ connector, rows }) => [connector, rows]))
  return connectors.map((connector) => ({ connector, rows: rowsOf.get(connector) ?? 0 }))
}

const columnsOfKey = ({ connector, stream, qrCodeId }: SetAsideKey) => ({
  connector,
  stream,
  qr_code_id: qrCodeId,
})

const columnsOf = ({ connector, stream, id }: { connector: string; stream?: string; id?: string }) => ({
  connector,
  ...(stream !== undefined && { stream }),
  ...(id !== undefined && { row_key: keyOfId(id) }),
})

async function readLandedIds(
  transaction: Tx,
  { connector, stream, qrCodeId }: SetAsideKey,
  rows: readonly SetAsideRow[],
): Promise<Set<string>> {
  const ids = rows.map(({ id }) => id).filter((id) => id !== null)
  if (stream !== 'scans' || ids.length === 0) return new Set()
  const landed = await transaction
    .selectFrom('scans')
    .select('id')
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
    .where('id', 'in', ids.map(storedId))
    .execute()
  return new Set(landed.map(({ id }) => id))
}

/** By its id or, without one, by its text: two rows with the same text are one. */
function keyOf({ id, json, reason }: SetAsideRow): string {
  return id === null ? `text:${hash(json ?? reason)}` : keyOfId(id)
}

/** The key of a row with a readable id. */
export const keyOfId = (id: string): string => `id:${hash(id)}`

/** As JSON, because two different lone surrogates would have the same bytes. */
const hash = (text: string) => createHash('sha256').update(JSON.stringify(text)).digest('hex')

function shownId(id: string): string {
  return id.replaceAll('\0', '\ufffd').slice(0, longestShownId).toWellFormed()
}

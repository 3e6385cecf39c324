import type { Transaction } from 'kysely'
import type { Scan } from '../../streams/scans.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import type { LinkPlace } from './link-keys.ts'

/** A code, and a record of a destination that it names. */
export interface LinkedPair {
  rule: string
  record: string
  qrCodeId: string
}

/** How many scans of a pair are written. */
export interface PairProgress extends LinkedPair {
  /** How and where the destination writes them; if that changes, the pair starts again. */
  place: string
  upToSeq: number
  /** Whether all scans up to the floor are written; the pair then follows the floor. */
  isFollowing: boolean
}

export interface LinkedPairs {
  /** For every pair that follows it, the scans up to this position are written. */
  floorSeq: number
  /** By {@link pairId}. */
  pairs: Map<string, PairProgress>
}

/** A rule's name has neither "#" nor "/", and a record's id is a number. */
export const pairId = ({ rule, record, qrCodeId }: LinkedPair): string => `${rule}#${record}/${qrCodeId}`

/** Represents the floor in the table: no rule has this name. */
const floor: LinkedPair = { rule: '', record: '', qrCodeId: '' }

export async function readLinkedPairs(
  ledger: Ledger,
  { connector, destination }: LinkPlace,
): Promise<LinkedPairs> {
  const rows = await ledger
    .selectFrom('linked_pairs')
    .selectAll()
    .where((eb) => eb.and({ connector, destination }))
    .execute()
  const found: LinkedPairs = { floorSeq: 0, pairs: new Map() }
  for (const row of rows) {
    const pair = { rule: row.rule, record: row.record_id, qrCodeId: row.qr_code_id }
    if (pair.rule === floor.rule) found.floorSeq = row.up_to_seq
    else {
      const progress = { place: row.place, upToSeq: row.up_to_seq, isFollowing: row.is_following === 1 }
      found.pairs.set(pairId(pair), { ...pair, ...progress })
    }
  }
  return found
}

export async function readFloor(ledger: Ledger, place: LinkPlace): Promise<number> {
  const { connector, destination } = place
  const row = await ledger
    .selectFrom('linked_pairs')
    .select('up_to_seq')
    .where((eb) => eb.and({ connector, destination, rule: floor.rule }))
    .executeTakeFirst()
  return row?.up_to_seq ?? 0
}

/** Starts a pair, or starts it again, at the first scan. */
export async function beginPair(
  ledger: Ledger,
  { connector, destination }: LinkPlace,
  { rule, record, qrCodeId, place }: LinkedPair & { place: string },
): Promise<void> {
  const values = { place, up_to_seq: 0, is_following: 0 }
  await ledger
    .insertInto('linked_pairs')
    .values({ connector, destination, rule, record_id: record, qr_code_id: qrCodeId, ...values })
    .onConflict((conflict) =>
      conflict.columns(['connector', 'destination', 'rule', 'record_id', 'qr_code_id']).doUpdateSet(values),
    )
    .execute()
}

/** Moves only from the expected position, because the delivery may have been reset meanwhile. */
export async function movePair(
  ledger: Ledger,
  { connector, destination }: LinkPlace,
  { rule, record, qrCodeId, upToSeq: fromSeq }: PairProgress,
  to: { upToSeq: number; isFollowing: boolean },
): Promise<void> {
  await ledger
    .updateTable('linked_pairs')
    .set({ up_to_seq: to.upToSeq, is_following: to.isFollowing ? 1 : 0 })
    .where((eb) => eb.and({ connector, destination, rule, record_id: record, qr_code_id: qrCodeId }))
    .where('up_to_seq', '=', fromSeq)
    .execute()
}

export async function dropPair(
  ledger: Ledger,
  { connector, destination }: LinkPlace,
  { rule, record, qrCodeId }: LinkedPair,
): Promise<void> {
  await ledger
    .deleteFrom('linked_pairs')
    .where((eb) => eb.and({ connector, destination, rule, record_id: record, qr_code_id: qrCodeId }))
    .execute()
}

export async function beginFloor(ledger: Ledger, { connector, destination }: LinkPlace): Promise<void> {
  const key = { connector, destination, rule: floor.rule, record_id: floor.record }
  await ledger
    .insertInto('linked_pairs')
    .values({ ...key, qr_code_id: floor.qrCodeId, place: '', up_to_seq: 0, is_following: 0 })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function moveFloor(
  ledger: Ledger,
  place: LinkPlace,
  fromSeq: number,
  upToSeq: number,
): Promise<void> {
  const progress = { ...floor, place: '', upToSeq: fromSeq, isFollowing: false }
  await movePair(ledger, place, progress, { upToSeq, isFollowing: false })
}

/** Makes the next delivery write all scans of all pairs again. */
export async function forgetPairs(
  transaction: Transaction<LedgerSchema>,
  { connector, destination }: LinkPlace,
): Promise<void> {
  await transaction
    .deleteFrom('linked_pairs')
    .where((eb) => eb.and({ connector, destination }))
    .execute()
}

export interface PlacedScan {
  seq: number
  scan: Scan
}

/** Returns scans after a position up to another, in their order or in reverse. */
export async function readScansBetween(
  ledger: Ledger,
  connector: string,
  range: { afterSeq: number; upToSeq: number; qrCodeId?: string; isBackwards?: boolean },
  limit: number,
): Promise<PlacedScan[]> {
  let scans = ledger
    .selectFrom('scans')
    .select(['seq', 'row'])
    .where('connector', '=', connector)
    .where('seq', '>', range.afterSeq)
    .where('seq', '<=', range.upToSeq)
  if (range.qrCodeId !== undefined) scans = scans.where('qr_code_id', '=', range.qrCodeId)
  const rows = await scans
    .orderBy('seq', range.isBackwards === true ? 'desc' : 'asc')
    .limit(limit)
    .execute()
  return rows.map(({ seq, row }) => ({ seq, scan: JSON.parse(row) as Scan }))
}

export async function readScansById(
  ledger: Ledger,
  connector: string,
  ids: readonly string[],
): Promise<Scan[]> {
  if (ids.length === 0) return []
  const rows = await ledger
    .selectFrom('scans')
    .select('row')
    .where('connector', '=', connector)
    .where('id', 'in', ids)
    .execute()
  return rows.map(({ row }) => JSON.parse(row) as Scan)
}

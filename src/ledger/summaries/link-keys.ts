import { hourMs } from '../../model/durations.ts'
import type { Transaction } from 'kysely'
import { lockConnector } from '../connector/connector-state.ts'
import type { DeliveryKey } from '../deliveries/batch.ts'
import { partsOf } from '../base/parts-of.ts'
import { keepRejects, removeRejects } from '../deliveries/rejects.ts'
import { readResets } from '../deliveries/resets.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

const rowsPerStatement = 2_000

/**
 * A key without a record is looked up again after this time, because people create contacts for those who have
 * scanned.
 */
const lookAgainMs = hourMs
/** Any other key is looked up again after this time: records are merged, and addresses move from one to another. */
const checkAgainMs = 24 * hourMs

export type LinkPlace = Pick<DeliveryKey, 'connector' | 'destination'>

/** The result of looking up a key at a destination. */
export interface LinkKey {
  rule: string
  key: string
  /** Null if there is no record yet, or if the key is refused. */
  recordId: string | null
  /** Why the key itself cannot name a record; null if it can. */
  refusal: string | null
}

/** What the ledger knows of a key. */
export interface KnownLinkKey extends Omit<LinkKey, 'refusal'> {
  isRefused: boolean
  /** 0 if it was never looked up. */
  lookedAtMs: number
  /** Whether somebody wants it looked up before its time: see {@link requestLooks}. */
  isRequested: boolean
}

/** For lists of refused rows, and in memory. A rule's name has no slash. */
export const linkKeyId = ({ rule, key }: { rule: string; key: string }): string => `${rule}/${key}`

/** Returns the known keys by id. */
export async function readLinkKeys(
  ledger: Ledger,
  { connector, destination }: LinkPlace,
): Promise<Map<string, KnownLinkKey>> {
  const rows = await ledger
    .selectFrom('link_keys')
    .select(['rule', 'key', 'record_id', 'is_refused', 'looked_at_ms', 'is_requested'])
    .where((eb) => eb.and({ connector, destination }))
    .execute()
  return new Map(
    rows.map(({ rule, key, record_id: recordId, looked_at_ms: lookedAtMs, ...row }) => [
      linkKeyId({ rule, key }),
      {
        rule,
        key,
        recordId,
        isRefused: row.is_refused === 1,
        lookedAtMs,
        isRequested: row.is_requested === 1,
      },
    ]),
  )
}

/** Whether a key is due for a lookup. */
export function isLookDue(key: KnownLinkKey, nowMs: number): boolean {
  const { recordId, isRefused, lookedAtMs, isRequested } = key
  const isWaiting = recordId === null && !isRefused
  return isRequested || lookedAtMs <= nowMs - (isWaiting ? lookAgainMs : checkAgainMs)
}

/** From when on a key without a record is looked up again: the next delivery to its destination does it. */
export const nextLookMs = (lookedAtMs: number): number => lookedAtMs + lookAgainMs

/** Whether a key without a record is due for another lookup. */
export async function hasDueLooks(ledger: Ledger, place: LinkPlace, nowMs: number): Promise<boolean> {
  const { connector, destination } = place
  const due = await ledger
    .selectFrom('link_keys')
    .select('key')
    .where((eb) => eb.and({ connector, destination, is_refused: 0 }))
    .where('record_id', 'is', null)
    .where((eb) => eb.or([eb('looked_at_ms', '<=', nowMs - lookAgainMs), eb('is_requested', '=', 1)]))
    .limit(1)
    .executeTakeFirst()
  return due !== undefined
}

/** Whether a key has been looked up since a time: it may name another record now. */
export async function hasLooksSince(ledger: Ledger, place: LinkPlace, sinceMs: number): Promise<boolean> {
  const { connector, destination } = place
  const look = await ledger
    .selectFrom('link_keys')
    .select('key')
    .where((eb) => eb.and({ connector, destination }))
    .where('looked_at_ms', '>', sinceMs)
    .limit(1)
    .executeTakeFirst()
  return look !== undefined
}

/** Keys that a destination has looked up without finding a record. */
export interface WaitingKeys {
  keys: number
  /** From when on the first of them is looked up again; null if none waits, or if somebody wants it done now. */
  nextLookMs: number | null
}

export async function readWaitingKeys(ledger: Ledger, place: LinkPlace): Promise<WaitingKeys> {
  const { connector, destination } = place
  const { keys, firstMs, requested } = await ledger
    .selectFrom('link_keys')
    .select((eb) => [
      eb.fn.countAll<number>().as('keys'),
      eb.fn.min<number | null>('looked_at_ms').as('firstMs'),
      eb.fn.max<number | null>('is_requested').as('requested'),
    ])
    .where((eb) => eb.and({ connector, destination, is_refused: 0 }))
    .where('record_id', 'is', null)
    .where('looked_at_ms', '>', 0)
    .executeTakeFirstOrThrow()
  return { keys, nextLookMs: firstMs === null || requested === 1 ? null : nextLookMs(firstMs) }
}

/**
 * Makes the next delivery look up every key without a record, whenever it last did: somebody has created the
 * records, and does not want to wait.
 */
export async function requestLooks(ledger: Ledger, place: LinkPlace): Promise<void> {
  const { connector, destination } = place
  await ledger
    .updateTable('link_keys')
    .set({ is_requested: 1 })
    .where((eb) => eb.and({ connector, destination, is_refused: 0 }))
    .where('record_id', 'is', null)
    .execute()
}

/** Returns the ids of refused keys that an operator wants to try again (see requestReplay). */
export async function readKeysToReplay(
  ledger: Ledger,
  { connector, destination, stream }: DeliveryKey,
): Promise<Set<string>> {
  const rows = await ledger
    .selectFrom('rejects')
    .select('row_id')
    .where((eb) => eb.and({ connector, destination, stream }))
    .where('fingerprint', 'is', null)
    .execute()
  return new Set(rows.map(({ row_id: id }) => id))
}

/** Not null, which distinguishes it from a refusal that is to be replayed. */
const refusedFingerprint = 'key'

/**
 * Stores the results of lookups, unless the destination was reset meanwhile: they may be about another account.
 * A refused key is stored with the refused rows.
 *
 * @param read.resets of the destination, before the lookup (`readResets`)
 * @param requested those of the keys whose lookup was requested before it began. A later request stays
 */
export async function keepLinkKeys(
  ledger: Ledger,
  { key: place, resets }: { key: DeliveryKey; resets: number },
  keys: readonly LinkKey[],
  nowMs: number,
  requested: readonly LinkKey[] = [],
): Promise<void> {
  if (keys.length === 0) return
  const { connector, destination } = place
  const rejected = keys.flatMap((key) =>
    key.refusal === null ? [] : [{ id: linkKeyId(key), reason: key.refusal }],
  )
  const others = keys.filter(({ refusal }) => refusal === null).map(linkKeyId)
  await ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    if ((await readResets(transaction, place)) !== resets) return
    const values = keys.map(({ rule, key, recordId, refusal }) => ({
      connector,
      destination,
      rule,
      key,
      record_id: recordId,
      is_refused: refusal === null ? 0 : 1,
      looked_at_ms: nowMs,
    }))
    for (const part of partsOf(values, rowsPerStatement)) {
      await transaction
        .insertInto('link_keys')
        .values(part)
        .onConflict((conflict) =>
          conflict.columns(['connector', 'destination', 'rule', 'key']).doUpdateSet((eb) => ({
            record_id: eb.ref('excluded.record_id'),
            is_refused: eb.ref('excluded.is_refused'),
            looked_at_ms: eb.ref('excluded.looked_at_ms'),
          })),
        )
        .execute()
    }
    await ofEachPart(requested, (rule, names) =>
      transaction
        .updateTable('link_keys')
        .set({ is_requested: 0 })
        .where((eb) => eb.and({ connector, destination, rule }))
        .where('key', 'in', names)
        .execute(),
    )
    const fingerprints = new Map(rejected.map(({ id }) => [id, refusedFingerprint]))
    await keepRejects(transaction, place, { rows: [], rejected, fingerprints }, nowMs)
    await removeRejects(transaction, place, others)
  })
}

/**
 * Deletes keys that no code names any more, and their refusals. Call it once their records are written without
 * them.
 */
export async function dropLinkKeys(
  ledger: Ledger,
  place: DeliveryKey,
  keys: readonly { rule: string; key: string }[],
): Promise<void> {
  if (keys.length === 0) return
  const { connector, destination } = place
  await ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    await ofEachPart(keys, (rule, names) =>
      transaction
        .deleteFrom('link_keys')
        .where((eb) => eb.and({ connector, destination, rule }))
        .where('key', 'in', names)
        .execute(),
    )
    await removeRejects(transaction, place, keys.map(linkKeyId))
  })
}

/** Passes keys on in statements of one rule each, none of them too long. */
async function ofEachPart(
  keys: readonly { rule: string; key: string }[],
  execute: (rule: string, names: string[]) => Promise<unknown>,
): Promise<void> {
  for (const [rule, ofRule] of Map.groupBy(keys, (each) => each.rule)) {
    const names = ofRule.map(({ key }) => key)
    for (const part of partsOf(names, rowsPerStatement)) await execute(rule, part)
  }
}

/** Makes the next delivery look up every key of a destination again, because it was emptied or changed. */
export async function forgetRecords(
  transaction: Transaction<LedgerSchema>,
  { connector, destination }: LinkPlace,
): Promise<void> {
  await transaction
    .updateTable('link_keys')
    .set({ record_id: null, is_refused: 0, looked_at_ms: 0, is_requested: 0 })
    .where((eb) => eb.and({ connector, destination }))
    .execute()
}

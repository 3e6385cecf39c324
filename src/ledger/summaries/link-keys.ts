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
    .select(['rule', 'key', 'record_id', 'is_refused', 'looked_at_ms'])
    .where((eb) => eb.and({ connector, destination }))
    .execute()
  return new Map(
    rows.map(({ rule, key, record_id: recordId, is_refused: isRefused, looked_at_ms: lookedAtMs }) => [
      linkKeyId({ rule, key }),
      { rule, key, recordId, isRefused: isRefused === 1, lookedAtMs },
    ]),
  )
}

/** Whether a key is due for a lookup. */
export function isLookDue({ recordId, isRefused, lookedAtMs }: KnownLinkKey, nowMs: number): boolean {
  const isWaiting = recordId === null && !isRefused
  return lookedAtMs <= nowMs - (isWaiting ? lookAgainMs : checkAgainMs)
}

/** Whether a key without a record is due for another lookup. */
export async function hasDueLooks(ledger: Ledger, place: LinkPlace, nowMs: number): Promise<boolean> {
  const { connector, destination } = place
  const due = await ledger
    .selectFrom('link_keys')
    .select('key')
    .where((eb) => eb.and({ connector, destination, is_refused: 0 }))
    .where('record_id', 'is', null)
    .where('looked_at_ms', '<=', nowMs - lookAgainMs)
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

/** Counts keys that a destination has looked up without finding a record. */
export async function countWaitingKeys(ledger: Ledger, place: LinkPlace): Promise<number> {
  const { connector, destination } = place
  const { keys } = await ledger
    .selectFrom('link_keys')
    .select((eb) => eb.fn.countAll<number>().as('keys'))
    .where((eb) => eb.and({ connector, destination, is_refused: 0 }))
    .where('record_id', 'is', null)
    .where('looked_at_ms', '>', 0)
    .executeTakeFirstOrThrow()
  return keys
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
 */
export async function keepLinkKeys(
  ledger: Ledger,
  { key: place, resets }: { key: DeliveryKey; resets: number },
  keys: readonly LinkKey[],
  nowMs: number,
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
    for (const [rule, ofRule] of Map.groupBy(keys, (each) => each.rule)) {
      for (const part of partsOf(ofRule, rowsPerStatement)) {
        await transaction
          .deleteFrom('link_keys')
          .where((eb) => eb.and({ connector, destination, rule }))
          .where(
            'key',
            'in',
            part.map(({ key }) => key),
          )
          .execute()
      }
    }
    await removeRejects(transaction, place, keys.map(linkKeyId))
  })
}

/** Makes the next delivery look up every key of a destination again, because it was emptied or changed. */
export async function forgetRecords(
  transaction: Transaction<LedgerSchema>,
  { connector, destination }: LinkPlace,
): Promise<void> {
  await transaction
    .updateTable('link_keys')
    .set({ record_id: null, is_refused: 0, looked_at_ms: 0 })
    .where((eb) => eb.and({ connector, destination }))
    .execute()
}

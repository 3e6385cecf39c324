import type { Transaction } from 'kysely'
import { lockConnector } from '../connector/connector-state.ts'
import { eraseInNextPlace, takeOverErasures } from '../erasure/erasures.ts'
import { resetIn } from './reset-delivery.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

/** Identifies a destination of a connector, by the names in the config file. */
export interface TargetKey {
  connector: string
  destination: string
}

export interface Target {
  /** What it writes to, such as "HubSpot account 123, object qr_code". */
  identity: string
  /** What it wrote to before, and when that changed; null if it never did. */
  before: string | null
  changedAtMs: number | null
}

/** Null if no delivery has stored it yet. */
export async function readTarget(
  ledger: Ledger | Transaction<LedgerSchema>,
  key: TargetKey,
): Promise<Target | null> {
  const target = await ledger
    .selectFrom('destination_targets')
    .select(['identity', 'before', 'changed_at_ms'])
    .where((eb) => eb.and({ connector: key.connector, destination: key.destination }))
    .executeTakeFirst()
  if (target === undefined) return null
  return { identity: target.identity, before: target.before, changedAtMs: target.changed_at_ms }
}

export interface TargetChange extends TargetKey {
  before: string
  now: string
}

/** Returns the changes since a time. */
export async function readTargetChanges(
  ledger: Ledger,
  connectors: readonly string[],
  sinceMs: number,
): Promise<TargetChange[]> {
  const rows = await ledger
    .selectFrom('destination_targets')
    .select(['connector', 'destination', 'identity', 'before'])
    .where('connector', 'in', connectors)
    .where('changed_at_ms', '>=', sinceMs)
    .execute()
  return rows.map(({ connector, destination, identity, before }) => ({
    connector,
    destination,
    before: before ?? '',
    now: identity,
  }))
}

/** Returns the destinations to which a delivery of this connector may have written. */
export async function readReached(
  ledger: Ledger | Transaction<LedgerSchema>,
  connector: string,
): Promise<Set<string>> {
  const rows = await ledger
    .selectFrom('destination_targets')
    .select('destination')
    .where('connector', '=', connector)
    // Deliveries of an older version stored no target.
    .union(ledger.selectFrom('deliveries').select('destination').where('connector', '=', connector))
    .execute()
  return new Set(rows.map(({ destination }) => destination))
}

/** Returns the other connectors of the ledger that write to the same place. */
export async function readSharers(ledger: Ledger, { connector, destination }: TargetKey): Promise<string[]> {
  const rows = await ledger
    .selectFrom('destination_targets as own')
    .innerJoin('destination_targets as other', 'other.identity', 'own.identity')
    .select('other.connector')
    .distinct()
    .where('own.connector', '=', connector)
    .where('own.destination', '=', destination)
    .where('other.connector', '!=', connector)
    .orderBy('other.connector')
    .execute()
  return rows.map((row) => row.connector)
}

/**
 * Stores what a destination writes to. If that has changed, the delivery starts again at the first row, in the
 * same transaction; that costs no call. The first one is stored without a reset.
 *
 * @returns what it wrote to before if that has changed, else null
 */
export async function noteTarget(
  ledger: Ledger,
  { connector, destination }: TargetKey,
  identity: string,
  nowMs: number,
): Promise<string | null> {
  const key = { connector, destination }
  if ((await readTarget(ledger, key))?.identity === identity) return null
  return ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    // Another worker may have stored it in between.
    const known = await transaction
      .selectFrom('destination_targets')
      .select('identity')
      .where((eb) => eb.and(key))
      .executeTakeFirst()
    if (known?.identity === identity) return null
    if (known === undefined) {
      await takeOverErasures(transaction, key, identity, nowMs)
      const values = { ...key, identity, before: null, changed_at_ms: null }
      await transaction.insertInto('destination_targets').values(values).execute()
      return null
    }
    await transaction
      .updateTable('destination_targets')
      .set({ identity, before: known.identity, changed_at_ms: nowMs })
      .where((eb) => eb.and(key))
      .execute()
    // The place that an erasure waits for may be back.
    await transaction
      .updateTable('erasures')
      .set({ due_at_ms: nowMs })
      .where((eb) => eb.and(key))
      .where('problem', 'is not', null)
      .execute()
    await eraseInNextPlace(transaction, key, identity, nowMs)
    await resetIn(transaction, { ...key, resend: true })
    return known.identity
  })
}

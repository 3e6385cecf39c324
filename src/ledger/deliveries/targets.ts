import { lockConnector } from '../connector/connector-state.ts'
import { resetIn } from './reset-delivery.ts'
import type { Ledger } from '../base/schema.ts'

/** A destination of a connector, by their names in the config file. */
export interface TargetKey {
  connector: string
  destination: string
}

export interface Target {
  /** What it writes to, as in "HubSpot account 123, object qr_code". */
  identity: string
  /** What it wrote to before, and when that changed; null where it never did. */
  before: string | null
  changedAtMs: number | null
}

/** Null where no delivery has noted it yet. */
export async function readTarget(ledger: Ledger, key: TargetKey): Promise<Target | null> {
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

/** The changes since a time. */
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

/**
 * Notes what a destination writes to. If it is another than before, the delivery begins again at the first row, in the same
 * transaction: that costs no call of the API. The first one is adopted as it is.
 *
 * @returns what it wrote to before, where that has changed; else null
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
    // Another worker may have noted it in between.
    const known = await transaction
      .selectFrom('destination_targets')
      .select('identity')
      .where((eb) => eb.and(key))
      .executeTakeFirst()
    if (known === undefined) {
      const values = { ...key, identity, before: null, changed_at_ms: null }
      await transaction.insertInto('destination_targets').values(values).execute()
      return null
    }
    if (known.identity === identity) return null
    await transaction
      .updateTable('destination_targets')
      .set({ identity, before: known.identity, changed_at_ms: nowMs })
      .where((eb) => eb.and(key))
      .execute()
    await resetIn(transaction, { ...key, resend: true })
    return known.identity
  })
}

import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { lockConnector } from './connector-state.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

/** What may be the matter with a connector, with one of its destinations, or with a field of the API (else `destination` is empty). */
export interface AlertKey {
  connector: string
  condition: string
  destination: string
}

export interface Alert extends AlertKey {
  beganAtMs: number
}

/** A change of what is the matter, and what people are told of it. */
export interface AlertChange {
  key: AlertKey
  isOn: boolean
  /** Null where nobody is told. */
  text: string | null
}

export interface AlertMessage {
  id: string
  connector: string
  text: string
  madeAtMs: number
}

/** A webhook waits for no longer than an hour. */
const longestWaitMs = 3_600_000

/** Whoever sends a message has so long for it; then another may. */
const sendingMs = 60_000

export async function readAlerts(ledger: Ledger, connectors: readonly string[]): Promise<Alert[]> {
  const alerts = await ledger.selectFrom('alerts').selectAll().where('connector', 'in', connectors).execute()
  return alerts.map(({ began_at_ms: beganAtMs, ...key }) => ({ ...key, beganAtMs }))
}

/**
 * Notes that a condition has begun or ended, together with the message about it: each change is told once, however many
 * workers see it.
 */
export async function changeAlert(
  ledger: Ledger,
  { key, isOn, text }: AlertChange,
  nowMs: number,
): Promise<void> {
  await ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, key.connector)
    const hasChanged = await (isOn ? begin(transaction, key, nowMs) : end(transaction, key))
    if (!hasChanged || text === null) return
    await transaction
      .insertInto('alert_messages')
      .values({ id: randomUUID(), connector: key.connector, text, made_at_ms: nowMs, due_at_ms: nowMs })
      .execute()
  })
}

async function begin(transaction: Transaction<LedgerSchema>, key: AlertKey, nowMs: number): Promise<boolean> {
  const { numInsertedOrUpdatedRows: begun = 0n } = await transaction
    .insertInto('alerts')
    .values({ ...key, began_at_ms: nowMs })
    .onConflict((conflict) => conflict.columns(['connector', 'condition', 'destination']).doNothing())
    .executeTakeFirstOrThrow()
  return begun > 0n
}

async function end(transaction: Transaction<LedgerSchema>, key: AlertKey): Promise<boolean> {
  const { numDeletedRows: ended } = await transaction
    .deleteFrom('alerts')
    .where((eb) => eb.and({ ...key }))
    .executeTakeFirstOrThrow()
  return ended > 0n
}

/**
 * The oldest message of these connectors, for the worker that sends it now; null if none is due.
 *
 * @param refused ids of messages that the webhook refuses: they hold up no other
 */
export async function takeMessage(
  ledger: Ledger,
  connectors: readonly string[],
  nowMs: number,
  refused: readonly string[] = [],
): Promise<AlertMessage | null> {
  const oldest = await ledger
    .selectFrom('alert_messages')
    .selectAll()
    .where('connector', 'in', connectors)
    .$if(refused.length > 0, (query) => query.where('id', 'not in', refused))
    .orderBy('made_at_ms')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  // Those behind one that cannot be sent wait too: an end is not told before its beginning. A time that lies further ahead than any
  // pause was written by an earlier version, or by a clock that was wrong.
  if (oldest === undefined) return null
  if (oldest.due_at_ms > nowMs && oldest.due_at_ms <= nowMs + longestWaitMs) return null
  const { numUpdatedRows: taken } = await ledger
    .updateTable('alert_messages')
    .set({ due_at_ms: nowMs + sendingMs })
    .where('id', '=', oldest.id)
    .where('due_at_ms', '=', oldest.due_at_ms)
    .executeTakeFirstOrThrow()
  if (taken === 0n) return null
  const { id, connector, text, made_at_ms: madeAtMs } = oldest
  return { id, connector, text, madeAtMs }
}

/** Drops what is too old to be told. */
export async function forgetMessagesBefore(
  ledger: Ledger,
  connectors: readonly string[],
  madeBeforeMs: number,
): Promise<void> {
  await ledger
    .deleteFrom('alert_messages')
    .where('connector', 'in', connectors)
    .where('made_at_ms', '<=', madeBeforeMs)
    .execute()
}

export async function forgetMessage(ledger: Ledger, { id }: AlertMessage): Promise<void> {
  await ledger.deleteFrom('alert_messages').where('id', '=', id).execute()
}

export async function postponeMessage(ledger: Ledger, { id }: AlertMessage, untilMs: number): Promise<void> {
  await ledger.updateTable('alert_messages').set({ due_at_ms: untilMs }).where('id', '=', id).execute()
}

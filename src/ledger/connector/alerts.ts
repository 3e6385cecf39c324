import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { lockConnector } from './connector-state.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

/** A condition of a connector, of one of its destinations, or of a field of the API. `destination` names the last two, and is empty for a connector. */
export interface AlertKey {
  connector: string
  condition: string
  destination: string
}

export interface Alert extends AlertKey {
  beganAtMs: number
}

/** The begin or end of a condition, and the message that reports it. */
export interface AlertChange {
  key: AlertKey
  isOn: boolean
  /** What the history keeps; null if the change is not reported. */
  report: { state: 'began' | 'over' | 'happened'; text: string } | null
  /** One for each channel that gets the alert. */
  messages: readonly { channel: string; text: string }[]
}

export interface AlertMessage {
  id: string
  connector: string
  text: string
  madeAtMs: number
}

/** The longest pause before a message is sent again. */
const longestWaitMs = 3_600_000

/** A worker has this long to send a message. After that, another worker may send it. */
const sendingMs = 60_000

export async function readAlerts(ledger: Ledger, connectors: readonly string[]): Promise<Alert[]> {
  const alerts = await ledger.selectFrom('alerts').selectAll().where('connector', 'in', connectors).execute()
  return alerts.map(({ began_at_ms: beganAtMs, ...key }) => ({ ...key, beganAtMs }))
}

/**
 * Records that a condition has begun or ended, and queues the message about it in the same transaction. Each change is
 * reported once, even if several workers detect it.
 */
export async function changeAlert(
  ledger: Ledger,
  { key, isOn, report, messages }: AlertChange,
  nowMs: number,
): Promise<void> {
  await ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, key.connector)
    const hasChanged = await (isOn ? begin(transaction, key, nowMs) : end(transaction, key))
    if (!hasChanged || report === null) return
    await transaction
      .insertInto('alert_history')
      .values({ ...key, ...report, at_ms: nowMs })
      .execute()
    if (messages.length === 0) return
    await transaction
      .insertInto('alert_messages')
      .values(
        messages.map((message) => ({
          ...message,
          id: randomUUID(),
          connector: key.connector,
          made_at_ms: nowMs,
          due_at_ms: nowMs,
        })),
      )
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

/** @returns the last reports, in order */
export async function readAlertHistory(
  ledger: Ledger,
  connector: string,
  { limit, withoutEnds }: { limit: number; withoutEnds: boolean },
) {
  const latest = await ledger
    .selectFrom('alert_history')
    .select(['condition', 'destination', 'state', 'at_ms', 'text'])
    .where('connector', '=', connector)
    .$if(withoutEnds, (query) => query.where('state', '!=', 'over'))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return latest.reverse()
}

/**
 * Takes the oldest message of these connectors for a channel, so that only this worker sends it.
 *
 * @param refused ids of messages that the webhook refuses. They are skipped, so that they do not block the others
 * @returns the message, or null if none is due
 */
export async function takeMessage(
  ledger: Ledger,
  { connectors, channel }: { connectors: readonly string[]; channel: string },
  nowMs: number,
  refused: readonly string[] = [],
): Promise<AlertMessage | null> {
  const oldest = await ledger
    .selectFrom('alert_messages')
    .selectAll()
    .where('connector', 'in', connectors)
    .where('channel', '=', channel)
    .$if(refused.length > 0, (query) => query.where('id', 'not in', refused))
    .orderBy('made_at_ms')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  // Later messages wait behind one that cannot be sent, so that the end of a condition is never reported before its begin. A due
  // time further ahead than the longest pause was written by an earlier version or by a wrong clock.
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

/** Deletes messages that are too old to be worth sending. */
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

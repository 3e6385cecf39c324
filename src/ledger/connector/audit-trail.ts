import type { Transaction } from 'kysely'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import type { Actor, AuditedAction } from './audit-tables.ts'

/** What an action was about. */
export interface ActionSubject {
  destination?: string | undefined
  qrCodeId?: string | undefined
  /** The rest, as a text for people. */
  details?: string | undefined
}

export interface RecordedAction {
  atMs: number
  action: AuditedAction
  via: Actor['via']
  user: string | null
  destination: string | null
  qrCodeId: string | null
  details: string | null
}

/**
 * Records an action. An action that changes the ledger records itself in the same transaction, so that neither exists without the
 * other.
 */
export async function recordAction(
  ledger: Ledger | Transaction<LedgerSchema>,
  connector: string,
  action: AuditedAction,
  actor: Actor,
  { destination, qrCodeId, details }: ActionSubject = {},
): Promise<void> {
  await ledger
    .insertInto('audit_trail')
    .values({
      connector,
      at_ms: Date.now(),
      action,
      via: actor.via,
      user_name: actor.user,
      destination: destination ?? null,
      qr_code_id: qrCodeId ?? null,
      // PostgreSQL has no text with a NUL.
      details: details?.replaceAll('\0', '\ufffd') ?? null,
    })
    .execute()
}

/** @returns the last actions of a connector, the most recent first */
export async function readActions(
  ledger: Ledger,
  connector: string,
  limit: number,
): Promise<RecordedAction[]> {
  const rows = await ledger
    .selectFrom('audit_trail')
    .selectAll()
    .where('connector', '=', connector)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    atMs: row.at_ms,
    action: row.action,
    via: row.via,
    user: row.user_name,
    destination: row.destination,
    qrCodeId: row.qr_code_id,
    details: row.details,
  }))
}

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
      // PostgreSQL has no text with a NUL.
      qr_code_id: qrCodeId?.replaceAll('\0', '\ufffd') ?? null,
      details: details?.replaceAll('\0', '\ufffd') ?? null,
    })
    .execute()
}

/** @returns the last actions of a connector, the most recent first */
export function readActions(ledger: Ledger, connector: string, limit: number): Promise<RecordedAction[]> {
  return ledger
    .selectFrom('audit_trail')
    .select(['at_ms as atMs', 'action', 'via', 'user_name as user', 'destination'])
    .select(['qr_code_id as qrCodeId', 'details'])
    .where('connector', '=', connector)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

import type { Generated } from 'kysely'

/** What people do manually, as the audit trail names it. */
export type AuditedAction =
  | 'pause'
  | 'resume'
  | 'sync'
  | 'backfill'
  | 'pause backfill'
  | 'resume backfill'
  | 'replay'
  | 'refill'
  | 'resend'
  | 'resync'
  | 'erase'

/** Who acts, as far as qrsync knows. */
export interface Actor {
  /** Where the action came from: a command on a host, or the page. */
  via: 'command' | 'page'
  /** The operating system's user of a command. The page knows only that its reader may act. */
  user: string | null
}

/** A row for each action; qrsync only adds rows. */
export interface AuditTrailTable {
  id: Generated<number>
  connector: string
  at_ms: number
  action: AuditedAction
  via: Actor['via']
  user_name: string | null
  destination: string | null
  qr_code_id: string | null
  details: string | null
}

/** A code that was erased. Its id stays, so that its rows are never fetched or landed again. */
export interface ErasedCodeTable {
  connector: string
  qr_code_id: string
  erased_at_ms: number
}

/** A destination that still has to erase a code. */
export interface ErasureTable {
  connector: string
  destination: string
  qr_code_id: string
  /** When it first erased the code; null before that. The row is deleted once it has erased the code again, some minutes later. */
  erased_at_ms: number | null
  /** When the next delivery is to erase it. */
  due_at_ms: number
  /** Why the last attempt failed. */
  problem: string | null
  /** What the destination wrote to when the code was erased in the ledger; null if that was not known. */
  target: string | null
}

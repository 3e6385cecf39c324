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

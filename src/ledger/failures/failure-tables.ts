import type { Generated } from 'kysely'

/** A target of calls (an endpoint of a code, or of the account) that fails. */
export interface FailureTable {
  connector: string
  /** As in openapi.yaml. History and the search for late scans are targets of their own ({@link import('./failures.ts').FailureTarget}). */
  endpoint: string
  /** Empty for an endpoint of the account. */
  qr_code_id: string
  /** The error's code and message. */
  code: string
  message: string
  /** Failed calls since it last worked; 0 while it is only suspected (`stalls`). */
  attempts: number
  /** Consecutive pages that made no progress. */
  stalls: Generated<number>
  since_ms: number
  failed_at_ms: number
  retry_at_ms: number
  /** The manual sync that tried it last. */
  sync_id: string | null
}

/** An outage of an endpoint, or of the whole API (empty `scope`). Without `since_ms`, qrsync only suspects an outage. */
export interface OutageTable {
  connector: string
  scope: string
  /** The target that failed first. */
  endpoint: string
  qr_code_id: string
  code: string
  message: string
  first_failed_at_ms: number
  since_ms: number | null
  /** How many checks without the key, and how many calls, have found it still failing. */
  looks: Generated<number>
  calls: Generated<number>
  called_at_ms: number
  looked_at_ms: number
  /** When to check next, and when to make the next call as a probe. */
  next_look_at_ms: number
  next_call_at_ms: number
  /** The manual sync that probed it last. */
  sync_id: string | null
}

/** A row of the API that this version could not read, as it arrived. */
export interface SetAsideTable {
  connector: string
  stream: string
  /** The code whose rows were requested; empty for rows of the list. */
  qr_code_id: string
  /** A hash of the row's id, or of its text if the id cannot be read. */
  row_key: string
  /** The row's id for display, cut if it is long. */
  row_id: string | null
  /** The row as the API sent it; null if the privacy settings forbid storing it. */
  json: string | null
  /** Fields of `json` that privacy has replaced by a hash: a list as JSON. */
  hashed: string | null
  reason: string
  /** When a scan was scanned, if its time can be read. */
  scanned_at_ms: number | null
  /** About when it was scanned: qrsync requests the scans around this time again. */
  near_ms: number | null
  first_seen_ms: number
  last_seen_ms: number
  /** When the API last sent it, or qrsync last requested it again. */
  asked_at_ms: number
  /** The manual sync that requested it last. */
  asked_sync_id: string | null
  /** The version of qrsync that could not read it. */
  version: string
}

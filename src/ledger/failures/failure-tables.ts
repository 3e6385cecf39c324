import type { Generated } from 'kysely'

/** A target of calls (an endpoint of a code, or of the account) that fails. */
export interface FailureTable {
  connector: string
  /** As in openapi.yaml; the search for late scans is a target of its own ({@link import('./failures.ts').FailureTarget}). */
  endpoint: string
  /** Empty for an endpoint of the account. */
  qr_code_id: string
  /** The error's code and message. */
  code: string
  message: string
  /** Failed calls since it last worked; 0 while it is only suspected (`stalls`). */
  attempts: number
  /** Pages in a row that brought the collection no further. */
  stalls: Generated<number>
  since_ms: number
  failed_at_ms: number
  retry_at_ms: number
  /** The manual sync that tried it last. */
  sync_id: string | null
}

/** What fails as a whole: an endpoint, or the API (empty `scope`). Without `since_ms` it is only suspected to. */
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
  /** Looks without the key, and calls, that found it still failing. */
  looks: Generated<number>
  calls: Generated<number>
  called_at_ms: number
  looked_at_ms: number
  /** When to look next, and when a call may be spent on it. */
  next_look_at_ms: number
  next_call_at_ms: number
  /** The manual sync that probed it last. */
  sync_id: string | null
}

/** A row of the API that this version could not read, as it came. */
export interface SetAsideTable {
  connector: string
  stream: string
  /** The code whose rows were asked for; empty for rows of the list. */
  qr_code_id: string
  /** A hash of the row's id; of its text, where it has no id that can be read. */
  row_key: string
  /** For people: cut where it is long. */
  row_id: string | null
  /** As it came; null where privacy forbids to keep it. */
  json: string | null
  /** Fields of `json` that privacy has replaced by a hash: a list as JSON. */
  hashed: string | null
  reason: string
  /** Of a scan whose time can be read. */
  scanned_at_ms: number | null
  /** About when it was scanned: where it is asked for again. */
  near_ms: number | null
  first_seen_ms: number
  last_seen_ms: number
  /** When it came last, or was asked for again. */
  asked_at_ms: number
  /** The manual sync that asked for it last. */
  asked_sync_id: string | null
  /** Of qrsync, which could not read it. */
  version: string
}

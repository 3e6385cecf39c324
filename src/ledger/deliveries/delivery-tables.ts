import type { Generated } from 'kysely'

export interface DeliveryTable {
  connector: string
  destination: string
  stream: string
  /** Every row up to this position is confirmed or rejected. */
  watermark_seq: number
  delivered_rows: number
  updated_at_ms: number
  /** When the last row was delivered; null while there are more. */
  drained_at_ms: number | null
}

/** A stream that a destination does not accept now, while its other streams continue. */
export interface DeliveryFailureTable {
  connector: string
  destination: string
  stream: string
  /** The error's code; for a bug, the error's name. */
  code: string
  message: string
  /** Attempts that have failed in a row. */
  attempts: number
  /** When the first of them failed; `failed_at_ms` is the last. */
  since_ms: number
  failed_at_ms: number
  /** When the stream is retried. */
  retry_at_ms: number
}

/** A destination that was reset, by a command or because it writes to something else. */
export interface DeliveryResetTable {
  connector: string
  destination: string
  resets: number
}

export interface RejectTable {
  connector: string
  destination: string
  stream: string
  row_id: string
  seq: number
  reason: string
  attempts: number
  rejected_at_ms: number
  /** The fingerprint of what was refused, if the destination has fingerprints: it is not sent again. */
  fingerprint: string | null
  /** 1 if an operator wants to send it again. */
  replay: Generated<number>
  /** When it is sent again automatically: the destination refused it without testing it alone. */
  again_at_ms: Generated<number | null>
}

/** What a destination writes to: an account, a dataset, a file. */
export interface DestinationTargetTable {
  connector: string
  destination: string
  identity: string
  /** What it wrote to before, and when that changed; null if it never did. */
  before: string | null
  changed_at_ms: number | null
}

/** The totals of a code's landed scans. */
export interface CodeRollupTable {
  connector: string
  qr_code_id: string
  /** A {@link import('../summaries/rollup.ts').Rollup} as JSON. */
  rollup: string
}

/**
 * What a destination last confirmed of a row, if it has fingerprints ({@link
 * import('../../destinations/destination.ts').Destination.fingerprint}).
 */
export interface ConfirmationTable {
  connector: string
  destination: string
  stream: string
  row_id: string
  fingerprint: string
}

/** Which record of a destination a key of a link rule names. Missing until the first delivery of the key. */
export interface LinkKeyTable {
  connector: string
  destination: string
  rule: string
  key: string
  /** Null if the destination has no record of that key yet, or refuses it. */
  record_id: string | null
  /** 1 if the key itself cannot name a record: `rejects` has the reason. */
  is_refused: Generated<number>
  /** When the destination last looked it up; 0 before the first time. */
  looked_at_ms: Generated<number>
  /** 1 if somebody wants the next delivery to look it up, whenever that was. */
  is_requested: Generated<number>
}

/** The progress of a code's scans for a record that the code names; see src/ledger/summaries/linked-pairs.ts. */
export interface LinkedPairTable {
  connector: string
  destination: string
  rule: string
  record_id: string
  qr_code_id: string
  place: string
  up_to_seq: number
  /** 1 if all scans up to the floor are written; the pair then follows the floor. */
  is_following: number
}

/** Calls to a vendor with limits, counted in parts of each of its windows. */
export interface VendorCallTable {
  account: string
  window: string
  bucket_ms: number
  calls: number
}

/** A reported condition that continues. */
export interface AlertTable {
  connector: string
  condition: string
  /** Empty if the condition does not concern one. */
  destination: string
  began_at_ms: number
}

/** What was reported of alerts, in order. */
export interface AlertHistoryTable {
  id: Generated<number>
  connector: string
  condition: string
  /** Empty if the condition does not concern one. */
  destination: string
  state: 'began' | 'over' | 'happened'
  at_ms: number
  /** What was wrong and what to do; empty for an alert that an earlier version reported. */
  text: string
}

/** An alert message that has not been sent yet. */
export interface AlertMessageTable {
  id: string
  connector: string
  /** As in `alerts` of the config file. */
  channel: string
  /** The message as JSON. */
  text: string
  made_at_ms: number
  /** Not to be sent before this time: an attempt failed, or a worker is sending it. */
  due_at_ms: number
}

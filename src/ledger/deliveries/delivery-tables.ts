import type { Generated } from 'kysely'

export interface DeliveryTable {
  connector: string
  destination: string
  stream: string
  /** Every row up to this position is confirmed or rejected. */
  watermark_seq: number
  delivered_rows: number
  updated_at_ms: number
  /** When the last row that there was had been delivered; null while there is more. */
  drained_at_ms: number | null
}

/** A stream that a destination does not take at present, while its other streams go on. */
export interface DeliveryFailureTable {
  connector: string
  destination: string
  stream: string
  /** The error's code; for a bug, the error's name. */
  code: string
  message: string
  /** Attempts that have failed in a row. */
  attempts: number
  /** When the first of them failed, and the last. */
  since_ms: number
  failed_at_ms: number
  /** When the stream is tried again. */
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
  /** What was refused, where the destination tells: it is not handed over again. */
  fingerprint: string | null
  /** 1 where somebody wants it to be handed over once more. */
  replay: Generated<number>
  /** When it is handed over again automatically: the destination has refused it without judging it alone. */
  again_at_ms: Generated<number | null>
}

/** What a destination writes to: an account, a dataset, a file. */
export interface DestinationTargetTable {
  connector: string
  destination: string
  identity: string
  /** What it wrote to before, and when that changed; null where it never did. */
  before: string | null
  changed_at_ms: number | null
}

/** What the landed scans of a code come to. */
export interface CodeRollupTable {
  connector: string
  qr_code_id: string
  /** A {@link import('../summaries/rollup.ts').Rollup} as JSON. */
  rollup: string
}

/** What a destination has confirmed last of a row, where it tells ({@link import('../../destinations/destination.ts').Destination.fingerprint}). */
export interface ConfirmationTable {
  connector: string
  destination: string
  stream: string
  row_id: string
  fingerprint: string
}

/** Which record of a destination a key of a link rule names. Absent before the first delivery that meets the key. */
export interface LinkKeyTable {
  connector: string
  destination: string
  rule: string
  key: string
  /** Null where the destination has no record of that key yet, or refuses it. */
  record_id: string | null
  /** 1 where the key can name no record as it is: `rejects` has the reason. */
  is_refused: Generated<number>
  /** When the destination was last asked for it; 0 before the first time. */
  looked_at_ms: Generated<number>
}

/** How far the scans of a code are handed over for a record that the code names; see src/ledger/summaries/linked-pairs.ts. */
export interface LinkedPairTable {
  connector: string
  destination: string
  rule: string
  record_id: string
  qr_code_id: string
  place: string
  up_to_seq: number
  /** 1 where it has all up to the floor, and follows it. */
  is_following: number
}

/** Calls to a vendor that has limits, in parts of each of its windows. */
export interface VendorCallTable {
  account: string
  window: string
  bucket_ms: number
  calls: number
}

/** A condition that somebody has been told of and that goes on. */
export interface AlertTable {
  connector: string
  condition: string
  /** Empty where it is not about one. */
  destination: string
  began_at_ms: number
}

/** A message to people that has not been sent yet. */
export interface AlertMessageTable {
  id: string
  connector: string
  /** As in `alerts` of the config file. */
  channel: string
  /** What is told, as JSON. */
  text: string
  made_at_ms: number
  /** Not before: it was tried, or somebody is sending it. */
  due_at_ms: number
}

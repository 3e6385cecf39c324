import type { Generated } from 'kysely'
import type { GateReason } from '../../budget/gate.ts'

/**
 * A connector that the ledger knows. Whoever decides something from what it reads locks this row first (`lockConnector`). Each of
 * the tables below has one row for it.
 */
export interface ConnectorTable {
  connector: string
  /** When the connector was set up: scans before that time are its history. */
  connected_at_ms: number | null
  /** Since when a person has history left where it is. */
  history_paused_at_ms: number | null
  /** The latest time that a transaction of this connector has seen: times beyond it were stored by a wrong clock. */
  seen_at_ms: number
}

/** What is known of the account, and of the API that answers for it. */
export interface AccountTable {
  connector: string
  /** Of the key that `plan` and the limits were learned with: another key is another account until /me has answered. */
  key_fingerprint: string | null
  account_id: string | null
  plan: string | null
  calls_per_minute: number
  calls_per_month: number
  identified_at_ms: number | null
  /** A time at which the API's month is known to start, if that is not the first day of a calendar month (UTC). */
  month_resets_at_ms: number | null
  /** When `month_resets_at_ms` was learned. */
  month_learned_at_ms: number | null
  /** Where the minute turned out to be smaller or shared: the calls that were left for us, and since when (minute.ts). */
  minute_reduced_to: number | null
  minute_reduced_at_ms: number | null
  /** Which of the API's optional helps are there, as far as answers have shown ({@link import('../../model/api-profile.ts').ApiProfile} as JSON). */
  api_profile: string | null
}

/** What stands before every call. */
export interface GateTable {
  connector: string
  /** No call before this time; 0 where the gate is open. Once it has passed, one call goes first, as a probe (gate.ts). */
  gate_until_ms: Generated<number>
  /** What closed the gate, for people. */
  gate_reason: string | null
  gate_kind: GateReason | null
  /** Since when the gate is closed, and when it was last closed: a probe may have failed in between. */
  gate_since_ms: number | null
  gate_closed_at_ms: number | null
  /** The call that is the probe, and until when it may be answered. */
  gate_probe_id: number | null
  gate_probe_until_ms: Generated<number>
  /** 1 where a person lets one call through a closed gate. */
  gate_pass: Generated<number>
  /** Probes that failed one after the other. */
  gate_probes_failed: Generated<number>
}

/** Who spends the connector's calls at present. */
export interface LeaseTable {
  connector: string
  /** … and until when without renewal. */
  lease_holder: string | null
  lease_until_ms: Generated<number>
  /** Until then the planner leaves the lease to a sync that a person waits for. */
  person_until_ms: Generated<number>
}

/**
 * `full` sees every code, deleted ones too; `scanned` reads the most recently scanned ones, as far as they are new;
 * `updated` those that were created, changed or deleted (`updated_since`).
 */
export type ListPassKind = 'full' | 'scanned' | 'updated'

/** How far the list of codes is read. */
export interface ListPassTable {
  connector: string
  /** Highest `last_scanned_at` on the first page of the last list pass; the next pass reads down to it. */
  list_watermark_ms: number | null
  /** The list pass under way, if any: its kind, its next page, and the highest `last_scanned_at` of its first page. */
  list_pass_kind: ListPassKind | null
  list_pass_page: Generated<number>
  list_pass_high_ms: number | null
  /** When the pass under way began. */
  list_pass_started_ms: number | null
  /** When the last complete pass for new scans began: codes that it did not show had nothing new. */
  listed_at_ms: number | null
  full_listed_at_ms: number | null
  /** When the list was last asked for changed codes (`updated_since`), and the newest `updated_at` it has told. */
  changes_listed_at_ms: number | null
  updated_watermark: string | null
}

/** What the planner has said last, and what it plans by. */
export interface PlanTable {
  connector: string
  /** When another call may be worth it, and what a call is worth (waiting scans times ms). */
  next_look_at_ms: number | null
  price_ms: number | null
  /** Landed scans by hour of the UTC day, older ones faded, and since when: as JSON, see hour-counts.ts. */
  hour_counts: string | null
}

/** How the last slices of syncs went. */
export interface SyncHealthTable {
  connector: string
  /** When a slice of a sync last ended without a failure, and by when one said that the next is due. */
  synced_at_ms: number | null
  sync_due_ms: number | null
  /** The error's code if the last sync failed and a retry does not help. */
  sync_failure: string | null
  /** How far the clock of the worker that made the last calls was ahead of the API's. */
  clock_skew_ms: number | null
}

/** Last position given out in each stream. Taken under the connector's lock, so positions are committed in order. */
export interface PositionTable {
  connector: string
  qr_codes_seq: Generated<number>
  scans_seq: Generated<number>
  analytics_daily_seq: Generated<number>
  analytics_breakdown_seq: Generated<number>
  /** Up to this position the scans are in `code_rollups`. */
  rolled_up_seq: Generated<number>
}

/** How the config that a process runs by stands to the one in the file ({@link import('./config-load.ts').ConfigLoad}). */
export interface ConfigLoadTable {
  connector: string
  loaded_at_ms: number
  problem: string | null
  problem_since_ms: number | null
  restart: string | null
}

import type { Generated } from 'kysely'
import type { GateReason } from '../../budget/gate.ts'

/**
 * A connector in the ledger. A transaction that makes a decision from what it reads locks this row first (`lockConnector`). Each
 * of the tables below has one row for each connector.
 */
export interface ConnectorTable {
  connector: string
  /** When the connector was set up: scans before that time are its history. */
  connected_at_ms: number | null
  /** When `qrsync backfill pause` paused the backfill; null if it is not paused. */
  history_paused_at_ms: number | null
  /** The latest time that a transaction of this connector has seen. A wrong clock stored any later times. */
  seen_at_ms: number
}

/** What qrsync has learned about the account and about its API. */
export interface AccountTable {
  connector: string
  /** The fingerprint of the key that returned `plan` and the limits. Another key may belong to another account, until /me has answered. */
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
  /** If the minute turned out to be smaller or shared: the number of calls left for us, and since when (minute.ts). */
  minute_reduced_to: number | null
  minute_reduced_at_ms: number | null
  /** Which optional features the API has, as far as its answers have shown ({@link import('../../model/api-profile.ts').ApiProfile} as JSON). */
  api_profile: string | null
}

/** The gate that every call must pass. */
export interface GateTable {
  connector: string
  /** No call is sent before this time; 0 if the gate is open. After it, one call is sent first, as a probe (gate.ts). */
  gate_until_ms: Generated<number>
  /** Why the gate was closed, as a text for people. */
  gate_reason: string | null
  gate_kind: GateReason | null
  /** When the gate was first closed, and when it was last closed: a failed probe closes it again. */
  gate_since_ms: number | null
  gate_closed_at_ms: number | null
  /** The call that is the probe, and the time by which its answer must arrive. */
  gate_probe_id: number | null
  gate_probe_until_ms: Generated<number>
  /** 1 if an operator lets one call through a closed gate. */
  gate_pass: Generated<number>
  /** The number of consecutive failed probes. */
  gate_probes_failed: Generated<number>
}

/** Which sync may spend the connector's calls now. */
export interface LeaseTable {
  connector: string
  /** The slice that holds the lease; null if it is free. */
  lease_holder: string | null
  /** When the lease ends unless the holder renews it. */
  lease_until_ms: Generated<number>
  /** Until this time, the planner leaves the lease to a manual sync. */
  person_until_ms: Generated<number>
}

/**
 * `full` reads every code, including deleted ones. `scanned` reads the most recently scanned codes, down to those that it has
 * seen before. `updated` reads the codes that were created, changed or deleted (`updated_since`).
 */
export type ListPassKind = 'full' | 'scanned' | 'updated'

/** How far the list of codes has been read. */
export interface ListPassTable {
  connector: string
  /** Highest `last_scanned_at` on the first page of the last list pass; the next pass reads down to it. */
  list_watermark_ms: number | null
  /** The current list pass, if any: its kind, its next page, and the highest `last_scanned_at` of its first page. */
  list_pass_kind: ListPassKind | null
  list_pass_page: Generated<number>
  list_pass_high_ms: number | null
  /** When the current pass began. */
  list_pass_started_ms: number | null
  /** When the last complete pass for new scans began. Codes that it did not return had no new scans then. */
  listed_at_ms: number | null
  full_listed_at_ms: number | null
  /** When changed codes (`updated_since`) were last requested, and the newest `updated_at` that was returned. */
  changes_listed_at_ms: number | null
  updated_watermark: string | null
}

/** The planner's last result, and its input. */
export interface PlanTable {
  connector: string
  /** When the next call may be worth its price, and that price (waiting scans times ms). */
  next_look_at_ms: number | null
  price_ms: number | null
  /** Landed scans by hour of the UTC day, with older ones weighted less, and since when they are counted: as JSON, see hour-counts.ts. */
  hour_counts: string | null
}

/** How the last slices of syncs went. */
export interface SyncHealthTable {
  connector: string
  /** When a slice of a sync last ended without a failure, and when the next one is due. */
  synced_at_ms: number | null
  sync_due_ms: number | null
  /** The error's code if the last sync failed in a way that a retry does not fix. */
  sync_failure: string | null
  /** How far the clock of the worker that made the last calls was ahead of the API's. */
  clock_skew_ms: number | null
}

/** The last position assigned in each stream. Positions are assigned under the connector's lock, so they are committed in order. */
export interface PositionTable {
  connector: string
  qr_codes_seq: Generated<number>
  scans_seq: Generated<number>
  analytics_daily_seq: Generated<number>
  analytics_breakdown_seq: Generated<number>
  /** `code_rollups` contains the scans up to this position. */
  rolled_up_seq: Generated<number>
}

/** Whether the config that a process uses is the one in the file ({@link import('./config-load.ts').ConfigLoad}). */
export interface ConfigLoadTable {
  connector: string
  loaded_at_ms: number
  problem: string | null
  problem_since_ms: number | null
  restart: string | null
}

import type { ColumnType, Generated, Kysely } from 'kysely'
import type {
  AccountTable,
  ConfigLoadTable,
  ConnectorTable,
  GateTable,
  LeaseTable,
  ListPassTable,
  PlanTable,
  PositionTable,
  SyncHealthTable,
} from '../connector/connector-tables.ts'
import type { AuditTrailTable, ErasedCodeTable, ErasureTable } from '../connector/audit-tables.ts'
import type {
  AlertHistoryTable,
  AlertMessageTable,
  AlertTable,
  CodeRollupTable,
  ConfirmationTable,
  DeliveryFailureTable,
  DeliveryTable,
  DeliveryResetTable,
  DestinationTargetTable,
  LinkedPairTable,
  LinkKeyTable,
  RejectTable,
  VendorCallTable,
} from '../deliveries/delivery-tables.ts'
import type { SourceChangeTable, SourceShapeTable } from '../shapes/shape-tables.ts'
import type { FailureTable, OutageTable, SetAsideTable } from '../failures/failure-tables.ts'

/** Times are epoch milliseconds (`…_ms`), counts are rows. `connector` is the name in the config file. */
export interface LedgerSchema {
  connectors: ConnectorTable
  accounts: AccountTable
  gates: GateTable
  leases: LeaseTable
  list_passes: ListPassTable
  plans: PlanTable
  sync_health: SyncHealthTable
  positions: PositionTable
  months: MonthTable
  calls: CallTable
  qr_codes: QrCodeTable
  code_histories: CodeHistoryTable
  scans: ScanTable
  analytics_daily: AnalyticsTable
  analytics_breakdown: AnalyticsTable
  gap_days: GapDayTable
  read_days: ReadDayTable
  forecasts: ForecastTable
  deliveries: DeliveryTable
  delivery_failures: DeliveryFailureTable
  delivery_resets: DeliveryResetTable
  rejects: RejectTable
  set_aside: SetAsideTable
  code_rollups: CodeRollupTable
  confirmations: ConfirmationTable
  destination_targets: DestinationTargetTable
  link_keys: LinkKeyTable
  linked_pairs: LinkedPairTable
  vendor_calls: VendorCallTable
  alerts: AlertTable
  alert_messages: AlertMessageTable
  alert_history: AlertHistoryTable
  failures: FailureTable
  outages: OutageTable
  config_loads: ConfigLoadTable
  audit_trail: AuditTrailTable
  erased_codes: ErasedCodeTable
  erasures: ErasureTable
  source_shapes: SourceShapeTable
  source_changes: SourceChangeTable
}

export type Ledger = Kysely<LedgerSchema>

/** Calls that count in a calendar month. */
export interface MonthTable {
  connector: string
  /** `YYYY-MM`, UTC; the first day if the API's month is not the calendar month. */
  month: string
  /** Our calls, and those of others that the API has reported. */
  calls: number
  /** Of these, calls that other users of the account have made. */
  others: Generated<number>
}

export type CallOutcome = 'pending' | 'ok' | 'refused' | 'failed' | 'not_sent'

/** Every call. */
export interface CallTable {
  id: Generated<number>
  connector: string
  endpoint: string
  purpose: string
  qr_code_id: string | null
  sent_at_ms: number
  settled_at_ms: number | null
  /** The call may be in the API's minute window up to and including this time. */
  window_until_ms: number
  outcome: ColumnType<CallOutcome>
  http_status: number | null
  rows: number | null
  retry_after_ms: number | null
}

export interface QrCodeTable {
  connector: string
  id: string
  /** Position in the stream of changed codes. */
  seq: number
  /** A {@link import('../../streams/qr-codes.ts').QrCode} as JSON. */
  row: string
  deleted: number
  listed_scan_count: number | null
  listed_last_scanned_at: string | null
  /** Scans of this code in the ledger. */
  landed_scans: number
  /**
   * Malformed scans of this code that are stored in `set_aside`. The API has sent them, so no search is started
   * for them.
   */
  set_aside_scans: Generated<number>
  /** What the list reported when the running collection (`cursor_page` above 1) began. */
  collecting_scan_count: number | null
  collecting_last_scanned_at: string | null
  /** What the list reported when the last complete collection began. */
  collected_scan_count: number | null
  collected_last_scanned_at: string | null
  collected_at_ms: number | null
  /** Since when scans wait to be collected; null if there is nothing to fetch. */
  due_since_ms: number | null
  /** `from` of the next call for new scans (inclusive; null = from the first scan). */
  cursor_from: string | null
  /** The page of the next call. Above 1, a collection is running and continues exactly there. */
  cursor_page: number
  /** The newest scan of the first page if the API sends the newest first; the next `from` is no later. */
  collecting_high_ms: number | null
  first_listed_at_ms: number | null
  /** The evidence for the rate ({@link import("../budget/rate.ts").RateEvidence}), up to `observed_at_ms`. */
  rate_arrivals: Generated<number>
  rate_hours: Generated<number>
  observed_at_ms: number | null
  /** Scans that are known and have not landed, as of `pending_at_ms`, without late ones (`gap`). */
  pending: Generated<number>
  pending_at_ms: number | null
  /** When nothing was last known to wait. */
  empty_at_ms: number | null
  /** Scans that the API counts and a complete collection did not contain: they arrived late, below the cursor. */
  gap: Generated<number>
  gap_since_ms: number | null
  /** The search continues with the days up to this one; null if no search is running. */
  gap_until_day: string | null
  /**
   * Scans that a search did not find: the API counts them and has not returned them. They are not searched for
   * again.
   */
  gap_accepted: Generated<number>
  /** When a search last ended without finding everything. */
  gap_searched_at_ms: number | null
  /** Landed scans that the API's count no longer includes, because it fell (statistics reset, bots purged, scans erased). */
  count_base: Generated<number>
  /** When the count last fell; null if it includes every landed scan. */
  count_fell_at_ms: number | null
  /**
   * 1 from the fall until a collection is complete, because only then is it known how many of the counted scans
   * are new.
   */
  count_unsettled: Generated<number>
  analytics_at_ms: number | null
  /** Scans that the last analytics counted. */
  analytics_scans: number | null
  /** When a scan of the code was last landed later than its freshness target. */
  missed_at_ms: number | null
  /** When it got its position; 0 if that was before the ledger stored the time. */
  landed_at_ms: Generated<number>
}

/**
 * The history of a code that has new scans before its history has landed. It is read with its own cursor, so
 * that neither waits for the other. The row is deleted once the history has landed.
 */
export interface CodeHistoryTable {
  connector: string
  qr_code_id: string
  /** The page of its next call: pages from the first scan on, the oldest first. */
  page: number
  /** Scans from this time on are new, and read with the code's own cursor. */
  until_ms: number
  /** Scans of the history that are known and have not landed. */
  pending: number
  opened_at_ms: number
}

/** A row of an analytics stream; `row` is its JSON. */
export interface AnalyticsTable {
  connector: string
  id: string
  qr_code_id: string
  seq: number
  row: string
  /** When it got its position; 0 if that was before the ledger stored the time. */
  landed_at_ms: Generated<number>
}

/** Days of a code whose scans are read again, from `page` on. */
export interface GapDayTable {
  connector: string
  qr_code_id: string
  /** The first day, `YYYY-MM-DD`; `0001-01-01` for everything before `to_day`. */
  day: string
  page: number
  /** The last day (inclusive); null if there is only one. */
  to_day: string | null
  /** How far the API's days begin before UTC days (540 if they are days in Tokyo). */
  offset_minutes: Generated<number>
  /** 1 if the day is read only because the day next to it had no missing scan. */
  is_neighbour: Generated<number>
}

/**
 * A day that was read again completely, and how many scans the API counted then. It is not read again for the
 * same count.
 */
export interface ReadDayTable {
  connector: string
  qr_code_id: string
  day: string
  scans: number
}

export interface ForecastTable {
  connector: string
  month: string
  made_at_ms: number
  /** A {@link import('../../budget/forecast/forecast.ts').Forecast} as JSON. */
  forecast: string
}

export interface ScanTable {
  connector: string
  seq: number
  qr_code_id: string
  /** `scanned_at`, rounded down. */
  scanned_at_ms: number
  id: string
  /** A {@link import('../../streams/scans.ts').Scan} as JSON. */
  row: string
  landed_at_ms: number
}

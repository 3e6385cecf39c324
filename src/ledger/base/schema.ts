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
import type {
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
  failures: FailureTable
  outages: OutageTable
  config_loads: ConfigLoadTable
  source_shapes: SourceShapeTable
  source_changes: SourceChangeTable
}

export type Ledger = Kysely<LedgerSchema>

/** Calls that count against a calendar month. */
export interface MonthTable {
  connector: string
  /** `YYYY-MM`, UTC; the first day where the API's month is not the calendar's. */
  month: string
  /** Ours, and those of others that the API has told of. */
  calls: number
  /** Of these, calls that other users of the account have made. */
  others: Generated<number>
}

export type CallOutcome = 'pending' | 'ok' | 'refused' | 'failed' | 'not_sent'

/** Every call ever spent. */
export interface CallTable {
  id: Generated<number>
  connector: string
  endpoint: string
  purpose: string
  qr_code_id: string | null
  sent_at_ms: number
  settled_at_ms: number | null
  /** The call may sit in the API's minute window up to and including this time. */
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
  /** Scans of this code that do not fit and are kept in `set_aside`: the API has sent them, so nobody looks for them. */
  set_aside_scans: Generated<number>
  /** What the list said when the collection under way began (`cursor_page` above 1) … */
  collecting_scan_count: number | null
  collecting_last_scanned_at: string | null
  /** … and when the last complete one began. */
  collected_scan_count: number | null
  collected_last_scanned_at: string | null
  collected_at_ms: number | null
  /** Since when we know of scans that are not collected; null when there is nothing to fetch. */
  due_since_ms: number | null
  /** Where the next call for new scans starts: `from` of the request (inclusive; null = from the first scan) … */
  cursor_from: string | null
  /** … and its page. Above 1 a collection is under way, and goes on exactly there. */
  cursor_page: number
  /** Newest scan of the first page, where the API sends the newest first; the next `from` is no later. */
  collecting_high_ms: number | null
  first_listed_at_ms: number | null
  /** What the rate is estimated from ({@link import("../budget/rate.ts").RateEvidence}), up to `observed_at_ms`. */
  rate_arrivals: Generated<number>
  rate_hours: Generated<number>
  observed_at_ms: number | null
  /** Scans that are known and not landed, as of `pending_at_ms`; late ones (`gap`) aside. */
  pending: Generated<number>
  pending_at_ms: number | null
  /** When it was last known that nothing waits. */
  empty_at_ms: number | null
  /** Scans that the API counts and that a complete collection did not bring: they came late, below the cursor. */
  gap: Generated<number>
  gap_since_ms: number | null
  /** The search goes on with the days up to this one; null where no search is under way. */
  gap_until_day: string | null
  /** What a search did not find: the API counts these scans and has not returned them. Not searched for again. */
  gap_accepted: Generated<number>
  /** When a search last ended without finding all that it was for. */
  gap_searched_at_ms: number | null
  /** Landed scans that the API's count no longer includes, because it fell (statistics reset, bots purged, scans erased). */
  count_base: Generated<number>
  /** When the count last fell; null where it includes every landed scan. */
  count_fell_at_ms: number | null
  /** 1 from the fall until a collection is complete: only then is it known how many of the counted scans are new. */
  count_unsettled: Generated<number>
  analytics_at_ms: number | null
  /** Scans that the last analytics counted. */
  analytics_scans: number | null
  /** When a scan of the code was last landed later than its freshness target. */
  missed_at_ms: number | null
  /** When it took its position; 0 where that was before we kept it. */
  landed_at_ms: Generated<number>
}

/**
 * The history of a code that has new scans before its history is landed: it is read with a cursor of its own, so that neither
 * waits for the other. The row is gone once the history is landed.
 */
export interface CodeHistoryTable {
  connector: string
  qr_code_id: string
  /** Where its next call starts: pages from the first scan on, the oldest first. */
  page: number
  /** Scans from this time on are news, and read with the code's own cursor. */
  until_ms: number
  /** Scans of it that are known and not landed. */
  pending: number
  opened_at_ms: number
}

/** A row of an analytics stream, `row` being its JSON. */
export interface AnalyticsTable {
  connector: string
  id: string
  qr_code_id: string
  seq: number
  row: string
  /** When it took its position; 0 where that was before we kept it. */
  landed_at_ms: Generated<number>
}

/** Days of a code whose scans are to be read again, from `page` on. */
export interface GapDayTable {
  connector: string
  qr_code_id: string
  /** The first day, `YYYY-MM-DD`; `0001-01-01` for everything before `to_day`. */
  day: string
  page: number
  /** The last day (included); null where it is only one. */
  to_day: string | null
  /** How far the API's days begin before those of UTC (540 where they are cut in Tokyo's time). */
  offset_minutes: Generated<number>
  /** 1 where the day is read only because the one beside it brought nothing. */
  is_neighbour: Generated<number>
}

/** A day that was read again to its end, and how many scans the API counted of it then. It is not read again for these. */
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

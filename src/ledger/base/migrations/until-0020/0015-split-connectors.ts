import { sql, type Kysely, type Migration } from 'kysely'

type ColumnType = 'text' | 'integer' | 'bigint' | 'double precision'

interface Column {
  type: ColumnType
  /** The default; null is allowed if there is none. */
  standard?: number
}

const text: Column = { type: 'text' }
const time: Column = { type: 'bigint' }
const count: Column = { type: 'bigint', standard: 0 }

/** The table to which each column moves. */
const tables: Readonly<Record<string, Readonly<Record<string, Column>>>> = {
  accounts: {
    key_fingerprint: text,
    account_id: text,
    plan: text,
    calls_per_minute: { type: 'integer', standard: 60 },
    calls_per_month: { type: 'integer', standard: 5_000 },
    identified_at_ms: time,
    month_resets_at_ms: time,
    month_learned_at_ms: time,
    minute_reduced_to: { type: 'integer' },
    minute_reduced_at_ms: time,
    api_profile: text,
  },
  gates: {
    gate_until_ms: count,
    gate_reason: text,
    gate_kind: text,
    gate_since_ms: time,
    gate_closed_at_ms: time,
    gate_probe_id: time,
    gate_probe_until_ms: count,
    gate_pass: { type: 'integer', standard: 0 },
    gate_probes_failed: { type: 'integer', standard: 0 },
  },
  leases: {
    lease_holder: text,
    lease_until_ms: count,
    person_until_ms: count,
  },
  list_passes: {
    list_watermark_ms: time,
    list_pass_kind: text,
    list_pass_page: { type: 'integer', standard: 1 },
    list_pass_high_ms: time,
    list_pass_started_ms: time,
    listed_at_ms: time,
    full_listed_at_ms: time,
    changes_listed_at_ms: time,
    updated_watermark: text,
  },
  plans: {
    next_look_at_ms: time,
    price_ms: { type: 'double precision' },
    hour_counts: text,
  },
  sync_health: {
    synced_at_ms: time,
    sync_due_ms: time,
    sync_failure: text,
    clock_skew_ms: time,
  },
  positions: {
    qr_codes_seq: count,
    scans_seq: count,
    analytics_daily_seq: count,
    analytics_breakdown_seq: count,
    rolled_up_seq: count,
  },
}

/**
 * Gives each subject of `connectors` its own table, so that values that are written together are stored
 * together.
 */
export const splitConnectors: Migration = {
  async up(db: Kysely<unknown>) {
    for (const [table, columns] of Object.entries(tables)) {
      await createTable(db, table, columns)
      const names = sql.join(['connector', ...Object.keys(columns)].map((name) => sql.ref(name)))
      await sql`insert into ${sql.table(table)} (${names}) select ${names} from connectors`.execute(db)
    }
    for (const columns of Object.values(tables)) {
      for (const name of Object.keys(columns)) {
        await db.schema.alterTable('connectors').dropColumn(name).execute()
      }
    }
  },
}

async function createTable(
  db: Kysely<unknown>,
  table: string,
  columns: Readonly<Record<string, Column>>,
): Promise<void> {
  let created = db.schema.createTable(table).addColumn('connector', 'text', (column) => column.primaryKey())
  for (const [name, { type, standard }] of Object.entries(columns)) {
    created = created.addColumn(name, type, (column) =>
      standard === undefined ? column : column.notNull().defaultTo(standard),
    )
  }
  await created.execute()
}

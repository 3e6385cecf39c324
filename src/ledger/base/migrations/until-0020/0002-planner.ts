import type { Kysely, Migration } from 'kysely'

/** Adds the planner's state, the two analytics streams, gaps, and forecasts. */
export const planner: Migration = {
  async up(db: Kysely<unknown>) {
    const connectorColumns = {
      connected_at_ms: 'bigint',
      api_profile: 'text',
      hour_counts: 'text',
      changes_listed_at_ms: 'bigint',
      updated_watermark: 'text',
      month_resets_at_ms: 'bigint',
      listed_at_ms: 'bigint',
      list_pass_started_ms: 'bigint',
      next_look_at_ms: 'bigint',
    } as const
    for (const [name, type] of Object.entries(connectorColumns)) {
      await db.schema.alterTable('connectors').addColumn(name, type).execute()
    }
    await db.schema.alterTable('connectors').addColumn('price_ms', 'double precision').execute()
    for (const name of ['analytics_daily_seq', 'analytics_breakdown_seq']) {
      await db.schema
        .alterTable('connectors')
        .addColumn(name, 'bigint', (c) => c.notNull().defaultTo(0))
        .execute()
    }

    await db.schema
      .alterTable('months')
      .addColumn('others', 'integer', (c) => c.notNull().defaultTo(0))
      .execute()

    for (const name of ['rate_arrivals', 'rate_hours']) {
      await db.schema
        .alterTable('qr_codes')
        .addColumn(name, 'double precision', (c) => c.notNull().defaultTo(0))
        .execute()
    }
    for (const name of ['pending', 'gap', 'gap_accepted']) {
      await db.schema
        .alterTable('qr_codes')
        .addColumn(name, 'integer', (c) => c.notNull().defaultTo(0))
        .execute()
    }
    const codeColumns = {
      first_listed_at_ms: 'bigint',
      observed_at_ms: 'bigint',
      pending_at_ms: 'bigint',
      empty_at_ms: 'bigint',
      gap_since_ms: 'bigint',
      gap_until_day: 'text',
      analytics_at_ms: 'bigint',
      analytics_scans: 'integer',
      collecting_high_ms: 'bigint',
    } as const
    for (const [name, type] of Object.entries(codeColumns)) {
      await db.schema.alterTable('qr_codes').addColumn(name, type).execute()
    }

    // The scans of one day of one code to read again.
    await db.schema
      .createTable('gap_days')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('qr_code_id', 'text', (c) => c.notNull())
      .addColumn('day', 'text', (c) => c.notNull())
      .addColumn('page', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('gap_days_pk', ['connector', 'qr_code_id', 'day'])
      .execute()

    await db.schema
      .alterTable('scans')
      .addColumn('landed_at_ms', 'bigint', (c) => c.notNull().defaultTo(0))
      .execute()

    for (const stream of ['analytics_daily', 'analytics_breakdown']) {
      await db.schema
        .createTable(stream)
        .addColumn('connector', 'text', (c) => c.notNull())
        .addColumn('id', 'text', (c) => c.notNull())
        .addColumn('qr_code_id', 'text', (c) => c.notNull())
        .addColumn('seq', 'bigint', (c) => c.notNull())
        .addColumn('row', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint(`${stream}_pk`, ['connector', 'id'])
        .execute()
      await db.schema.createIndex(`${stream}_seq`).on(stream).columns(['connector', 'seq']).unique().execute()
      await db.schema.createIndex(`${stream}_code`).on(stream).columns(['connector', 'qr_code_id']).execute()
    }

    await db.schema.createIndex('calls_sent').on('calls').columns(['connector', 'sent_at_ms']).execute()

    await db.schema
      .createTable('forecasts')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('month', 'text', (c) => c.notNull())
      .addColumn('made_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('forecast', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('forecasts_pk', ['connector', 'month'])
      .execute()
  },
}

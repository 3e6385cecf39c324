import type { Kysely, Migration } from 'kysely'

/** Longer than any of the API's windows, so not a pause but a number that was misread. */
const longestPauseMs = 32 * 24 * 3_600_000

/**
 * Makes the gate let a probe through before it opens, lets the minute's share grow back, and compares stored
 * times with the latest known one.
 */
export const gate: Migration = {
  async up(db: Kysely<unknown>) {
    const add = (name: string, type: 'text' | 'bigint' | 'integer') =>
      db.schema.alterTable('connectors').addColumn(name, type).execute()
    const addNumber = (name: string, type: 'bigint' | 'integer') =>
      db.schema
        .alterTable('connectors')
        .addColumn(name, type, (c) => c.notNull().defaultTo(0))
        .execute()
    await add('gate_kind', 'text')
    await add('gate_since_ms', 'bigint')
    await add('gate_closed_at_ms', 'bigint')
    await add('gate_probe_id', 'bigint')
    await addNumber('gate_probe_until_ms', 'bigint')
    await addNumber('gate_pass', 'integer')
    await addNumber('gate_probes_failed', 'integer')
    await add('minute_reduced_to', 'integer')
    await add('minute_reduced_at_ms', 'bigint')
    await add('month_learned_at_ms', 'bigint')
    await addNumber('seen_at_ms', 'bigint')
    const connectors = db as Kysely<{ connectors: { gate_until_ms: number } }>
    const nowMs = Date.now()
    await connectors
      .updateTable('connectors')
      .set({ gate_until_ms: 0 })
      .where((eb) =>
        eb.or([eb('gate_until_ms', '<=', nowMs), eb('gate_until_ms', '>', nowMs + longestPauseMs)]),
      )
      .execute()
  },
}

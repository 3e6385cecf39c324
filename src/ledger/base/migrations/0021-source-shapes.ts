import type { Kysely, Migration } from 'kysely'

/** Stores which fields the API's responses have, and how they have changed. */
export const sourceShapes: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('source_shapes')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('part', 'text', (c) => c.notNull())
      .addColumn('shape', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('source_shapes_pk', ['connector', 'part'])
      .execute()
    await db.schema
      .createTable('source_changes')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('part', 'text', (c) => c.notNull())
      .addColumn('field', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('types', 'text', (c) => c.notNull())
      .addColumn('noticed_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('over_at_ms', 'bigint')
      .addColumn('is_read', 'integer', (c) => c.notNull())
      .addColumn('is_required', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('source_changes_pk', ['connector', 'part', 'field', 'kind', 'types'])
      .execute()
  },
}

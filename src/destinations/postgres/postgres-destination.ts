import type { StreamName } from '../../streams/streams.ts'
import type { Destination } from '../destination.ts'
import { eraseFromTables } from '../erase-from-tables.ts'
import { checkSchema } from './check-schema.ts'
import { openTables, type Tables } from './database.ts'
import { isGone, postgresError } from './postgres-error.ts'
import { prepareSchema, type PreparedSchema } from './prepare-schema.ts'
import { countScans, findMissingTables, readIdentity } from './read-tables.ts'
import { placeOf, takes, type PostgresSettings } from './settings.ts'
import { eraseCodes, upsertRows } from './write-rows.ts'

/**
 * Creates a destination for a schema of a PostgreSQL database with a table for each stream and views on them.
 * It connects on first use. `close` closes its connections until the next use.
 *
 * Throws `DESTINATION_FORBIDDEN`, `DESTINATION_BUSY` (a lock) or `DESTINATION_UNAVAILABLE`.
 */
export function createPostgresDestination({
  name,
  settings,
}: {
  name: string
  settings: PostgresSettings
}): Destination<StreamName> {
  const { database_url: url, schema } = settings
  const label = placeOf(settings)
  let opened: Tables | undefined
  /** What was read since the connection was opened. It is outdated if a table is missing. */
  let prepared: PreparedSchema | undefined

  async function use<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    try {
      opened ??= openTables(url, schema)
      return await work(opened)
    } catch (error) {
      if (isGone(error)) prepared = undefined
      const failure = postgresError(error, name, label)
      if (failure.scope === 'destination') leavePool()
      throw failure
    }
  }

  /** The pool may return a lost connection until it notices: the next use opens new ones. */
  function leavePool(): void {
    const left = opened
    opened = undefined
    left?.destroy().catch(() => undefined)
  }

  async function prepareOnce(tables: Tables): Promise<PreparedSchema> {
    prepared ??= await prepareSchema(tables, schema, { dryRun: false })
    return prepared
  }

  function prepareAll(): Promise<string[]> {
    return use(async (tables) => {
      prepared = await prepareSchema(tables, schema, { dryRun: false })
      const [failure] = [...prepared.tableFailures.values(), ...prepared.viewFailures]
      if (failure !== undefined) throw failure as Error
      return prepared.lines
    })
  }

  function prepareFor(stream: StreamName): Promise<string[]> {
    const isNews = prepared === undefined
    return use(async (tables) => {
      const { lines, tableFailures } = await prepareOnce(tables)
      const failure = tableFailures.get(stream)
      if (failure !== undefined) {
        // Read the schema again, so that a fix does not need a restart of the worker.
        prepared = undefined
        throw failure as Error
      }
      return isNews ? lines : []
    })
  }

  return {
    ...takes,
    batch: { rows: 5_000, characters: 2_000_000 },
    check: () => use((tables) => checkSchema(tables, schema, label)),
    plan: async () => (await use((tables) => prepareSchema(tables, schema, { dryRun: true }))).lines,
    apply: (stream) => (stream === undefined ? prepareAll() : prepareFor(stream)),
    identity: () =>
      use(async (tables) => {
        await prepareOnce(tables)
        return readIdentity(tables, schema)
      }),
    async *write(stream, rows) {
      yield await use((tables) => upsertRows(tables, stream, rows))
    },
    counts: { countScans: (codeIds) => use((tables) => countScans(tables, schema, codeIds)) },
    erasure: {
      remains: [
        'PostgreSQL overwrites deleted rows after its next vacuum. Replicas follow; backups and write-ahead archives stay as they are.',
      ],
      eraseCodes: (codeIds) =>
        use(async (tables) => {
          // Before the rows: an erasure that cannot say where it happened has not happened.
          const identity = await readIdentity(tables, schema)
          const missing = await findMissingTables(tables, schema)
          await eraseFromTables({ name, place: label, missing }, (stream, column) =>
            eraseCodes(tables, stream, column, codeIds),
          )
          return identity
        }),
    },
    async close() {
      const closing = opened
      opened = undefined
      prepared = undefined
      await closing?.destroy()
    },
  }
}

import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { StreamName } from '../../streams/streams.ts'

/** The columns of a table follow from its stream, so they have no types here. */
export type Warehouse = Record<StreamName, Record<string, unknown>>

/** The tables of one schema, or a transaction on them. */
export type Tables = Kysely<Warehouse>

/** One for writing, and one for counting or checking meanwhile. */
const connections = 2
const connectTimeoutMs = 30_000
const statementTimeoutMs = 120_000

/** Set by statements, because poolers such as PgBouncer accept no other way. Times are in milliseconds. */
const settings = [
  // For a lock of another session. A dashboard's query holds none that we need.
  'set lock_timeout = 30000',
  `set statement_timeout = ${statementTimeoutMs}`,
  // A time without an offset is in UTC.
  "set timezone = 'UTC'",
  // A worker on a lost host must not hold locks until TCP notices.
  'set idle_in_transaction_session_timeout = 10000',
]

const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, Number)

/** Connects on first use. */
export function openTables(url: string, schema: string): Tables {
  const pool = new pg.Pool({
    connectionString: connectionString(url),
    application_name: 'qrsync',
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    // For a server that no longer answers at all.
    query_timeout: statementTimeoutMs + 30_000,
    keepAlive: true,
    types,
    onConnect: (client) => client.query(settings.join('; ')) as unknown as undefined,
  })
  // If the server closes a connection, the next statement reports it. Without these listeners it would also end
  // the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return new Kysely<Warehouse>({ dialect: new PostgresDialect({ pool }) }).withSchema(schema)
}

/**
 * Reads `sslmode` like libpq, and not like pg alone: `require` encrypts without checking the certificate,
 * unless `sslrootcert` names an authority.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html
 */
function connectionString(url: string): string {
  const parsed = new URL(url)
  if (parsed.searchParams.has('sslmode')) parsed.searchParams.set('uselibpqcompat', 'true')
  return parsed.href
}

import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { StreamName } from '../../streams/streams.ts'

/** The columns of a table follow from its stream, so they have no types here. */
export type Warehouse = Record<StreamName, Record<string, unknown>>

/** The tables of one schema; a transaction on them is one, too. */
export type Tables = Kysely<Warehouse>

/** One writes, and one may count or check meanwhile. */
const connections = 2
const connectTimeoutMs = 30_000
const statementTimeoutMs = 120_000

/** Set by a statement, because poolers such as PgBouncer accept no other way. Times are in milliseconds. */
const settings = [
  // Of a lock that somebody else holds. A dashboard's query holds none that we need.
  'set lock_timeout = 30000',
  `set statement_timeout = ${statementTimeoutMs}`,
  // A time without an offset is in UTC.
  "set timezone = 'UTC'",
  // A worker whose host is gone must not hold locks until TCP has noticed.
  'set idle_in_transaction_session_timeout = 10000',
]

const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, Number)

/** Connects when it is first used. */
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
  // The next statement reports it if the server closes a connection. Without these it would also end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return new Kysely<Warehouse>({ dialect: new PostgresDialect({ pool }) }).withSchema(schema)
}

/**
 * `sslmode` as libpq reads it, not as pg alone does: `require` encrypts without checking the certificate, unless `sslrootcert`
 * names an authority.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html
 */
function connectionString(url: string): string {
  const parsed = new URL(url)
  if (parsed.searchParams.has('sslmode')) parsed.searchParams.set('uselibpqcompat', 'true')
  return parsed.href
}

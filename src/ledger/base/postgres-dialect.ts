import { PostgresDialect, type PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { ConnectorError } from '../../model/connector-error.ts'
import { certificateAdvice } from '../../model/certificate-advice.ts'
import { unavailable } from './unavailable.ts'

/** Twenty workers fit into the hundred connections that PostgreSQL allows by default. */
const connectionsPerWorker = 5
const connectTimeoutMs = 30_000
/** A worker on a lost host must not lock the connector's row until TCP notices. */
const abandonedAfterMs = 10_000
/**
 * A connector's state joins eight tables by the same key. To compare all orders takes PostgreSQL 4 ms, and running the query a tenth of
 * that: joins of more tables than these are done in the order in which they are written.
 *
 * @see https://www.postgresql.org/docs/current/explicit-joins.html
 */
const orderedJoinTables = 4

/**
 * Keeps a session in the schema of the ledger: the first one on the search path that holds a ledger, else the one that gets it. The
 * default path, `"$user", public`, would lead elsewhere as soon as somebody creates a schema with the user's name: to a new, empty
 * ledger, or to tables of the same names, such as those of a destination in the same database.
 */
const pinnedSchema = `select set_config('search_path', quote_ident(coalesce((
  select name from unnest(current_schemas(false)) with ordinality as path (name, place)
  where to_regclass(format('%I.qrsync_migration', name)) is not null
    -- Until migration 0024, ledgers had Kysely's own name.
    or (to_regclass(format('%I.kysely_migration', name)) is not null
      and to_regclass(format('%I.connectors', name)) is not null
      and to_regclass(format('%I.months', name)) is not null)
  order by place limit 1
), current_schema())), false)`

/** What each session of the ledger begins with. */
export const sessionSettings = [
  `set idle_in_transaction_session_timeout = ${abandonedAfterMs}`,
  `set join_collapse_limit = ${orderedJoinTables}`,
  pinnedSchema,
].join('; ')

/** pg returns int8 and numeric, the types of counts and times, as text. All of ours are far below 2^53. */
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, Number)
types.setTypeParser(pg.types.builtins.NUMERIC, Number)

/** Returns the host and database of a URL, without its user and password, for messages. */
export function postgresPlace(url: string): string {
  try {
    // Parsed by pg itself, so that PGHOST and related variables count.
    const { host, port, database } = new pg.Client({ connectionString: url })
    return `in PostgreSQL at ${host}:${port}, database ${database ?? 'of the user'},`
  } catch {
    return 'in PostgreSQL, whose URL is malformed,'
  }
}

/**
 * Creates Kysely's PostgreSQL dialect. Transactions are READ COMMITTED, the default, so code that decides
 * something first calls `lockConnector`.
 *
 * Connecting throws ConnectorError LEDGER_UNAVAILABLE, to be retried: the server may only be away for a while.
 */
export function createPostgresDialect(url: string): PostgresDialect {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'qrsync',
    max: connectionsPerWorker,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types,
    onConnect: (client) => client.query(sessionSettings) as unknown as undefined,
  })
  // If the server stops, or closes a connection, the next query reports it. Without these listeners it would
  // also end the process, whether the connection is idle or in use.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return new PostgresDialect({
    pool: {
      connect: async () => {
        const client = await pool.connect().catch((error: unknown) => Promise.reject(unreachable(url, error)))
        return {
          query: (text: string, values: unknown[]) =>
            client.query(text, values).catch((error: unknown) => Promise.reject(explained(url, error))),
          release: () => {
            client.release()
          },
        } as PostgresPoolClient
      },
      end: () => pool.end(),
    },
  })
}

/**
 * Classes of codes: no connection, no disk space or memory, intervention by an operator, failure of the system.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const serverTrouble = /^(08|53|57P|58)/

function explained(url: string, error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : ''
  // An error that does not come from the server comes from its connection.
  if (error instanceof pg.DatabaseError && !serverTrouble.test(code)) return error
  const advice = code === '53100' ? "Free space on its server's disk." : 'Check its server.'
  return unavailable(postgresPlace(url).replace(/,$/, ''), error.message, advice, error)
}

function unreachable(url: string, error: unknown): ConnectorError {
  return new ConnectorError(
    'LEDGER_UNAVAILABLE',
    `The ledger ${postgresPlace(url)} cannot be reached: ${reasonOf(error)}. ` +
      (certificateAdvice(error) ??
        'Check that the server is running and accepts the user and the password of ledger.url.'),
    { retry: 'backoff', cause: error },
  )
}

/** If a host has several addresses and none answers, Node's error has an empty message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}

import { PostgresDialect, type PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { ConnectorError } from '../../model/connector-error.ts'
import { unavailable } from './unavailable.ts'

/** Twenty workers fit into the hundred connections that PostgreSQL allows unless told otherwise. */
const connectionsPerWorker = 5
const connectTimeoutMs = 30_000
/** A worker whose host is gone must not hold the connector's row until TCP has noticed. */
const abandonedAfterMs = 10_000

/** Counts and times come as int8 or numeric, which pg would hand over as text. All of ours are far below 2^53. */
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, Number)
types.setTypeParser(pg.types.builtins.NUMERIC, Number)

export const isPostgresUrl = (location: string) => /^postgres(ql)?:\/\//i.test(location)

/** Where a URL leads, without its user and password: for messages. */
export function postgresPlace(url: string): string {
  try {
    // As pg itself reads it, PGHOST and its kin included.
    const { host, port, database } = new pg.Client({ connectionString: url })
    return `in PostgreSQL at ${host}:${port}, database ${database ?? 'of the user'},`
  } catch {
    return 'in PostgreSQL, whose URL is malformed,'
  }
}

/**
 * Kysely's PostgreSQL dialect. Transactions are READ COMMITTED, the default: what is decided in them is decided behind
 * `lockConnector`.
 *
 * Connecting throws ConnectorError LEDGER_UNAVAILABLE, to be retried: the server may be gone for a while only.
 */
export function createPostgresDialect(url: string): PostgresDialect {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'qrsync',
    max: connectionsPerWorker,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types,
    onConnect: (client) =>
      client.query(`set idle_in_transaction_session_timeout = ${abandonedAfterMs}`) as unknown as undefined,
  })
  // If the server stops, or closes a connection, the next query reports it. Without these, it would
  // also end the process, be the connection at rest or in use.
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
 * By class: no connection, no more disk or memory, an operator's intervention, the system itself.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const serverTrouble = /^(08|53|57P|58)/

function explained(url: string, error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : ''
  // What is no answer of the server's, is its connection.
  if (error instanceof pg.DatabaseError && !serverTrouble.test(code)) return error
  const advice = code === '53100' ? "Free space on its server's disk." : 'Check its server.'
  return unavailable(postgresPlace(url).replace(/,$/, ''), error.message, advice, error)
}

function unreachable(url: string, error: unknown): ConnectorError {
  return new ConnectorError(
    'LEDGER_UNAVAILABLE',
    `The ledger ${postgresPlace(url)} cannot be reached: ${reasonOf(error)}. ` +
      'Check that the server is running and accepts the user and the password of ledger.url.',
    { retry: 'backoff', cause: error },
  )
}

/** Node reports a host with several addresses, of which none answers, with a message that is empty. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}

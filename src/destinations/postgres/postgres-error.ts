import pg from 'pg'
import { ConnectorError, type ErrorCode, type FailureScope } from '../../model/connector-error.ts'
import { certificateAdvice } from '../../model/certificate-advice.ts'
import { visibleInLine } from '../../model/visible-text.ts'

/**
 * PostgreSQL refuses a row: data exceptions, violated constraints, values that are too large for an index,
 * errors that a trigger raises, and two rows whose ids PostgreSQL cannot distinguish.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const refusals = /^(22|23|54000|P0|21000)/

export function isRefusal(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && refusals.test(error.code ?? '')
}

/** Whether a table, a column or the whole schema was dropped. */
export function isGone(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(42P01|42703|3F000)$/.test(error.code ?? '')
}

interface Fault {
  /** The start of its SQLSTATE. */
  sign: RegExp
  code?: ErrorCode
  scope: FailureScope
  advice: string
}

const faults: readonly Fault[] = [
  {
    sign: /^28/,
    code: 'DESTINATION_FORBIDDEN',
    scope: 'destination',
    advice: 'Check the user and the password in its URL.',
  },
  {
    sign: /^42501/,
    code: 'DESTINATION_FORBIDDEN',
    scope: 'stream',
    advice: 'Run "qrsync check" to see which privilege is missing.',
  },
  { sign: /^3D000/, scope: 'destination', advice: 'Create the database, or fix its name in the URL.' },
  {
    sign: /^55P03/,
    code: 'DESTINATION_BUSY',
    scope: 'stream',
    advice: 'Another session holds a lock on the table; qrsync continues automatically when it is released.',
  },
  { sign: /^53100/, scope: 'destination', advice: "Free some space on its server's disk." },
  { sign: /^53300/, scope: 'destination', advice: 'Close other connections, or raise max_connections.' },
  { sign: /^25006/, scope: 'destination', advice: 'Use the URL of the primary: this server is read-only.' },
  {
    sign: /^(08|53|55000|57P|58)/,
    scope: 'destination',
    advice: 'Check its server; qrsync continues automatically.',
  },
  {
    sign: /^(3F000|42P01|42703)/,
    scope: 'stream',
    advice: 'Somebody dropped a table or a column; qrsync creates it again.',
  },
  {
    sign: /^42/,
    scope: 'stream',
    advice: 'The table or view of that name has another shape. Rename it, or use another schema.',
  },
]

/** Converts a failure of PostgreSQL or of the connection to a ConnectorError. */
export function postgresError(error: unknown, destination: string, place: string): ConnectorError {
  if (error instanceof ConnectorError) return error
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : ''
  const fault = faults.find(({ sign }) => sign.test(code))
  // An error that does not come from the server comes from its connection.
  const isConnection = !(error instanceof pg.DatabaseError)
  const advice = isConnection ? adviceOnConnection(error) : (fault?.advice ?? 'qrsync retries automatically.')
  const scope = isConnection ? 'destination' : fault?.scope
  return new ConnectorError(
    fault?.code ?? 'DESTINATION_UNAVAILABLE',
    `Destination ${destination}: ${place}: ${reasonOf(error)}.\n${advice}`,
    { retry: 'backoff', cause: error, ...(scope !== undefined && { scope }) },
  )
}

function adviceOnConnection(error: unknown): string {
  // The driver reads the files that a URL names.
  const isFile = error instanceof Error && 'syscall' in error && error.syscall === 'open'
  if (isFile) return 'Check sslrootcert, sslcert and sslkey in the URL.'
  const advice = certificateAdvice(error)
  if (advice !== null) return advice
  return 'Check that the server is running and reachable; qrsync continues automatically.'
}

/** If a host has several addresses and none answers, Node's error has an empty message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? visibleInLine(error.message).replace(/\.$/, '') : String(error)
}

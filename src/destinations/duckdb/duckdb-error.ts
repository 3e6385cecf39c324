import { ConnectorError, type ErrorCode, type Retry } from '../../model/connector-error.ts'
import { outOfMemory } from './with-room.ts'

/** DuckDB's errors have no code: the start of the message shows their kind. */
const refusals = /^(Conversion|Invalid Input|Constraint|Out of Range) Error:/

/** Whether DuckDB refuses a value, and does not complain about the file or the machine. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && refusals.test(error.message)
}

/** Returns what happened, without the statement and the advice that DuckDB adds. */
function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return (message.split('\n', 1)[0] ?? '').slice(0, 300)
}

interface Fault {
  sign: RegExp
  code?: ErrorCode
  retry?: Retry
  /** Set if not the whole file fails. */
  scope?: 'stream'
  says: (path: string, pid: string, message: string) => string
}

const faults: Fault[] = [
  {
    sign: /Could not set lock on file(?:.*?(?<pid> \(PID \d+\)))?|being used by another process/s,
    code: 'DESTINATION_BUSY',
    says: (path, pid) =>
      `another process${pid} has locked ${path}.\nClose the file there, or open it read-only between two deliveries; qrsync then continues automatically.`,
  },
  {
    sign: /not a valid DuckDB database file/,
    retry: 'never',
    says: (path) => `${path} is not a DuckDB file.\nMove it away, or use another path.`,
  },
  {
    sign: /version number|newer (?:DuckDB )?version/,
    retry: 'never',
    says: (path) =>
      `${path} was written by a version of DuckDB that this one cannot read.\nUse another path.`,
  },
  {
    sign: outOfMemory,
    scope: 'stream',
    says: (path, _pid, message) =>
      `${path}: DuckDB has reached its memory limit (${firstLine(message)}). ` +
      'The texts of neighbouring rows are probably too long.\n' +
      'No row is lost: they stay in the ledger. If you do not need a column, remove it with "privacy.drop".',
  },
  {
    sign: /No space left on device|ENOSPC|EDQUOT/,
    says: (path) => `the disk of ${path} is full.\nFree some space; qrsync then continues automatically.`,
  },
  {
    sign: /Permission denied|Read-only file system|EACCES|EPERM|EROFS/,
    says: (path) =>
      `${path} is not writable.\nFix the permissions of the file and its folder, or use another path.`,
  },
  {
    sign: /Is a directory|EISDIR/,
    says: (path) => `${path} is a folder.\nUse a file in it.`,
  },
  {
    sign: /Not a directory|No such file or directory|ENOTDIR|EEXIST|ENOENT/,
    says: (path) =>
      `the folder of ${path} does not exist and cannot be created.\nCreate it, or use another path.`,
  },
]

/** Converts a failure of DuckDB or of the file system to a ConnectorError. */
export function duckDbError(error: unknown, destination: string, path: string): ConnectorError {
  if (error instanceof ConnectorError) return error
  const message = error instanceof Error ? error.message : String(error)
  const fault = faults.find(({ sign }) => sign.test(message))
  const pid = fault?.sign.exec(message)?.groups?.['pid'] ?? ''
  const text = fault?.says(path, pid, message) ?? `${path}: ${firstLine(error)}`
  return new ConnectorError(fault?.code ?? 'DESTINATION_UNAVAILABLE', `Destination ${destination}: ${text}`, {
    retry: fault?.retry ?? 'backoff',
    // Any other error concerns a table, or the rows for it.
    ...(fault !== undefined && { scope: fault.scope ?? 'destination' }),
    cause: error,
  })
}

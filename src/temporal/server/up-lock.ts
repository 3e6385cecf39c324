import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ClosingStack } from '../../model/closing-stack.ts'
import { ConnectorError } from '../../model/connector-error.ts'

/** The file that a running `qrsync up` writes next to its ledger, for commands that look for it. */
export interface UpNote {
  pid: number
  startedAtMs: number
  connectors: string[]
  /** The Temporal server that it has started; null until that answers, and if one is configured. */
  server: NotedServer | null
}

export interface NotedServer {
  address: string
  /** As `identify` (server-identity.ts) reads it: another server at that port has another identity. */
  identity: string | null
  /** The address of its UI. */
  uiUrl?: string | null
}

export interface UpLock extends Disposable {
  /** Adds the server to the note. */
  noteServer(server: NotedServer): void
}

export interface LockOptions {
  /** The ledger's folder. */
  folder: string
  connectors: string[]
  /** Whether it will start a Temporal server in the folder, which only one process may do. */
  startsServer: boolean
}

/**
 * The operating system holds the lock, as a transaction on an empty SQLite file: it ends with the process for
 * any reason, and no other process with the same id can hold it.
 */
const lockFile = (folder: string, name: string) => join(folder, `${name}.lock`)
const noteFile = (folder: string, name: string) => join(folder, `${name}.json`)

const serverLock = 'up'
const connectorLock = (connector: string) => `up.${connector}`

/** Long enough for a process that checks the lock at the same moment. */
const waitMs = 1_000
/** SQLITE_BUSY */
const busy = 5

/**
 * Makes this process the only `qrsync up` of its connectors in the folder.
 *
 * @throws ConnectorError ALREADY_RUNNING that names the running process; LEDGER_UNAVAILABLE if the folder is
 *   not writable
 */
export function lockForUp({ folder, connectors, startsServer }: LockOptions): UpLock {
  const held = new ClosingStack()
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const note: UpNote = { pid: process.pid, startedAtMs: Date.now(), connectors, server: null }
    const names = connectors.map(connectorLock)
    if (startsServer) names.unshift(serverLock)
    for (const name of names) {
      held.use(lock(folder, name))
      held.defer(() => {
        rmSync(noteFile(folder, name), { force: true })
      })
      writeNote(folder, name, note)
    }
    const locks = held.move()
    return {
      noteServer(server) {
        writeNote(folder, serverLock, { ...note, server })
      },
      [Symbol.dispose]: () => {
        locks[Symbol.dispose]()
      },
    }
  } catch (error) {
    held[Symbol.dispose]()
    if (error instanceof ConnectorError) throw error
    throw new ConnectorError(
      'LEDGER_UNAVAILABLE',
      `The folder ${folder} cannot be written, so "qrsync up" cannot start there: ${reasonOf(error)}. ` +
        'Correct its permissions, or set ledger.path in the config file to another folder.',
      { retry: 'never', cause: error },
    )
  }
}

function lock(folder: string, name: string): Disposable {
  const file = lockFile(folder, name)
  if (!existsSync(file)) writeFileSync(file, '', { flag: 'a', mode: 0o600 })
  const database = new DatabaseSync(file, { timeout: waitMs })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (!isBusy(error)) throw error
    throw alreadyRunning(folder, readNote(folder, name))
  }
  return {
    [Symbol.dispose]: () => {
      database.close()
    },
  }
}

function alreadyRunning(folder: string, note: UpNote | null): ConnectorError {
  const who =
    note === null
      ? ''
      : ` (process ${note.pid}, since ${new Date(note.startedAtMs).toISOString()}, for ${note.connectors.join(', ')})`
  return new ConnectorError(
    'ALREADY_RUNNING',
    `"qrsync up" is already running in ${folder}${who}. To add a worker, start "qrsync worker"; ` +
      'to sync now, run "qrsync sync --now"; to restart it, stop that process first.',
    { retry: 'never' },
  )
}

/** A note, and whether the process that wrote it is still running. */
export interface FoundNote {
  note: UpNote
  isRunning: boolean
}

/** Returns the note of an `up` that started a Temporal server in the folder; null without one. */
export function findServerNote(folder: string): FoundNote | null {
  const note = readNote(folder, serverLock)
  if (note === null) return null
  return { note, isRunning: isLocked(folder, serverLock) }
}

function isLocked(folder: string, name: string): boolean {
  const file = lockFile(folder, name)
  if (!existsSync(file)) return false
  const database = new DatabaseSync(file, { readOnly: true, timeout: 0 })
  try {
    database.exec('BEGIN; SELECT count(*) FROM sqlite_schema')
    return false
  } catch (error) {
    if (isBusy(error)) return true
    throw error
  } finally {
    database.close()
  }
}

function writeNote(folder: string, name: string, note: UpNote): void {
  const file = noteFile(folder, name)
  // So that a reader finds either the complete new note or the old one.
  const unfinished = `${file}.${process.pid}`
  writeFileSync(unfinished, JSON.stringify(note), { mode: 0o600 })
  renameSync(unfinished, file)
}

function readNote(folder: string, name: string): UpNote | null {
  try {
    return JSON.parse(readFileSync(noteFile(folder, name), 'utf8')) as UpNote
  } catch {
    return null
  }
}

const isBusy = (error: unknown) =>
  error instanceof Error && 'errcode' in error && (error.errcode as number) % 256 === busy

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

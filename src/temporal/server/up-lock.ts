import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ClosingStack } from '../../model/closing-stack.ts'
import { ConnectorError } from '../../model/connector-error.ts'

/** What a running `qrsync up` leaves beside its ledger, for the commands that look for it. */
export interface UpNote {
  pid: number
  startedAtMs: number
  connectors: string[]
  /** The Temporal server that it has started; null until that answers, and for a configured one. */
  server: NotedServer | null
}

export interface NotedServer {
  address: string
  /** As `identify` (server-identity.ts) reads it: another server at that port has another. */
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
  /** Whether it will start a Temporal server in the folder, which one process alone may do. */
  startsServer: boolean
}

/**
 * The operating system holds the lock, as a transaction on an empty SQLite file: it is gone with the process, however that
 * dies, and no other process that is given the same id can hold it.
 */
const lockFile = (folder: string, name: string) => join(folder, `${name}.lock`)
const noteFile = (folder: string, name: string) => join(folder, `${name}.json`)

const serverLock = 'up'
const connectorLock = (connector: string) => `up.${connector}`

/** For a process that looks into the lock at the same moment. */
const waitMs = 1_000
/** SQLITE_BUSY */
const busy = 5

/**
 * Makes this process the one `qrsync up` of its connectors in the folder.
 *
 * @throws ConnectorError ALREADY_RUNNING, with who is running; LEDGER_UNAVAILABLE where the folder cannot be written
 */
export function lockForUp({ folder, connectors, startsServer }: LockOptions): UpLock {
  const held = new ClosingStack()
  try {
    mkdirSync(folder, { recursive: true })
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
  const database = new DatabaseSync(lockFile(folder, name), { timeout: waitMs })
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

/** What an `up` that started a Temporal server in the folder has left there; null where there is nothing. */
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
  // A reader finds the whole of it, or the one before.
  const unfinished = `${file}.${process.pid}`
  writeFileSync(unfinished, JSON.stringify(note))
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

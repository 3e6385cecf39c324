import { chmodSync, existsSync } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { makeFolder } from './make-folder.ts'
import { usualMemory } from './with-room.ts'

const settings = {
  memory_limit: usualMemory,
  // One thread reads a batch, whatever the number: more threads only use memory.
  threads: '1',
  // All necessary extensions are built in: nothing is downloaded without the operator's knowledge.
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
}

export interface OpenFile {
  connection: DuckDBConnection
  close(): Promise<void>
}

/**
 * Opens the file for writing, which locks it for every other process. Creates it and its folder if they are
 * missing.
 */
export async function openFile(path: string): Promise<OpenFile> {
  await makeFolder(dirname(path))
  const isNew = !existsSync(path)
  // DuckDB's lock does not apply within a process, where a second instance would damage the file: share one
  // instance.
  const instance = await DuckDBInstance.fromCache(path, settings)
  try {
    const connection = await instance.connect()
    // DuckDB creates it for everybody, and it contains scans.
    if (isNew) chmodSync(path, 0o600)
    // Applies to times without an offset.
    await connection.run("SET TimeZone = 'UTC'")
    return { connection, close: () => close(instance, connection) }
  } catch (error) {
    instance.closeSync()
    throw error
  }
}

/**
 * Opens the file for reading, and changes neither it nor the log that a killed process has left beside it. Only for a process that
 * never opens it for writing.
 */
export async function openToRead(path: string): Promise<OpenFile> {
  return connectTo(await DuckDBInstance.create(path, { ...settings, access_mode: 'READ_ONLY' }))
}

/**
 * Opens an empty database in place of a missing file, for commands that only read: opening the file would
 * create it.
 */
export async function openNoFile(path: string): Promise<OpenFile> {
  await mustBeMakeable(dirname(path))
  return connectTo(await DuckDBInstance.create(':memory:', settings))
}

async function connectTo(instance: DuckDBInstance): Promise<OpenFile> {
  const connection = await instance.connect()
  return {
    connection,
    close: () => {
      connection.closeSync()
      instance.closeSync()
      return Promise.resolve()
    },
  }
}

/** @throws Node's error if the folder is missing and cannot be created, or is not writable */
async function mustBeMakeable(folder: string): Promise<void> {
  try {
    // With the dot, which `join` would leave out, a file at the folder's path is refused.
    await access(`${folder}/.`, constants.W_OK)
  } catch (error) {
    const above = dirname(folder)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw error
    await mustBeMakeable(above)
  }
}

async function close(instance: DuckDBInstance, connection: DuckDBConnection): Promise<void> {
  try {
    // Closing would do it too, but on the JavaScript thread.
    await connection.run('CHECKPOINT')
  } catch {
    // Committed rows are in the write-ahead log, which DuckDB reads when the file is next opened.
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** In its own schema, so that users who list tables do not see it. */
const markerSql = `
  CREATE SCHEMA IF NOT EXISTS qrsync;
  CREATE TABLE IF NOT EXISTS qrsync.file AS SELECT CAST(uuid() AS VARCHAR) AS id;`

/** Returns the id that a file got when it was created: another file has another id. */
export async function readMarker(connection: DuckDBConnection): Promise<string> {
  const made = await connection.runAndReadAll("SELECT 1 FROM duckdb_tables() WHERE schema_name = 'qrsync'")
  if (made.currentRowCount === 0) await connection.run(markerSql)
  const read = await connection.runAndReadAll('SELECT id FROM qrsync.file')
  return String(read.getRows()[0]?.[0])
}

/** Differs after every change of the file, by any process; null if the file is missing. */
export async function readFileState(path: string): Promise<string | null> {
  try {
    const { dev, ino, size, mtimeMs } = await stat(path)
    return [dev, ino, size, mtimeMs].join('/')
  } catch {
    return null
  }
}

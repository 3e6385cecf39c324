import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { makeFolder } from './make-folder.ts'
import { usualMemory } from './with-room.ts'

const settings = {
  memory_limit: usualMemory,
  // A batch is read by one thread whatever the number; more of them only hold memory.
  threads: '1',
  // All that is used is built in: nothing is downloaded behind the operator's back.
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
}

export interface OpenFile {
  connection: DuckDBConnection
  close(): Promise<void>
}

/** Opens the file for writing, which locks it for every other process; makes it and its folder where missing. */
export async function openFile(path: string): Promise<OpenFile> {
  await makeFolder(dirname(path))
  // DuckDB's lock does not hold within a process, where a second instance would spoil the file: share the one.
  const instance = await DuckDBInstance.fromCache(path, settings)
  try {
    const connection = await instance.connect()
    // For times without an offset.
    await connection.run("SET TimeZone = 'UTC'")
    return { connection, close: () => close(instance, connection) }
  } catch (error) {
    instance.closeSync()
    throw error
  }
}

/** An empty database that takes the place of a file that is not there, for whoever only looks: to open the file would make it. */
export async function openNoFile(path: string): Promise<OpenFile> {
  await mustBeMakeable(dirname(path))
  const instance = await DuckDBInstance.create(':memory:', settings)
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

/** @throws what Node says where a folder is not there and cannot be made, or cannot be written */
async function mustBeMakeable(folder: string): Promise<void> {
  try {
    // With the dot, which `join` would leave out, a file in the folder's place is refused.
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
    // What is committed is in the write-ahead log, and read from there when the file is next opened.
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** Out of the way of whoever looks at the tables. */
const markerSql = `
  CREATE SCHEMA IF NOT EXISTS qrsync;
  CREATE TABLE IF NOT EXISTS qrsync.file AS SELECT CAST(uuid() AS VARCHAR) AS id;`

/** The id that a file was given when it was made: one that takes its place has another. */
export async function readMarker(connection: DuckDBConnection): Promise<string> {
  const made = await connection.runAndReadAll("SELECT 1 FROM duckdb_tables() WHERE schema_name = 'qrsync'")
  if (made.currentRowCount === 0) await connection.run(markerSql)
  const read = await connection.runAndReadAll('SELECT id FROM qrsync.file')
  return String(read.getRows()[0]?.[0])
}

/** Differs after every change of the file, by whomever; null where it is not there. */
export async function readFileState(path: string): Promise<string | null> {
  try {
    const { dev, ino, size, mtimeMs } = await stat(path)
    return [dev, ino, size, mtimeMs].join('/')
  } catch {
    return null
  }
}

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { version, type DuckDBConnection } from '@duckdb/node-api'
import type { StreamName } from '../../streams/streams.ts'
import type { Destination } from '../destination.ts'
import { inTurn } from '../../model/in-turn.ts'
import { eraseFromTables } from '../erase-from-tables.ts'
import { isAway } from '../is-away.ts'
import { duckDbError } from './duckdb-error.ts'
import { openFile, openNoFile, openToRead, readFileState, readMarker, type OpenFile } from './open-file.ts'
import { exportTables } from './export-tables.ts'
import { findObstacles, prepareFile, type PreparedFile } from './prepare-file.ts'
import { takes } from './settings.ts'
import { eraseCodes, findMissingTables, upsertBatch } from './write-rows.ts'

const renameAdvice = 'The file has another object with that name. Rename it, or use another path.'

/**
 * Creates a destination for a DuckDB file with a table for each stream and views on them. It opens the file
 * when it is first used. `close()` releases it for other processes until the next use.
 *
 * Throws `DESTINATION_BUSY` while another process has locked the file, otherwise `DESTINATION_UNAVAILABLE`.
 */
export function createDuckDbDestination({
  name,
  path,
  onlyReads = false,
}: {
  name: string
  path: string
  onlyReads?: boolean | undefined
}): Destination<StreamName> {
  const file = resolve(path)
  let opened: OpenFile | undefined
  /** The state of the file when it was last opened. */
  let prepared: PreparedFile | undefined

  /** The file's marker, and the state of the file when it was last released. */
  let marker: string | undefined
  let leftAs: string | null = null

  async function close() {
    const closing = opened
    opened = undefined
    prepared = undefined
    if (closing === undefined) return
    await closing.close()
    leftAs = await readFileState(file)
  }

  /** Opens the file only if another process has changed, replaced or removed it. */
  async function identity(): Promise<string> {
    if (marker === undefined || !(await isUntouched())) marker = await use(readMarker)
    return `DuckDB file ${marker}`
  }

  async function isUntouched(): Promise<boolean> {
    return leftAs !== null && leftAs === (await readFileState(file))
  }

  function use<T>(work: (connection: OpenFile['connection']) => Promise<T>): Promise<T> {
    return inTurn(file, async () => {
      try {
        opened ??= await (onlyReads ? openToRead : openFile)(file)
        return await work(opened.connection)
      } catch (error) {
        // After some errors, DuckDB refuses every further statement until the file is opened again.
        await close()
        throw duckDbError(error, name, file)
      }
    })
  }

  /** The same for reading only: does not create a missing file. */
  function look<T>(work: (connection: OpenFile['connection']) => Promise<T>): Promise<T> {
    if (existsSync(file)) return use(work)
    return inTurn(file, async () => {
      try {
        const empty = await openNoFile(file)
        return await work(empty.connection).finally(() => empty.close())
      } catch (error) {
        throw duckDbError(error, name, file)
      }
    })
  }

  async function erase(codeIds: readonly string[]): Promise<string> {
    if (!existsSync(file)) throw isAway(name, `the file ${file}`)
    return use(async (connection) => {
      const missing = await findMissingTables(connection)
      try {
        await eraseFromTables({ name, place: file, missing }, (stream, column) =>
          eraseCodes(connection, stream, column, codeIds),
        )
      } finally {
        // Writes what was deleted into the file itself.
        await connection.run('CHECKPOINT')
      }
      marker = await readMarker(connection)
      return `DuckDB file ${marker}`
    })
  }

  /** Runs once while the file is open, because each stream of a delivery calls it. */
  async function prepareFor(stream: StreamName): Promise<string[]> {
    const isNews = prepared === undefined
    const { lines, tableFailures } = await use(async (connection) => {
      prepared ??= await prepareFile(connection, false)
      return prepared
    })
    const failure = tableFailures.get(stream)
    if (failure !== undefined) throw duckDbError(failure, name, file)
    return isNews ? lines : []
  }

  async function prepareAll(): Promise<string[]> {
    const { lines, tableFailures, viewFailures } = await use((connection) => prepareFile(connection, false))
    const [failure] = [...tableFailures.values(), ...viewFailures]
    if (failure !== undefined) throw duckDbError(failure, name, file)
    return lines
  }

  return {
    ...takes,
    // DuckDB needs about ten times the size of the texts, and fails if that exceeds its memory limit.
    batch: { rows: 5_000, characters: 2_000_000 },
    check: () =>
      look(async (connection) => ({
        identity: `DuckDB ${version()}, ${file}`,
        needs: (await findObstacles(connection)).map((what) => ({
          what,
          isMet: false,
          advice: renameAdvice,
        })),
      })),
    plan: async () => (await look((connection) => prepareFile(connection, true))).lines,
    apply: (stream) => (stream === undefined ? prepareAll() : prepareFor(stream)),
    identity,
    async *write(stream, rows) {
      yield await use((connection) => upsertBatch(connection, stream, rows))
    },
    counts: { countScans: () => look(countScans) },
    erasure: {
      remains: [
        'DuckDB reuses the space of deleted rows later; until then the bytes may still be in the file. Copies and backups of the file stay as they are.',
      ],
      eraseCodes: erase,
    },
    exports: { writeParquet: (folder) => look((connection) => exportTables(connection, folder)) },
    isUntouched,
    close: () => inTurn(file, close),
  }
}

/** Counts the file's scans of each code; none if it was never prepared. */
async function countScans(connection: DuckDBConnection): Promise<Map<string, number>> {
  const tables = await connection.runAndReadAll("SELECT 1 FROM duckdb_tables() WHERE table_name = 'scans'")
  if (tables.currentRowCount === 0) return new Map()
  const counted = await connection.runAndReadAll('SELECT qr_code_id, count(*)::INTEGER FROM scans GROUP BY 1')
  return new Map(counted.getRows().map(([id, scans]) => [String(id), Number(scans)]))
}

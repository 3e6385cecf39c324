import { type StreamName, streams } from '../../streams/streams.ts'
import type { Column } from '../../streams/define-stream.ts'
import { loadedAt } from '../warehouse-columns.ts'
import { columnSql, typeSql } from './column-sql.ts'

/** The table in which a batch waits, as JSON texts, for DuckDB to read it: one row per id. */
export const createLandedSql = 'CREATE OR REPLACE TEMP TABLE landed (id VARCHAR, json VARCHAR)'

/**
 * Inserts new landed rows and updates those that differ; a repeated batch writes nothing.
 *
 * Compared with `INSERT … ON CONFLICT` with a primary key and with DELETE and INSERT, this is the fastest and
 * needs the least memory. Without an index, sorting the batch by key has no advantage (duckdb#11275).
 */
export function mergeSql(stream: StreamName): string {
  const columns = Object.keys(streams[stream].columns)
    .filter((name) => name !== 'id')
    .map(columnSql)
  return `
    MERGE INTO ${stream} AS kept
    USING (${readLandedSql(stream)}) AS read ON kept.id = read.id
    WHEN MATCHED AND (${columns.map((column) => `kept.${column} IS DISTINCT FROM read.${column}`).join(' OR ')})
      THEN UPDATE SET ${columns.map((column) => `${column} = read.${column}`).join(', ')}, ${loadedAt} = read.${loadedAt}
    WHEN NOT MATCHED THEN INSERT BY NAME`
}

/**
 * Reads the landed rows with the columns of their table. Fails if a value cannot be read. A row whose JSON is
 * not an object with that id gets a null id, which the table refuses.
 */
function readLandedSql(stream: StreamName): string {
  const columns = Object.entries(streams[stream].columns).map(([name, { type }]) => {
    if (name === 'id') return 'CASE WHEN fields.id = id THEN id END AS id'
    const column = columnSql(name)
    return `CAST(fields.${column} AS ${typeSql[type]}) AS ${column}`
  })
  return `
    SELECT ${columns.join(', ')}, now() AS ${loadedAt}
    FROM (SELECT id, from_json(json, '${structure(stream)}') AS fields FROM landed)`
}

/** Returns id and reason of the landed rows that {@link readLandedSql} fails on or that the table refuses. */
export function refusedSql(stream: StreamName): string {
  const faults = Object.entries(streams[stream].columns).flatMap(([name, column]) => faultsOf(name, column))
  return `
    SELECT id, CASE WHEN NOT json_valid(json) THEN 'The row is not valid JSON' ${faults.join(' ')} END AS reason
    FROM (SELECT id, json, TRY(from_json(json, '${structure(stream)}')) AS fields FROM landed)
    WHERE reason IS NOT NULL`
}

function faultsOf(name: string, { type, isRequired }: Column): string[] {
  const value = `fields.${columnSql(name)}`
  if (name === 'id') {
    return [`WHEN ${value} IS DISTINCT FROM id THEN 'The JSON is no object with the id of its row'`]
  }
  const missing = `WHEN ${value} IS NULL THEN '${name} is missing'`
  const unreadable = `
    WHEN ${value} IS NOT NULL AND TRY_CAST(${value} AS ${typeSql[type]}) IS NULL
    THEN '${name} cannot be read as ${typeSql[type]}: ' || left(${value}, 100)`
  return [...(isRequired ? [missing] : []), ...(readAsText(type) ? [unreadable] : [])]
}

function structure(stream: StreamName): string {
  const entries = Object.entries(streams[stream].columns)
  return JSON.stringify(
    Object.fromEntries(
      // A nested value is read as its text, and a string as its content: `jsonColumnsAsText` relies on that.
      entries.map(([name]) => [name, 'VARCHAR']),
    ),
  )
}

/**
 * `from_json` turns a value that does not fit its type into null. A cast from text fails instead, so that no
 * value is lost.
 */
function readAsText(type: Column['type']): boolean {
  return type !== 'json'
}

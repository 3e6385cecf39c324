import { loadedAt } from '../../warehouse-columns.ts'
import { quotedName } from '../client/sql-name.ts'
import type { BigQueryType } from './table-layout.ts'

export interface SqlColumn {
  name: string
  type: BigQueryType
}

/** First and last UTC day of a batch, in the partitioning column of its table. */
export interface Days {
  column: SqlColumn
  first: string
  last: string
}

export interface Merge {
  /** In SQL, like `stagingTable`. */
  table: string
  columns: readonly SqlColumn[]
  days: Days | null
  /** Null if the rows are in the parameter `rows`: a string with a JSON array. */
  stagingTable: string | null
}

/**
 * Inserts new rows and updates those that differ; repeated rows write nothing.
 *
 * The condition contains the days as literals, because only then does BigQuery know in advance which partitions
 * it need not read, and so not bill
 * (https://cloud.google.com/bigquery/docs/using-dml-with-partitioned-tables#pruning_partitions_when_using_a_merge_statement).
 * A row whose day had changed would look like a new one. But the time of a scan identifies it in the API, and
 * the day of a count is part of its id.
 */
export function mergeSql({ table, columns, days, stagingTable }: Merge): string {
  const names = columns.map(({ name }) => quotedName(name))
  const changing = columns.filter(({ name }) => name !== 'id')
  return `
MERGE INTO ${table} AS kept
USING (
  SELECT ${columns.map(stagingTable === null ? fromParameter : fromStaging).join(', ')}
  FROM ${stagingTable ?? 'UNNEST(JSON_QUERY_ARRAY(@rows)) AS landed_row'}
) AS landed
ON kept.id = landed.id${days === null ? '' : ` AND ${within(days)}`}
WHEN MATCHED AND (${changing.map(differs).join(' OR ')}) THEN
  UPDATE SET ${changing.map(({ name }) => `${quotedName(name)} = landed.${quotedName(name)}`).join(', ')}, ${loadedAt} = CURRENT_TIMESTAMP()
WHEN NOT MATCHED THEN
  INSERT (${names.join(', ')}, ${loadedAt})
  VALUES (${names.map((name) => `landed.${name}`).join(', ')}, CURRENT_TIMESTAMP())`
}

/** JSON cannot be compared in GoogleSQL. */
function differs({ name, type }: SqlColumn): string {
  const [kept, landed] = [`kept.${quotedName(name)}`, `landed.${quotedName(name)}`]
  return type === 'JSON'
    ? `TO_JSON_STRING(${kept}) IS DISTINCT FROM TO_JSON_STRING(${landed})`
    : `${kept} IS DISTINCT FROM ${landed}`
}

function within({ column, first, last }: Days): string {
  const kept = `kept.${quotedName(column.name)}`
  if (column.type === 'DATE') return `${kept} >= DATE '${first}' AND ${kept} <= DATE '${last}'`
  const [from, to] = [`TIMESTAMP '${first} 00:00:00+00'`, `TIMESTAMP '${last} 23:59:59.999999+00'`]
  return `${kept} >= ${from} AND ${kept} <= ${to}`
}

/** A JSON null becomes a SQL null, as in every other column. */
function fromStaging({ name, type }: SqlColumn): string {
  const column = quotedName(name)
  return type === 'JSON' ? `IF(JSON_TYPE(${column}) = 'null', NULL, ${column}) AS ${column}` : column
}

function fromParameter({ name, type }: SqlColumn): string {
  const value = `(landed_row, '$.${name}')`
  if (type === 'STRING') return `JSON_VALUE${value} AS ${quotedName(name)}`
  if (type === 'JSON') return `PARSE_JSON(NULLIF(JSON_QUERY${value}, 'null')) AS ${quotedName(name)}`
  return `CAST(JSON_VALUE${value} AS ${type}) AS ${quotedName(name)}`
}

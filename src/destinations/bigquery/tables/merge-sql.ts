import { loadedAt } from '../../warehouse-columns.ts'
import type { BigQueryType } from './table-layout.ts'

export interface SqlColumn {
  name: string
  type: BigQueryType
}

/** First and last UTC day of a batch, in the column that its table is partitioned by. */
export interface Days {
  column: SqlColumn
  first: string
  last: string
}

export interface Merge {
  /** As SQL takes it, like `stagingTable`. */
  table: string
  columns: readonly SqlColumn[]
  days: Days | null
  /** Null where the rows come as the parameter `rows`: a text, a JSON array of them. */
  stagingTable: string | null
}

/**
 * Inserts the rows that are new and updates those that differ; rows that come again write nothing.
 *
 * The days stand as literals in the condition: only by these does BigQuery know beforehand which partitions it need not
 * read, and so bill (https://cloud.google.com/bigquery/docs/using-dml-with-partitioned-tables#pruning_partitions_when_using_a_merge_statement).
 * A row whose day had changed would be taken for a new one; the time of a scan is what the API keeps it by, and the day of a
 * count is part of its id.
 */
export function mergeSql({ table, columns, days, stagingTable }: Merge): string {
  const names = columns.map(({ name }) => quoted(name))
  const changing = columns.filter(({ name }) => name !== 'id')
  return `
MERGE INTO ${table} AS kept
USING (
  SELECT ${columns.map(stagingTable === null ? fromParameter : fromStaging).join(', ')}
  FROM ${stagingTable ?? 'UNNEST(JSON_QUERY_ARRAY(@rows)) AS landed_row'}
) AS landed
ON kept.id = landed.id${days === null ? '' : ` AND ${within(days)}`}
WHEN MATCHED AND (${changing.map(differs).join(' OR ')}) THEN
  UPDATE SET ${changing.map(({ name }) => `${quoted(name)} = landed.${quoted(name)}`).join(', ')}, ${loadedAt} = CURRENT_TIMESTAMP()
WHEN NOT MATCHED THEN
  INSERT (${names.join(', ')}, ${loadedAt})
  VALUES (${names.map((name) => `landed.${name}`).join(', ')}, CURRENT_TIMESTAMP())`
}

/** A name as SQL takes it, whatever word it is. */
function quoted(name: string): string {
  return `\`${name}\``
}

/** JSON has no equality in GoogleSQL. */
function differs({ name, type }: SqlColumn): string {
  const [kept, landed] = [`kept.${quoted(name)}`, `landed.${quoted(name)}`]
  return type === 'JSON'
    ? `TO_JSON_STRING(${kept}) IS DISTINCT FROM TO_JSON_STRING(${landed})`
    : `${kept} IS DISTINCT FROM ${landed}`
}

function within({ column, first, last }: Days): string {
  const kept = `kept.${quoted(column.name)}`
  if (column.type === 'DATE') return `${kept} >= DATE '${first}' AND ${kept} <= DATE '${last}'`
  const [from, to] = [`TIMESTAMP '${first} 00:00:00+00'`, `TIMESTAMP '${last} 23:59:59.999999+00'`]
  return `${kept} >= ${from} AND ${kept} <= ${to}`
}

/** A JSON null becomes SQL's, as in every other column. */
function fromStaging({ name, type }: SqlColumn): string {
  const column = quoted(name)
  return type === 'JSON' ? `IF(JSON_TYPE(${column}) = 'null', NULL, ${column}) AS ${column}` : column
}

function fromParameter({ name, type }: SqlColumn): string {
  const value = `(landed_row, '$.${name}')`
  if (type === 'STRING') return `JSON_VALUE${value} AS ${quoted(name)}`
  if (type === 'JSON') return `PARSE_JSON(NULLIF(JSON_QUERY${value}, 'null')) AS ${quoted(name)}`
  return `CAST(JSON_VALUE${value} AS ${type}) AS ${quoted(name)}`
}

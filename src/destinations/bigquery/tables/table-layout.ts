import type { TableField, TableMetadata } from '@google-cloud/bigquery'
import { type StreamName, streams } from '../../../streams/streams.ts'
import type { Column, ColumnType } from '../../../streams/define-stream.ts'
import { warehouseColumns } from '../../warehouse-columns.ts'

/** Names that both the REST API and GoogleSQL know. */
export type BigQueryType = 'STRING' | 'INTEGER' | 'FLOAT64' | 'BOOLEAN' | 'TIMESTAMP' | 'DATE' | 'JSON'

export const bigQueryTypes: Record<ColumnType, BigQueryType> = {
  text: 'STRING',
  integer: 'INTEGER',
  boolean: 'BOOLEAN',
  time: 'TIMESTAMP',
  date: 'DATE',
  json: 'JSON',
}

/** Returns the type of an existing column: for some types the API returns another name than it was given. */
export function typeOf({ type = '' }: TableField): string {
  return otherNames[type] ?? type
}

const otherNames: Record<string, string> = { INT64: 'INTEGER', BOOL: 'BOOLEAN', FLOAT: 'FLOAT64' }

/** The columns of a table, including those that others have added. */
export interface TableState {
  fields: readonly TableField[]
}

/** Returns the definition of a new table. */
export function newTable(stream: StreamName): TableMetadata {
  const { comment, partition, cluster } = streams[stream]
  return {
    description: comment,
    schema: { fields: warehouseColumns(stream).map(([name, column]) => newField(name, column)) },
    // A MERGE reads only the partitions of its batch's days: https://cloud.google.com/bigquery/docs/partitioned-tables
    ...(partition && { timePartitioning: { type: partition.by.toUpperCase(), field: partition.column } }),
    clustering: { fields: [...cluster] },
    // BigQuery does not enforce it, but uses it for joins, and it documents the schema.
    tableConstraints: { primaryKey: { columns: ['id'] } },
  }
}

function newField(name: string, column: Column): TableField {
  return { ...addedField(name, column), ...(column.isRequired && { mode: 'REQUIRED' }) }
}

/** Returns a column for an existing table. It may have rows already, so the column cannot be required. */
export function addedField(name: string, { type, comment }: Column): TableField {
  return { name, type: bigQueryTypes[type], description: comment }
}

import type { TableField, TableMetadata } from '@google-cloud/bigquery'
import { type StreamName, streams } from '../../../streams/streams.ts'
import type { Column, ColumnType } from '../../../streams/define-stream.ts'
import { warehouseColumns } from '../../warehouse-columns.ts'

/** By names that the REST API and GoogleSQL both know. */
export type BigQueryType = 'STRING' | 'INTEGER' | 'FLOAT64' | 'BOOLEAN' | 'TIMESTAMP' | 'DATE' | 'JSON'

export const bigQueryTypes: Record<ColumnType, BigQueryType> = {
  text: 'STRING',
  integer: 'INTEGER',
  boolean: 'BOOLEAN',
  time: 'TIMESTAMP',
  date: 'DATE',
  json: 'JSON',
}

/** Of a column that is there: of some types the API gives back another name than it was given. */
export function typeOf({ type = '' }: TableField): string {
  return otherNames[type] ?? type
}

const otherNames: Record<string, string> = { INT64: 'INTEGER', BOOL: 'BOOLEAN', FLOAT: 'FLOAT64' }

/** The columns that a table has, those of others' making included. */
export interface TableState {
  fields: readonly TableField[]
}

/** A table as it is made. */
export function newTable(stream: StreamName): TableMetadata {
  const { comment, partition, cluster } = streams[stream]
  return {
    description: comment,
    schema: { fields: warehouseColumns(stream).map(([name, column]) => newField(name, column)) },
    // A MERGE reads only the partitions of its batch's days: https://cloud.google.com/bigquery/docs/partitioned-tables
    ...(partition && { timePartitioning: { type: partition.by.toUpperCase(), field: partition.column } }),
    clustering: { fields: [...cluster] },
    // Not enforced by BigQuery, but known to it when it joins, and to whoever reads the schema.
    tableConstraints: { primaryKey: { columns: ['id'] } },
  }
}

function newField(name: string, column: Column): TableField {
  return { ...addedField(name, column), ...(column.isRequired && { mode: 'REQUIRED' }) }
}

/** A column that comes to a table which may have rows already: it cannot be required. */
export function addedField(name: string, { type, comment }: Column): TableField {
  return { name, type: bigQueryTypes[type], description: comment }
}

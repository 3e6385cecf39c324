import type { TableField, TableMetadata } from '@google-cloud/bigquery'
import type { StreamName } from '../../../model/stream.ts'
import { tables, type Column, type ColumnType } from '../../tables.ts'

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

interface Layout {
  /** A MERGE reads only the partitions of its batch's days. */
  partition?: { field: string; type: 'DAY' | 'MONTH' }
  clusterBy: string[]
}

/**
 * Days of scans, so that a batch touches few of them. The counts are few a day: by month, since a table's partitions are
 * limited (10,000) and small ones are slow.
 *
 * @see https://cloud.google.com/bigquery/docs/partitioned-tables
 */
export const layouts: Record<StreamName, Layout> = {
  qr_codes: { clusterBy: ['id'] },
  scans: { partition: { field: 'scanned_at', type: 'DAY' }, clusterBy: ['qr_code_id', 'id'] },
  analytics_daily: { partition: { field: 'date', type: 'MONTH' }, clusterBy: ['qr_code_id', 'id'] },
  analytics_breakdown: { clusterBy: ['qr_code_id', 'id'] },
}

/** A table as it is made. */
export function newTable(stream: StreamName): TableMetadata {
  const { comment, columns } = tables[stream]
  const { partition, clusterBy } = layouts[stream]
  return {
    description: comment,
    schema: { fields: Object.entries(columns).map(([name, column]) => newField(name, column)) },
    ...(partition && { timePartitioning: { type: partition.type, field: partition.field } }),
    clustering: { fields: clusterBy },
    // Not enforced by BigQuery, but known to it when it joins, and to whoever reads the schema.
    tableConstraints: { primaryKey: { columns: ['id'] } },
  }
}

function newField(name: string, column: Column): TableField {
  return { ...addedField(name, column), ...(column.required && { mode: 'REQUIRED' }) }
}

/** A column that comes to a table which may have rows already: it cannot be required. */
export function addedField(name: string, { type, comment }: Column): TableField {
  return { name, type: bigQueryTypes[type], description: comment }
}

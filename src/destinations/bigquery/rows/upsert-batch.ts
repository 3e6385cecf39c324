import type { LandedRow, StreamName } from '../../../streams/streams.ts'
import type { Refused } from '../../outcomes.ts'
import { columnsOf, type Batch } from './batch.ts'
import type { BigQueryPlace } from '../client/bigquery-place.ts'
import {
  fieldColumnsOf,
  newFieldColumns,
  withFieldColumns,
  type FieldColumn,
} from '../tables/field-columns.ts'
import { changeTable } from '../tables/metadata.ts'
import { isObject, readRows, type ReadRow } from './read-rows.ts'
import type { TableState } from '../tables/table-layout.ts'

/** A batch that BigQuery accepts, and the rows that it does not. */
export interface ReadBatch {
  batch: Batch
  rejected: Refused[]
}

/** @param table is updated if columns are added */
export async function readBatch(
  place: BigQueryPlace,
  stream: StreamName,
  landed: readonly LandedRow[],
  table: TableState,
): Promise<ReadBatch> {
  const hasColumns = place.config.new_fields === 'columns'
  const { rows, rejected } = readRows(stream, landed, hasColumns)
  const fieldColumns = hasColumns ? await fieldColumnsFor(place, stream, rows, table) : []
  const placed = fieldColumns.length === 0 ? rows : rows.map((row) => inColumns(row, fieldColumns))
  return { batch: { stream, columns: columnsOf(stream, fieldColumns), rows: placed }, rejected }
}

/** Adds missing columns, all in one update of the table. */
async function fieldColumnsFor(
  place: BigQueryPlace,
  stream: StreamName,
  rows: readonly ReadRow[],
  table: TableState,
): Promise<FieldColumn[]> {
  const extras = rows.map(({ fields }) => fields?.['extra']).filter(isObject)
  const added = newFieldColumns(table.fields, extras)
  if (added.length > 0) {
    const fields = [...table.fields, ...added]
    await changeTable(place, stream, { schema: { fields } })
    table.fields = fields
  }
  return fieldColumnsOf(table.fields)
}

function inColumns(row: ReadRow, columns: readonly FieldColumn[]): ReadRow {
  const extra = row.fields?.['extra']
  if (row.fields === null || !isObject(extra)) return row
  return { ...row, line: JSON.stringify(withFieldColumns(row.fields, extra, columns)) }
}

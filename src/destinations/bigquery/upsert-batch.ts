import type { LandedRow, StreamName } from '../../model/stream.ts'
import type { UpsertOutcome } from '../destination.ts'
import { latestOfEachId } from '../latest-of-each-id.ts'
import { columnsOf } from './batch.ts'
import type { BigQueryPlace } from './bigquery-place.ts'
import { fieldColumnsOf, newFieldColumns, withFieldColumns, type FieldColumn } from './field-columns.ts'
import { changeTable } from './metadata.ts'
import { isObject, readRows, type ReadRow } from './read-rows.ts'
import type { TableState } from './table-layout.ts'
import { writeBatch } from './write-batch.ts'

/**
 * One batch. `confirmed + rejected.length` is always the number of rows given: of several rows with the same id the one with
 * the highest `seq` is written or rejected, and those that it supersedes count as confirmed.
 *
 * @param table is brought up to date where columns are added
 */
export async function upsertBatch(
  place: BigQueryPlace,
  stream: StreamName,
  landed: readonly LandedRow[],
  table: TableState,
): Promise<UpsertOutcome> {
  const hasColumns = place.config.new_fields === 'columns'
  const { rows, rejected } = readRows(stream, latestOfEachId(landed), hasColumns)
  const fieldColumns = hasColumns ? await fieldColumnsFor(place, stream, rows, table) : []
  const placed = fieldColumns.length === 0 ? rows : rows.map((row) => inColumns(row, fieldColumns))
  const refused = await writeBatch(place, { stream, columns: columnsOf(stream, fieldColumns), rows: placed })
  const allRejected = [...rejected, ...refused]
  return { confirmed: landed.length - allRejected.length, rejected: allRejected }
}

/** Adds the columns that are missing, all in one update of the table. */
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

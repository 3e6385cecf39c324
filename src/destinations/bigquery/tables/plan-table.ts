import type { TableField, TableMetadata } from '@google-cloud/bigquery'
import { ConnectorError } from '../../../model/connector-error.ts'
import { type StreamName, streams } from '../../../streams/streams.ts'
import { renamesOf, warehouseColumns, type Renamed } from '../../warehouse-columns.ts'
import type { BigQueryPlace } from '../client/bigquery-place.ts'
import { changeTable, findTable, makeTable, renameColumns } from './metadata.ts'
import { addedField, bigQueryTypes, newTable, typeOf } from './table-layout.ts'

/** A change of a table or view, and the function that makes it. */
export interface Step {
  /** Empty if nothing changes. */
  lines: string[]
  take(): Promise<void>
}

export interface TableStep extends Step {
  /** The table's columns afterwards, including those that others have added. */
  fields: readonly TableField[]
}

export async function planTable(
  place: BigQueryPlace,
  stream: StreamName,
  isDatasetThere: boolean,
): Promise<TableStep> {
  const found = isDatasetThere ? await findTable(place, stream) : null
  if (found === null) {
    const table = newTable(stream)
    return {
      lines: [`create table ${stream}`],
      fields: table.schema?.fields ?? [],
      take: () => makeTable(place, stream, table),
    }
  }
  const present = found.schema?.fields ?? []
  const renames = renamesOf(stream, new Set(present.map(({ name = '' }) => name)))
  const fields = present.map((field) => renamedField(field, renames))
  refuseOtherTypes(place, stream, fields)
  const { lines, change } = planChange(place, stream, found, fields)
  return {
    lines: [...renames.map(({ from, to }) => `rename column ${stream}.${from} to ${to}`), ...lines],
    fields: change.schema?.fields ?? fields,
    async take() {
      if (renames.length > 0) await renameColumns(place, stream, renames)
      if (lines.length > 0) await changeTable(place, stream, change)
    },
  }
}

function renamedField(field: TableField, renames: readonly Renamed[]): TableField {
  const rename = renames.find(({ from }) => from === field.name)
  return rename === undefined ? field : { ...field, name: rename.to }
}

/** Plans everything that an existing table lacks as one update: BigQuery allows 5 of a table in 10 seconds. */
function planChange(
  { config }: BigQueryPlace,
  stream: StreamName,
  found: TableMetadata,
  fields: readonly TableField[],
): { lines: string[]; change: TableMetadata } {
  const { comment } = streams[stream]
  const columns = new Map(warehouseColumns(stream))
  const known = new Set(fields.map(({ name }) => name))
  const added = [...columns]
    .filter(([name]) => !known.has(name))
    .map(([name, column]) => addedField(name, column))
  // The owner may have written existing descriptions.
  const described = fields.map((field) => {
    const column = columns.get(field.name ?? '')
    return column === undefined || field.description ? field : { ...field, description: column.comment }
  })
  const isDescribed = found.description && described.every((field, index) => field === fields[index])
  const isLabelled = Object.entries(config.labels).every(([key, value]) => found.labels?.[key] === value)
  return {
    lines: [
      ...added.map(({ name }) => `add column ${stream}.${name ?? ''}`),
      ...(isDescribed ? [] : [`describe table ${stream}`]),
      ...(isLabelled ? [] : [`label table ${stream}`]),
    ],
    change: {
      ...((added.length > 0 || !isDescribed) && { schema: { fields: [...described, ...added] } }),
      ...(!found.description && { description: comment }),
      ...(!isLabelled && { labels: { ...found.labels, ...config.labels } }),
    },
  }
}

function refuseOtherTypes(
  { name: destination, config }: BigQueryPlace,
  stream: StreamName,
  fields: readonly TableField[],
): void {
  const columns = new Map(warehouseColumns(stream))
  for (const field of fields) {
    const { name = '', type = '' } = field
    const column = columns.get(name)
    if (column === undefined || typeOf(field) === bigQueryTypes[column.type]) continue
    throw new ConnectorError(
      'DESTINATION_UNAVAILABLE',
      `Destination ${destination}: ${config.project}.${config.dataset}.${stream} has a column ${name} of type ${type}, ` +
        `not ${bigQueryTypes[column.type]}.\nRename that table, or use another dataset.`,
      { retry: 'never' },
    )
  }
}

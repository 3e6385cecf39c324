import type { DatasetResource, TableMetadata } from '@google-cloud/bigquery'
import type { Renamed } from '../../warehouse-columns.ts'
import { isConflict, isNotFound } from '../client/bigquery-fault.ts'
import { quotedName } from '../client/sql-name.ts'
import type { BigQueryPlace } from '../client/bigquery-place.ts'

/** @see https://cloud.google.com/bigquery/docs/reference/rest/v2/datasets/get */
export function findDataset({ api, config }: BigQueryPlace): Promise<DatasetResource | null> {
  return orNull(api.call<DatasetResource>({ path: `/datasets/${config.dataset}` }))
}

/** @see https://cloud.google.com/bigquery/docs/reference/rest/v2/datasets/insert */
export async function makeDataset({ api, config }: BigQueryPlace): Promise<void> {
  const body: DatasetResource = {
    datasetReference: { projectId: config.project, datasetId: config.dataset },
    location: config.location,
    labels: config.labels,
    description: 'QR codes, their scans and analytics, kept up to date by qrsync.',
  }
  await unlessThere(api.call({ method: 'POST', path: '/datasets', body }))
}

/** For a table or view. @see https://cloud.google.com/bigquery/docs/reference/rest/v2/tables/get */
export function findTable({ api, config }: BigQueryPlace, table: string): Promise<TableMetadata | null> {
  return orNull(api.call<TableMetadata>({ path: `/datasets/${config.dataset}/tables/${table}` }))
}

/** @see https://cloud.google.com/bigquery/docs/reference/rest/v2/tables/insert */
export async function makeTable(place: BigQueryPlace, table: string, metadata: TableMetadata): Promise<void> {
  const { project, dataset, labels } = place.config
  const body: TableMetadata = {
    tableReference: { projectId: project, datasetId: dataset, tableId: table },
    labels,
    ...metadata,
  }
  await unlessThere(place.api.call({ method: 'POST', path: `/datasets/${dataset}/tables`, body }))
}

/** @see https://cloud.google.com/bigquery/docs/reference/rest/v2/tables/patch */
export async function changeTable(
  { api, config }: BigQueryPlace,
  table: string,
  change: TableMetadata,
): Promise<void> {
  await api.call({ method: 'PATCH', path: `/datasets/${config.dataset}/tables/${table}`, body: change })
}

/**
 * Renames columns. Only a statement can do this; it keeps the rows, and reads none of them. BigQuery allows 5
 * changes of a table in 10 seconds.
 *
 * @see
 *   https://cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#alter_table_rename_column_statement
 */
export async function renameColumns(
  { api, config, sqlName }: BigQueryPlace,
  table: string,
  renames: readonly Renamed[],
): Promise<void> {
  const { location, labels } = config
  for (const { from, to } of renames) {
    const query = `ALTER TABLE ${sqlName(table)} RENAME COLUMN ${quotedName(from)} TO ${quotedName(to)}`
    const body = { query, useLegacySql: false, location, labels, timeoutMs: 60_000 }
    const { jobComplete } = await api.call<{ jobComplete?: boolean }>({
      method: 'POST',
      path: '/queries',
      body,
    })
    if (jobComplete === false) throw new Error(`the column ${table}.${from} is not renamed after a minute`)
  }
}

async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found
  } catch (error) {
    if (isNotFound(error)) return null
    throw error
  }
}

/** Ignores that another worker has created it in between. */
async function unlessThere(made: Promise<unknown>): Promise<void> {
  try {
    await made
  } catch (error) {
    if (!isConflict(error)) throw error
  }
}

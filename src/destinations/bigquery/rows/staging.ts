import type { Batch } from './batch.ts'
import { faultOf, isRefusal } from '../client/bigquery-fault.ts'
import type { BigQueryPlace } from '../client/bigquery-place.ts'
import { findTable, makeTable } from '../tables/metadata.ts'
import { runJob } from '../client/run-job.ts'

/** As long as BigQuery lets a MERGE wait for its turn. Tables that a crash leaves behind are gone after that. */
const expiresAfterMs = 6 * 3_600_000

/** Each batch has its own name, because BigQuery limits loads and updates per table name. */
export function stagingName({ stream }: Batch, digest: string): string {
  return `qrsync_staging_${stream}_${digest.slice(0, 20)}`
}

/**
 * Loads a batch into its staging table.
 *
 * @returns null, or BigQuery's reason for refusing the rows; it has then accepted none of them
 * @see https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-json
 */
export async function loadStaging(
  place: BigQueryPlace,
  batch: Batch,
  lines: readonly Buffer[],
  digest: string,
): Promise<string | null> {
  const { project, dataset } = place.config
  const table = stagingName(batch, digest)
  const schema = { fields: batch.columns.map(({ name, type }) => ({ name, type })) }
  const description = 'Rows on their way; made and deleted by qrsync.'
  const expirationTime = String(Date.now() + expiresAfterMs)
  await makeTable(place, table, { schema, description, expirationTime })
  const load = {
    destinationTable: { projectId: project, datasetId: dataset, tableId: table },
    schema,
    sourceFormat: 'NEWLINE_DELIMITED_JSON',
    writeDisposition: 'WRITE_TRUNCATE',
    // Ignore fields of another version of qrsync, as every destination does.
    ignoreUnknownValues: true,
  }
  try {
    const job = await runJob(place, {
      id: `${batch.stream}_load_${digest}`,
      batch: digest,
      configuration: { load },
      data: lines,
      // The table may have been deleted since, and created again just now.
      stands: async () => Number((await findTable(place, table))?.numRows) === batch.rows.length,
    })
    const loaded = Number(job.statistics?.load?.outputRows)
    if (loaded !== batch.rows.length) {
      throw new Error(`of ${batch.rows.length} rows of ${batch.stream}, ${loaded} were loaded`)
    }
    return null
  } catch (error) {
    if (isRefusal(error)) return faultOf(error).message
    throw error
  }
}

/** A table that cannot be deleted now expires automatically. */
export async function dropStaging({ api, config }: BigQueryPlace, table: string): Promise<void> {
  try {
    await api.call({ method: 'DELETE', path: `/datasets/${config.dataset}/tables/${table}` })
  } catch {
    // The rows have arrived, so a failure here does not matter.
  }
}

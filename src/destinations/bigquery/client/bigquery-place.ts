import { createHash } from 'node:crypto'
import type { BigQuerySettings } from '../settings.ts'
import { quotedName } from './sql-name.ts'
import { openBigQueryApi, type BigQueryApi } from './bigquery-api.ts'

/** A dataset, and how to reach it. */
export interface BigQueryPlace {
  /** The name of the destination. */
  name: string
  config: BigQuerySettings
  api: BigQueryApi
  /** Distinguishes it from every other dataset. */
  key: string
  /** The prefix of its job ids, the same for every worker. */
  jobPrefix: string
  /** The name of a table of the dataset in SQL. */
  sqlName: (table: string) => string
}

export function openPlace(name: string, config: BigQuerySettings): BigQueryPlace {
  const { project, dataset } = config
  const key = `${config.api_endpoint ?? 'bigquery'}/${project}/${dataset}`
  const digest = createHash('sha256').update(`${name}/${project}/${dataset}`).digest('hex')
  return {
    name,
    config,
    key,
    jobPrefix: `qrsync_${digest.slice(0, 12)}_`,
    api: openBigQueryApi(name, config),
    sqlName: (table) => quotedName(project, dataset, table),
  }
}

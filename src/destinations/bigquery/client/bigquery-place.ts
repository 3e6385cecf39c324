import { createHash } from 'node:crypto'
import type { BigQuerySettings } from '../settings.ts'
import { openBigQueryApi, type BigQueryApi } from './bigquery-api.ts'

/** A dataset, and the way to it. */
export interface BigQueryPlace {
  /** The destination's. */
  name: string
  config: BigQuerySettings
  api: BigQueryApi
  /** Tells it from every other. */
  key: string
  /** Begins the ids of its jobs, for every worker alike. */
  jobPrefix: string
  /** A table of the dataset as SQL takes it. */
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
    sqlName: (table) => `\`${project}.${dataset}.${table}\``,
  }
}

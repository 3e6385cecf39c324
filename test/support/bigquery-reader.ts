import { BigQuery } from '@google-cloud/bigquery'
import { PassThroughClient } from 'google-auth-library'
import type { BigQueryConfig } from '../../src/config/destinations.ts'

const project = 'test-project'
let datasets = 0

/** A dataset of its own on an emulator. */
export function bigQueryConfig(url: string, changes: Partial<BigQueryConfig> = {}): BigQueryConfig {
  return {
    ...{ type: 'bigquery', project, dataset: `dataset_${process.pid}_${(datasets += 1)}`, location: 'EU' },
    ...{ labels: { team: 'marketing' }, new_fields: 'json', load: { rows: 10_000, every: 0 } },
    ...{ api_endpoint: url, ...changes },
  }
}

/** Google's client, as anybody who reads the tables would use it. */
export function bigQueryClient(url: string): BigQuery {
  return new BigQuery({ projectId: project, apiEndpoint: url, authClient: new PassThroughClient() })
}

/** The rows of a query, times and days as texts. */
export async function queryBigQuery(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const [rows] = await bigQueryClient(url).query(sql)
  return (rows as Record<string, unknown>[]).map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])),
  )
}

function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value
}

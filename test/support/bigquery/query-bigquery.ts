import { BigQuery } from '@google-cloud/bigquery'
import { PassThroughClient } from 'google-auth-library'
import { project } from './bigquery-config.ts'

/** Google's client, as a reader of the tables would use it. */
export function bigQueryClient(url: string): BigQuery {
  return new BigQuery({ projectId: project, apiEndpoint: url, authClient: new PassThroughClient() })
}

/** The rows of a query, with times and days as texts. */
export async function queryBigQuery(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const [rows] = await bigQueryClient(url).query(sql)
  return (rows as Record<string, unknown>[]).map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])),
  )
}

function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value
}

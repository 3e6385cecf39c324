import type { TableMetadata } from '@google-cloud/bigquery'
import type { CallHandler } from '../faulty-proxy.ts'
import { queryBigQuery } from './query-bigquery.ts'

/**
 * A proxy in front of bqemulator, which reports a column that `tables.patch` added but does not add it to the
 * table.
 *
 * @param url of the emulator
 */
export function withPatchedColumns(url: string, handle: CallHandler): CallHandler {
  return async (call, forward) => {
    const answer = await handle(call, forward)
    const [, dataset, table] = /\/datasets\/(\w+)\/tables\/(\w+)(?:\?|$)/.exec(call.path) ?? []
    if (call.method !== 'PATCH' || answer.status !== 200 || dataset === undefined) return answer
    const { schema } = JSON.parse(call.body.toString()) as TableMetadata
    // One at a time, because it cannot add several.
    for (const { name, type } of schema?.fields ?? []) {
      await queryBigQuery(url, `ALTER TABLE ${dataset}.${table} ADD COLUMN IF NOT EXISTS \`${name}\` ${type}`)
    }
    return answer
  }
}

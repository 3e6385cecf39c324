import { afterAll, beforeAll, describe } from 'vitest'
import type { BigQueryConfig } from '../../src/config/destinations.ts'
import { createBigQueryDestination } from '../../src/destinations/bigquery/bigquery-destination.ts'
import { streamNames } from '../../src/model/stream.ts'
import { bigQueryConfig, queryBigQuery } from '../support/bigquery-reader.ts'
import { installTimeoutMs, startBqEmulator, type BqEmulator } from '../support/bqemulator.ts'
import { destinationConformance, type KeptRow } from '../support/destination-conformance.ts'
import { startFaultyProxy, type FaultyProxy } from '../support/faulty-proxy.ts'

describe('BigQuery', () => {
  let emulator: BqEmulator
  let proxy: FaultyProxy
  let config: BigQueryConfig

  beforeAll(async () => {
    emulator = await startBqEmulator()
    proxy = await startFaultyProxy({ target: emulator.url })
  }, installTimeoutMs)

  afterAll(async () => {
    await proxy.stop()
    await emulator.stop()
  })

  destinationConformance({
    streams: streamNames,
    make() {
      config = bigQueryConfig(proxy.url)
      return Promise.resolve(createBigQueryDestination({ name: 'tested', config }))
    },
    readBack: async (stream) =>
      (await queryBigQuery(emulator.url, `SELECT * FROM ${config.dataset}.${stream}`)).map(asKept),
    beginOutage() {
      proxy.setRate(1)
      return Promise.resolve(() => {
        proxy.setRate(0)
        return Promise.resolve()
      })
    },
  })
})

function asKept(row: Record<string, unknown>): KeptRow {
  const isJson = (column: string) => column === 'extra' || column === 'render_customizations'
  const values = Object.entries(row).map(([column, value]): [string, unknown] => [
    column,
    isJson(column) ? JSON.parse((value ?? 'null') as string) : value,
  ])
  return { id: row['id'] as string, ...Object.fromEntries(values) }
}

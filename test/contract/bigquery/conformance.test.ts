import { describe } from 'vitest'
import { streamNames } from '../../../src/streams/streams.ts'
import { bigQueryWorld } from '../../support/bigquery/bigquery-world.ts'
import { destinationConformance } from '../../support/destinations/destination-conformance.ts'
import type { KeptRow } from '../../support/destinations/destination-under-test.ts'

describe('BigQuery', () => {
  const world = bigQueryWorld()

  destinationConformance({
    streams: streamNames,
    hasLoadedAt: true,
    make: () => Promise.resolve(world.make()),
    readBack: async (stream) => (await world.query(`SELECT * FROM {}.${stream}`)).map(asKept),
    dropTable: (stream) => world.query(`DROP TABLE {}.${stream}`),
    outageOf: 'stream',
    beginOutage() {
      // Without a connection, the whole destination fails; this server answers.
      world.proxy.setRate(1, ['refused'])
      return Promise.resolve(() => {
        world.proxy.setRate(0)
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

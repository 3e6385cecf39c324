import { afterEach, describe } from 'vitest'
import { streamNames } from '../../../src/streams/streams.ts'
import { destinationConformance } from '../../support/destinations/destination-conformance.ts'
import type { KeptRow } from '../../support/destinations/destination-under-test.ts'
import { openPostgres, queryPostgres } from '../../support/destinations/postgres-database.ts'
import { temporaryDatabase, type TemporaryDatabase } from '../../support/ledger/temporary-database.ts'

describe('PostgreSQL', () => {
  const made: TemporaryDatabase[] = []
  const latest = () => made.at(-1)?.url ?? ''

  afterEach(async () => {
    for (const database of made.splice(0)) await database[Symbol.asyncDispose]()
  })

  destinationConformance({
    streams: streamNames,
    hasLoadedAt: true,
    async make() {
      made.push(await temporaryDatabase())
      return openPostgres(latest())
    },
    readBack: async (stream) =>
      (await queryPostgres(latest(), `select * from qrsync.${stream}`)) as KeptRow[],
    dropTable: (stream) => queryPostgres(latest(), `drop table qrsync.${stream} cascade`),
    outageOf: 'destination',
    async beginOutage() {
      const url = new URL(latest())
      const database = url.pathname.slice(1)
      url.pathname = 'postgres'
      await queryPostgres(url.href, `alter database ${database} allow_connections false`)
      await queryPostgres(
        url.href,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`,
      )
      return async () => {
        await queryPostgres(url.href, `alter database ${database} allow_connections true`)
      }
    },
  })
})

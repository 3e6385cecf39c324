import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createDuckDbDestination } from '../../../src/destinations/duckdb/duckdb-destination.ts'
import { streamNames, type StreamName } from '../../../src/streams/streams.ts'
import { runScript, spawnScript } from '../../support/processes/child-script.ts'
import { destinationConformance } from '../../support/destinations/destination-conformance.ts'
import type { KeptRow } from '../../support/destinations/destination-under-test.ts'
import { queryDuckDb, runInDuckDb, scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import { landedScan } from '../../support/ledger/landed-rows.ts'
import { withUpsert, type Upserting } from '../../support/destinations/with-upsert.ts'

describe('DuckDB', () => {
  let folder: string
  let files = 0
  let path: string
  let destination: Upserting

  const makeDestination = () => {
    path = join(folder, `${(files += 1)}`, 'qr-codes.duckdb')
    destination = withUpsert(createDuckDbDestination({ name: 'tested', path }))
    return Promise.resolve(destination)
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qrsync-duckdb-'))
  })

  afterAll(async () => {
    await rm(folder, { recursive: true })
  })

  destinationConformance({
    streams: streamNames,
    hasLoadedAt: true,
    make: makeDestination,
    readBack: async (stream) => (await queryDuckDb(path, keptSql[stream as StreamName])).map(asKept),
    dropTable: (stream) => runInDuckDb(path, `DROP TABLE ${stream} CASCADE`),
    outageOf: 'destination',
    async beginOutage() {
      const holder = spawnScript(holdingChild, path)
      await once(holder.stdout, 'data')
      return async () => {
        holder.kill()
        await once(holder, 'exit')
      }
    },
  })

  describe('the file', () => {
    beforeEach(makeDestination)

    test('another process can read it while the connector is idle', async () => {
      await destination.apply()
      await destination.upsert('scans', [landedScan(1)])
      const { code, errors } = await runScript(readingChild, path)
      expect(code, errors).toBe(1)
      await destination.close()
      expect(await runScript(readingChild, path)).toMatchObject({ code: 0, output: '[["1"]]' })
      await destination.upsert('scans', [landedScan(2)])
      await destination.close()
      expect(await runScript(readingChild, path)).toMatchObject({ code: 0, output: '[["2"]]' })
    })

    test('that another process has locked is busy: the error names its PID, and writing continues after the release', async () => {
      await destination.apply()
      await destination.close()
      const holder = spawnScript(holdingChild, path)
      await once(holder.stdout, 'data')
      await expect(destination.upsert('scans', [landedScan(1)])).rejects.toMatchObject({
        name: 'ConnectorError',
        code: 'DESTINATION_BUSY',
        retry: 'backoff',
        message: expect.stringContaining(`another process (PID ${holder.pid}) has locked ${path}`) as string,
      })
      holder.kill()
      await once(holder, 'exit')
      expect(await destination.upsert('scans', [landedScan(1)])).toEqual({ confirmed: 1, rejected: [] })
      await destination.close()
    })

    test('a folder that cannot be created is reported', async () => {
      await writeFile(join(folder, 'a-file'), '')
      const lost = withUpsert(
        createDuckDbDestination({
          name: 'lost',
          path: join(folder, 'a-file', 'below', 'x.duckdb'),
        }),
      )
      await expect(lost.check()).rejects.toMatchObject({
        code: 'DESTINATION_UNAVAILABLE',
        retry: 'backoff',
        message: expect.stringMatching(
          /^Destination lost: the folder of .*x\.duckdb does not exist and cannot be created/,
        ) as string,
      })
    })

    test('a folder at the path of the file is reported', async () => {
      await mkdir(path, { recursive: true })
      await expect(destination.check()).rejects.toMatchObject({
        code: 'DESTINATION_UNAVAILABLE',
        message: expect.stringContaining(`${path} is a folder`) as string,
      })
    })

    test('a file of another format stays as it is, permanently', async () => {
      path = join(folder, 'other.duckdb')
      await writeFile(path, 'minutes of the last meeting\n'.repeat(1000))
      await expect(createDuckDbDestination({ name: 'local', path }).apply()).rejects.toMatchObject({
        code: 'DESTINATION_UNAVAILABLE',
        retry: 'never',
        message: `Destination local: ${path} is not a DuckDB file.\nMove it away, or use another path.`,
      })
    })

    test.runIf(existsSync('/proc/self'))('a file system that refuses new folders is reported', async () => {
      const lost = withUpsert(createDuckDbDestination({ name: 'lost', path: '/proc/below/qr-codes.duckdb' }))
      await expect(lost.apply()).rejects.toMatchObject({
        code: 'DESTINATION_UNAVAILABLE',
        retry: 'backoff',
      })
    })

    test.runIf(existsSync('/dev/full'))('a full disk is reported', async () => {
      const full = withUpsert(createDuckDbDestination({ name: 'full', path: '/dev/full' }))
      await expect(full.apply()).rejects.toMatchObject({
        code: 'DESTINATION_UNAVAILABLE',
        retry: 'backoff',
        message:
          'Destination full: the disk of /dev/full is full.\nFree some space; qrsync then continues automatically.',
      })
    })

    test.for([
      { characters: 4_000, count: 5_000 },
      { characters: 64_000, count: 1_200 },
    ])('$count adjacent rows of $characters characters are written', async ({ characters, count }) => {
      const text = 'x'.repeat(characters)
      const rows = Array.from({ length: count }, (_, index) =>
        landedScan(index, { extra: { text: `${index} ${text}` } }),
      )
      await destination.apply()
      expect(await destination.upsert('scans', rows)).toEqual({ confirmed: count, rejected: [] })
      expect(await destination.upsert('scans', rows)).toEqual({ confirmed: count, rejected: [] })
      await destination.close()
      expect(await scanIdsIn(path)).toHaveLength(count)
    })

    test('kill -9 during a write leaves only whole batches, and the rest is written later', async () => {
      const batchRows = 5_000
      const killed = spawnScript(endlessChild, path)
      let confirmed = 0
      for await (const line of createInterface({ input: killed.stdout })) {
        confirmed = Number(line)
        // The next batch is being written: the child does not wait for us.
        if (confirmed >= 3 * batchRows) killed.kill('SIGKILL')
      }
      expect(confirmed).toBeGreaterThanOrEqual(3 * batchRows)
      await destination.apply()
      await destination.close()
      const [kept] = await queryDuckDb(
        path,
        'SELECT count(*)::INTEGER AS scans, count(DISTINCT id)::INTEGER AS ids FROM scans',
      )
      expect(kept?.['scans']).toBeGreaterThanOrEqual(confirmed)
      expect(Number(kept?.['scans']) % batchRows).toBe(0)
      expect(kept?.['ids']).toBe(kept?.['scans'])
    })

    test('two destinations of one process that share a file store every id once', async () => {
      const other = withUpsert(createDuckDbDestination({ name: 'other', path }))
      await Promise.all([destination.apply(), other.check()])
      for (let round = 0; round < 5; round += 1) {
        const rows = Array.from({ length: 5_000 }, (_, index) => landedScan(round * 5_000 + index))
        await Promise.all([destination, other].map((each) => each.upsert('scans', rows)))
      }
      await destination.upsert('scans', [landedScan(100_001)])
      await other.upsert('scans', [landedScan(100_002)])
      await Promise.all([destination.close(), other.close()])
      const counts = 'SELECT count(*)::INTEGER AS scans, count(DISTINCT id)::INTEGER AS ids FROM scans'
      expect(await queryDuckDb(path, counts)).toEqual([{ scans: 25_002, ids: 25_002 }])
    })
  })
})

const keptSql = {
  qr_codes: `SELECT * REPLACE (
    ${['last_scanned_at', 'created_at', 'updated_at', 'deleted_at'].map(isoUtc).join(', ')},
    scan_count::INTEGER AS scan_count) FROM qr_codes`,
  scans: `SELECT * REPLACE (${isoUtc('scanned_at')}) FROM scans`,
  analytics_daily:
    'SELECT * REPLACE (scans::INTEGER AS scans, unique_scans::INTEGER AS unique_scans) FROM analytics_daily',
  analytics_breakdown: 'SELECT * REPLACE (scans::INTEGER AS scans) FROM analytics_breakdown',
}

function isoUtc(column: string): string {
  return `strftime(${column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS ${column}`
}

function asKept(row: Record<string, unknown>): KeptRow {
  const isJson = (column: string) => column === 'extra' || column === 'render_customizations'
  const values = Object.entries(row).map(([column, value]): [string, unknown] => [
    column,
    isJson(column) ? JSON.parse((value ?? 'null') as string) : value,
  ])
  return { id: row['id'] as string, ...Object.fromEntries(values) }
}

const readingChild = `
  import { DuckDBInstance } from '@duckdb/node-api'
  const instance = await DuckDBInstance.create(process.argv[1], { access_mode: 'READ_ONLY' })
  const read = await (await instance.connect()).runAndReadAll('SELECT count(*) FROM scans')
  console.log(JSON.stringify(read.getRowsJson()))`

const holdingChild = `
  import { DuckDBInstance } from '@duckdb/node-api'
  const held = await DuckDBInstance.create(process.argv[1])
  console.log('held')
  setInterval(() => held, 1000)`

const ours = `
  import { createDuckDbDestination } from './src/destinations/duckdb/duckdb-destination.ts'
  import { withUpsert } from './test/support/destinations/with-upsert.ts'
  import { landedScan } from './test/support/ledger/landed-rows.ts'
  const destination = withUpsert(createDuckDbDestination({ name: 'local', path: process.argv[1] }))
  await destination.apply()`

const endlessChild = `${ours}
  for (let first = 0; ; first += 5000) {
    await destination.upsert('scans', Array.from({ length: 5000 }, (_, index) => landedScan(first + index)))
    console.log(String(first + 5000))
  }`

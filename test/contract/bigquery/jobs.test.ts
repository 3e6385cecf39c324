import type { JobMetadata } from '@google-cloud/bigquery'
import { beforeEach, describe, expect, test } from 'vitest'
import { bigQueryJobIds, type BigQueryJobIds } from '../../support/bigquery/bigquery-job-ids.ts'
import {
  bigQueryWorld,
  jsonAnswer,
  refusal,
  seen,
  type SeenCall,
} from '../../support/bigquery/bigquery-world.ts'
import type { CallHandler } from '../../support/faulty-proxy.ts'
import { landedRow, landedScan } from '../../support/ledger/landed-rows.ts'
import type { Upserting } from '../../support/destinations/with-upsert.ts'

describe('BigQuery jobs', () => {
  const world = bigQueryWorld()
  let ids: BigQueryJobIds
  let destination: Upserting

  beforeEach(async () => {
    ids = bigQueryJobIds()
    world.handle = ids.handle
    destination = world.make()
    await destination.apply()
    world.calls.length = 0
  })

  const scans = (count: number, fields: object = {}) =>
    Array.from({ length: count }, (_, index) => landedScan(index + 1, fields))
  const took = (count: number) => ({ confirmed: count, rejected: [] })
  const whats = () => world.calls.map(({ what }) => what)
  const merges = () =>
    ids.jobs
      .keys()
      .filter((id) => id.includes('_merge_'))
      .toArray()
  const countScans = async () =>
    (await world.query('SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS ids FROM {}.scans'))[0]

  /** Answers the next call of a kind in another way. */
  function once(kind: RegExp, handle: CallHandler): void {
    let isDone = false
    world.handle = (call, forward) => {
      if (isDone || !kind.test(seen(call).what)) return ids.handle(call, forward)
      isDone = true
      return handle(call, () => ids.handle(call, forward))
    }
  }

  /** Shows the first job as running until it has been polled this often. */
  function keepAtWork(polls: number): string {
    const [[id, done] = ['', {}]] = ids.jobs
    ids.jobs.set(id, { ...done, status: { state: 'RUNNING' } })
    let left = polls
    world.handle = (call, forward) => {
      if (seen(call).what === `GET /jobs/${id}` && (left -= 1) === 0) ids.jobs.set(id, done)
      return ids.handle(call, forward)
    }
    return id
  }

  /** The first call that starts a job arrives, and no response comes, however often it is sent. */
  async function upsertWithLostAnswer(rows: Parameters<Upserting['upsert']>[1]): Promise<void> {
    let isArrived = false
    world.handle = async (call, forward) => {
      if (seen(call).what !== 'POST /jobs') return ids.handle(call, forward)
      if (!isArrived) await ids.handle(call, forward)
      isArrived = true
      throw new Error('the answer is lost')
    }
    const upsert = destination.upsert('scans', rows)
    await expect(upsert).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' })
    world.handle = ids.handle
  }

  describe('one batch', () => {
    test('few rows need one statement and no metadata request', async () => {
      await destination.upsert('scans', [landedScan(9_999)])
      world.calls.length = 0
      expect(await destination.upsert('scans', scans(500))).toEqual(took(500))
      expect(whats()).toEqual(['POST /jobs'])
    })

    test('many rows go through a staging table, which is gone afterwards', async () => {
      await destination.upsert('scans', [landedScan(9_999)])
      world.calls.length = 0
      expect(await destination.upsert('scans', scans(501))).toEqual(took(501))
      const staging = stagingOf(world.calls)
      expect(whats()).toEqual([
        `POST /datasets/${world.config.dataset}/tables`,
        'POST /upload/jobs',
        'POST /jobs',
        `DELETE /datasets/${world.config.dataset}/tables/${staging}`,
      ])
      expect(await world.query('SELECT table_name FROM {}.INFORMATION_SCHEMA.TABLES')).not.toContainEqual({
        table_name: staging,
      })
      expect(await countScans()).toEqual({ n: 502, ids: 502 })
    })

    test('a staging table expires automatically within hours, and each batch has its own', async () => {
      await destination.upsert('scans', scans(501))
      const [made] = world.calls.filter(({ body }) => 'expirationTime' in body)
      const hours = (Number(made?.body['expirationTime']) - Date.now()) / 3_600_000
      expect(hours).toBeGreaterThan(1)
      expect(hours).toBeLessThan(24)
      const first = stagingOf(world.calls)
      world.calls.length = 0
      await destination.upsert('scans', scans(502))
      expect(stagingOf(world.calls)).not.toBe(first)
    })

    test.each([1, 501])('the MERGE of %i rows names the days of the batch as literals', async (count) => {
      const rows = scans(count, { scanned_at: '2026-01-02T03:04:05.678Z' })
      rows.push(landedScan(1_001, { scanned_at: '2026-03-31T23:59:59.999Z' }))
      rows.push(landedScan(1_002, { scanned_at: '2025-12-31T20:00:00-05:00' }))
      await destination.upsert('scans', rows)
      expect(mergeOf(world.calls)).toContain(
        "ON kept.id = landed.id AND kept.`scanned_at` >= TIMESTAMP '2026-01-01 00:00:00+00'" +
          " AND kept.`scanned_at` <= TIMESTAMP '2026-03-31 23:59:59.999999+00'",
      )
    })

    test('the MERGE of daily counts names their days; the MERGE of codes has no bounds', async () => {
      const daily = [3, 9].map((day) => landedRow('analytics_daily', day))
      await destination.upsert('analytics_daily', daily)
      expect(mergeOf(world.calls)).toContain(
        "landed.id AND kept.`date` >= DATE '2026-03-03' AND kept.`date` <= DATE '2026-03-09'\n",
      )
      world.calls.length = 0
      await destination.upsert('qr_codes', [landedRow('qr_codes', 1)])
      expect(mergeOf(world.calls)).toContain('ON kept.id = landed.id\n')
    })

    test('a repeated batch changes no row', async () => {
      await destination.upsert('scans', scans(501))
      await destination.upsert('scans', [...scans(501), landedScan(502)])
      const affected = [...ids.jobs.values()].map(({ statistics }) => statistics?.query?.numDmlAffectedRows)
      expect(affected.filter(Boolean)).toEqual(['501', '1'])
    })

    test('jobs run in the location of the dataset and carry the labels', async () => {
      await destination.upsert('scans', scans(501))
      for (const { jobReference, configuration } of ids.jobs.values()) {
        expect(jobReference?.location).toBe('EU')
        expect(configuration?.labels).toMatchObject({ team: 'marketing' })
      }
    })
  })

  describe('a job that exists already', () => {
    test.each([1, 501])('a batch of %i rows whose response was lost is not written again', async (count) => {
      await upsertWithLostAnswer(scans(count))
      expect(merges()).toHaveLength(1)
      expect(await destination.upsert('scans', scans(count))).toEqual(took(count))
      expect(merges()).toHaveLength(1)
      expect(await countScans()).toEqual({ n: count, ids: count })
    })

    test('a running job is awaited', async () => {
      await upsertWithLostAnswer(scans(3))
      keepAtWork(2)
      expect(await destination.upsert('scans', scans(3))).toEqual(took(3))
      expect(merges()).toHaveLength(1)
    })

    test.each(['another worker', 'an attempt of ours'])(
      'a running job of %s for an overlapping batch is awaited before anything is written',
      async (whose) => {
        await upsertWithLostAnswer(scans(1))
        const next = whose === 'another worker' ? world.make({ dataset: world.config.dataset }) : destination
        await next.apply()
        world.calls.length = 0
        const id = keepAtWork(2)
        expect(await next.upsert('scans', [landedScan(2), landedScan(3)])).toEqual(took(2))
        expect(whats()).toEqual(['GET /jobs', `GET /jobs/${id}`, `GET /jobs/${id}`, 'POST /jobs'])
      },
    )

    test('a running job for another batch with the same first row is awaited, then ours runs', async () => {
      await destination.upsert('scans', scans(2))
      expect(await world.make({ dataset: world.config.dataset }).upsert('scans', scans(3))).toEqual(took(3))
      expect(merges().map((id) => id.slice(-3))).toEqual(['1_0', '1_1'])
      expect(await countScans()).toEqual({ n: 3, ids: 3 })
    })

    test('after a failed job the next attempt uses the next job id', async () => {
      once(/^POST \/jobs$/, async (_call, forward) => {
        const job = JSON.parse((await forward()).body.toString()) as JobMetadata
        const failed = {
          ...job,
          status: { state: 'DONE', errorResult: { reason: 'backendError', message: 'A bad day.' } },
        }
        ids.jobs.set(job.jobReference?.jobId ?? '', failed)
        return jsonAnswer(200, failed)
      })
      await expect(destination.upsert('scans', scans(2))).rejects.toMatchObject({
        code: 'DESTINATION_UNAVAILABLE',
        message: expect.stringContaining('A bad day.') as string,
      })
      expect(await destination.upsert('scans', scans(2))).toEqual(took(2))
      expect(merges()).toHaveLength(2)
    })

    test('a finished job runs again if somebody deleted the rows since', async () => {
      await destination.upsert('scans', scans(3))
      await world.query('DELETE FROM {}.scans WHERE id = "scan-2"')
      once(/^GET \/datasets\/.*\/tables\/scans$/, async (_call, forward) => {
        const table = JSON.parse((await forward()).body.toString()) as object
        return jsonAnswer(200, { ...table, lastModifiedTime: String(Date.now()) })
      })
      expect(await destination.upsert('scans', scans(3))).toEqual(took(3))
      expect(await countScans()).toEqual({ n: 3, ids: 3 })
    })

    test('a code that changes and changes back ends with its first value', async () => {
      const named = (seq: number, name: string) => [landedRow('qr_codes', seq, { id: 'code', name })]
      for (const rows of [named(1, 'A'), named(2, 'B'), named(3, 'A')]) {
        await destination.upsert('qr_codes', rows)
      }
      expect(await world.query('SELECT name FROM {}.qr_codes')).toEqual([{ name: 'A' }])
    })

    test('a batch is loaded again if its staging table is gone', async () => {
      once(/^POST \/jobs$/, () => Promise.resolve(refusal(503, 'backendError', 'Try again.')))
      await expect(destination.upsert('scans', scans(501))).rejects.toThrow()
      await world.query(`DROP TABLE {}.${stagingOf(world.calls)}`)
      expect(await destination.upsert('scans', scans(501))).toEqual(took(501))
      expect(await countScans()).toEqual({ n: 501, ids: 501 })
    })
  })

  test('calls that fail before or after they take effect: every row arrives once', async () => {
    world.handle = (_call, forward) => forward()
    // A request is sent up to four times.
    world.proxy.setRate(0.6)
    const batches = [
      scans(700),
      scans(20),
      [...scans(700), ...Array.from({ length: 50 }, (_, i) => landedScan(701 + i))],
    ]
    let failures = 0
    for (const rows of batches) {
      for (let isTaken = false; !isTaken;) {
        try {
          await destination.apply()
          isTaken = (await destination.upsert('scans', rows)).confirmed === rows.length
        } catch (error) {
          expect(error).toMatchObject({ code: 'DESTINATION_UNAVAILABLE', retry: 'backoff' })
          failures += 1
        }
      }
    }
    world.proxy.setRate(0)
    expect(failures).toBeGreaterThan(0)
    expect(await countScans()).toEqual({ n: 750, ids: 750 })
  })
})

function stagingOf(calls: readonly SeenCall[]): string {
  const { tableReference } = (calls.find(({ body }) => 'expirationTime' in body)?.body ?? {}) as {
    tableReference?: { tableId: string }
  }
  return tableReference?.tableId ?? ''
}

function mergeOf(calls: readonly SeenCall[]): string {
  const jobs = calls.filter(({ what }) => what === 'POST /jobs').map(({ body }) => body as JobMetadata)
  return jobs.at(-1)?.configuration?.query?.query ?? ''
}

import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openPostgres, queryPostgres } from '../../support/destinations/postgres-database.ts'
import type { Upserting } from '../../support/destinations/with-upsert.ts'
import { landedScan } from '../../support/ledger/landed-rows.ts'
import { temporaryDatabase, type TemporaryDatabase } from '../../support/ledger/temporary-database.ts'
import { until } from '../../support/until.ts'

describe('PostgreSQL fails', () => {
  let database: TemporaryDatabase
  let destination: Upserting

  beforeEach(async () => {
    database = await temporaryDatabase()
    destination = openPostgres(database.url)
    await destination.apply()
  })

  afterEach(async () => {
    await destination.close()
    await database[Symbol.asyncDispose]()
  })

  const query = (statement: string) => queryPostgres(database.url, statement)
  const kept = () => query('select id from qrsync.scans order by id')

  /** The failure of one attempt to deliver a scan. */
  async function failureAt(change: (url: URL) => void): Promise<unknown> {
    const url = new URL(database.url)
    change(url)
    const failing = openPostgres(url.href)
    try {
      await failing.apply('scans')
      await failing.upsert('scans', [landedScan(1)])
      return null
    } catch (error) {
      return error
    } finally {
      await failing.close()
    }
  }

  test.each([
    {
      trouble: 'a wrong password',
      change: (url: URL) => (url.password = 'wrong-secret'),
      says: 'password authentication failed',
      code: 'DESTINATION_FORBIDDEN',
    },
    {
      trouble: 'a database that does not exist',
      change: (url: URL) => (url.pathname = 'nowhere'),
      says: 'Create the database',
      code: 'DESTINATION_UNAVAILABLE',
    },
    {
      trouble: 'a server that does not answer',
      change: (url: URL) => (url.port = '1'),
      says: 'ECONNREFUSED',
      code: 'DESTINATION_UNAVAILABLE',
    },
    {
      trouble: 'a server without TLS',
      change: (url: URL) => {
        url.searchParams.set('sslmode', 'require')
      },
      says: 'does not support SSL',
      code: 'DESTINATION_UNAVAILABLE',
    },
  ])(
    '$trouble: the whole destination waits, and the error shows no secret',
    async ({ change, says, code }) => {
      const error = await failureAt(change)
      expect(error).toMatchObject({ code, scope: 'destination', retry: 'backoff' })
      const { message } = error as Error
      expect(message).toContain(says)
      expect(message).toContain('Destination tested: 127.0.0.1:')
      expect(message).not.toMatch(/secret/)
    },
  )

  test('a read-only server, and a server without a free connection: the whole destination waits', async () => {
    const name = new URL(database.url).pathname.slice(1)
    await query(`alter database ${name} set default_transaction_read_only = on`)
    await destination.close()
    await expect(destination.upsert('scans', [landedScan(1)])).rejects.toMatchObject({
      scope: 'destination',
      message: expect.stringContaining('primary') as string,
    })
    await destination.close()
    const admin = new URL(database.url)
    admin.pathname = 'postgres'
    await queryPostgres(admin.href, `alter database ${name} reset default_transaction_read_only`)
    await queryPostgres(admin.href, `create role crowded login password 'x' connection limit 0`)
    try {
      const crowded = await failureAt((url) => {
        url.username = 'crowded'
        url.password = 'x'
      })
      expect(crowded).toMatchObject({ code: 'DESTINATION_UNAVAILABLE', scope: 'destination' })
    } finally {
      await queryPostgres(admin.href, 'drop role crowded')
    }
  })

  test('another session holds a lock: the stream waits, and writes its rows once the lock is released', async () => {
    const holder = new pg.Client({ connectionString: database.url })
    await holder.connect()
    await holder.query('begin; lock table qrsync.scans in access exclusive mode')
    const waiting = destination.upsert('scans', [landedScan(1)])
    await until(async () => {
      const [{ waits } = {}] = await query(
        `select count(*) as waits from pg_stat_activity where application_name = 'qrsync' and wait_event_type = 'Lock'`,
      )
      return waits === 1
    })
    // Like PostgreSQL itself once lock_timeout has passed.
    await holder.query('rollback')
    expect(await waiting).toEqual({ confirmed: 1, rejected: [] })
    await holder.end()
  })

  test('the connection breaks during a statement: no row is written, and the next attempt succeeds', async () => {
    const holder = new pg.Client({ connectionString: database.url })
    await holder.connect()
    await holder.query('begin; lock table qrsync.scans in access exclusive mode')
    const waiting = destination.upsert('scans', [landedScan(1), landedScan(2)])
    waiting.catch(() => undefined)
    const backend = `from pg_stat_activity where application_name = 'qrsync' and wait_event_type = 'Lock'`
    await until(async () => (await query(`select pid ${backend}`)).length === 1)
    await query(`select pg_terminate_backend(pid) ${backend}`)
    await expect(waiting).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE', scope: 'destination' })
    await holder.query('rollback')
    await holder.end()
    expect(await kept()).toEqual([])
    expect(await destination.upsert('scans', [landedScan(1), landedScan(2)])).toMatchObject({ confirmed: 2 })
    expect(await kept()).toHaveLength(2)
  })

  test.each(['drop table qrsync.scans cascade', 'drop schema qrsync cascade'])(
    'after %s the destination has another identity, so that qrsync fills it again',
    async (statement) => {
      const before = await destination.identity()
      await destination.close()
      expect(await destination.identity()).toBe(before)
      await query(statement)
      await expect(destination.upsert('scans', [landedScan(1)])).rejects.toMatchObject({ scope: 'stream' })
      expect(await destination.identity()).not.toBe(before)
      expect(await destination.upsert('scans', [landedScan(1)])).toMatchObject({ confirmed: 1 })
    },
  )

  test('qrsync keeps no connection open between deliveries', async () => {
    await destination.upsert('scans', [landedScan(1)])
    await destination.close()
    await until(
      async () =>
        (await query(`select 1 from pg_stat_activity where application_name = 'qrsync'`)).length === 0,
    )
  })
})

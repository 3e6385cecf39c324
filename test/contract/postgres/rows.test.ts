import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openPostgres, queryPostgres } from '../../support/destinations/postgres-database.ts'
import type { Upserting } from '../../support/destinations/with-upsert.ts'
import { landedCode, landedRow, landedScan } from '../../support/ledger/landed-rows.ts'
import { temporaryDatabase, type TemporaryDatabase } from '../../support/ledger/temporary-database.ts'

describe('PostgreSQL', () => {
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

  describe('rows that a table cannot store are rejected', () => {
    test.each([
      ['a time in words', { scanned_at: 'yesterday' }, 'scanned_at cannot be read as timestamptz: yesterday'],
      ['no time', { scanned_at: undefined }, 'scanned_at is missing'],
      ['no code', { qr_code_id: null }, 'qr_code_id is missing'],
      ['a text for a boolean', { is_unique: 'perhaps' }, 'is_unique cannot be read as boolean: perhaps'],
      ['the id of another row', { id: 'scan-7' }, 'The JSON is no object with the id of its row'],
    ])('%s', async (_, fields, reason) => {
      const bad = { ...landedScan(2, { id: 'bad', ...(fields as object) }), id: 'bad' }
      const outcome = await destination.upsert('scans', [landedScan(1), bad, landedScan(3)])
      expect(outcome).toEqual({ confirmed: 2, rejected: [{ id: 'bad', reason }] })
      expect(await query('select id from qrsync.scans order by id')).toEqual([
        { id: 'scan-1' },
        { id: 'scan-3' },
      ])
    })

    test.each([
      ['analytics_daily', { date: 'today' }, 'date cannot be read as date: today'],
      ['analytics_daily', { date: '2026-02-30' }, 'date cannot be read as date: 2026-02-30'],
      ['analytics_daily', { date: null }, 'date is missing'],
      ['analytics_daily', { scans: undefined }, 'scans is missing'],
      ['analytics_daily', { unique_scans: 'few' }, 'unique_scans cannot be read as bigint: few'],
      ['analytics_breakdown', { first_day: '2026-13-01' }, 'first_day cannot be read as date: 2026-13-01'],
      ['analytics_breakdown', { last_day: undefined }, 'last_day is missing'],
    ] as const)('%s with %j', async (stream, fields, reason) => {
      const bad = landedRow(stream, 2, { ...fields, id: 'bad' })
      const good = [landedRow(stream, 1), landedRow(stream, 3)]
      expect(await destination.upsert(stream, [bad, ...good])).toEqual({
        confirmed: 2,
        rejected: [{ id: 'bad', reason }],
      })
      expect(await query(`select id from qrsync.${stream} order by id`)).toEqual(
        good.map(({ id }) => ({ id })),
      )
    })

    test.each([
      '',
      'null',
      '[]',
      '7',
      '{"id":"bad"},{"id":"smuggled"}',
      '{"id":"bad"',
      'nonsense',
      '{"id":"bad","name":"a\u0000b"}',
    ])('a value that is not a row: %j', async (json) => {
      const outcome = await destination.upsert('qr_codes', [landedCode(1), { seq: 2, id: 'bad', json }])
      expect(outcome).toMatchObject({ confirmed: 1, rejected: [{ id: 'bad' }] })
      expect(await query('select id from qrsync.qr_codes')).toEqual([{ id: 'code-1' }])
    })

    test('a row that only the database refuses: a constraint of its owner, or an id that is too long for its index', async () => {
      await query(`alter table qrsync.scans add constraint no_tests check (city <> 'Testville')`)
      // Random, or PostgreSQL would compress it.
      const long = Array.from({ length: 5_000 }, (_, index) =>
        String.fromCodePoint(0x4e00 + ((index * 7919) % 20_000)),
      )
      const rows = [
        ...Array.from({ length: 100 }, (_, seq) => landedScan(seq)),
        landedScan(100, { id: 'tested', city: 'Testville' }),
        landedScan(101, { id: long.join('') }),
      ]
      const { confirmed, rejected } = await destination.upsert('scans', rows)
      expect(confirmed).toBe(100)
      expect(rejected.map(({ reason }) => reason).toSorted()).toEqual([
        expect.stringContaining('index row'),
        expect.stringContaining('no_tests'),
      ])
    })

    test('a row that PostgreSQL accepts alone is accepted next to a bad row', async () => {
      const odd = landedScan(1, { scanned_at: '2026-03-04T23:59:60Z' })
      const huge = landedCode(2, { scan_count: '9223372036854775807' as never })
      const bad = (id: string) => ({ seq: 3, id, json: '{"id":' })
      expect(await destination.upsert('scans', [odd, bad('cut')])).toMatchObject({
        confirmed: 1,
        rejected: [{ id: 'cut' }],
      })
      expect(await destination.upsert('qr_codes', [huge, bad('cut')])).toMatchObject({ confirmed: 1 })
    })

    test('a trigger of the owner refuses one row, and delays no other', async () => {
      await query(`
        create function qrsync.guard() returns trigger language plpgsql as
          $$ begin if new.city = 'Testville' then raise exception 'no tests here'; end if; return new; end $$;
        create trigger guard before insert on qrsync.scans for each row execute function qrsync.guard()`)
      const rows = [landedScan(1), landedScan(2, { city: 'Testville' }), landedScan(3)]
      expect(await destination.upsert('scans', rows)).toEqual({
        confirmed: 2,
        rejected: [{ id: 'scan-2', reason: 'no tests here' }],
      })
    })

    test('ids that PostgreSQL cannot distinguish or store stop no other row', async () => {
      const twins = ['\ud800', '\udfff'].map((half, seq) => landedScan(seq, { id: `twin-${half}` }))
      const nul = landedScan(3, { id: 'nul-\u0000' })
      const { confirmed, rejected } = await destination.upsert('scans', [...twins, nul])
      expect({ confirmed, rejected }).toEqual({ confirmed: 3, rejected: [] })
      expect(await query('select id from qrsync.scans order by id')).toEqual([
        { id: 'nul-\ufffd' },
        { id: 'twin-\ufffd' },
      ])
    })

    test('if a table refuses every row, the stream fails after a few rows, and none is rejected', async () => {
      await query('alter table qrsync.scans add constraint closed check (false)')
      const rows = Array.from({ length: 5_000 }, (_, seq) => landedScan(seq))
      await expect(destination.upsert('scans', rows)).rejects.toMatchObject({
        code: 'DESTINATION_UNAVAILABLE',
        message: expect.stringContaining('closed') as string,
      })
    })

    test('every row of a batch is confirmed or rejected, duplicates too', async () => {
      const rows = Array.from({ length: 500 }, (_, seq) =>
        landedScan(seq, { id: `scan-${seq % 400}`, scanned_at: 'never' }),
      )
      const { confirmed, rejected } = await destination.upsert('scans', rows)
      expect(confirmed + rejected.length).toBe(rows.length)
      expect(new Set(rejected.map(({ id }) => id)).size).toBe(400)
    })
  })

  describe('edge values', () => {
    async function kept(json: string): Promise<Record<string, unknown> | undefined> {
      const landed = { ...(JSON.parse(landedScan(1).json) as object), extra: null }
      const row = JSON.stringify(landed).replace('"extra":null', json)
      expect(await destination.upsert('scans', [{ seq: 1, id: 'scan-1', json: row }])).toEqual({
        confirmed: 1,
        rejected: [],
      })
      const [scan] = await query('select city, extra::text as extra from qrsync.scans')
      return scan
    }

    test('numbers beyond 2^53 keep every digit', async () => {
      expect(
        await kept('"extra":{"m":9007199254740993,"n":12345678901234567890123,"o":0.1000}'),
      ).toMatchObject({
        extra: '{"m": 9007199254740993, "n": 12345678901234567890123, "o": 0.1000}',
      })
    })

    test('U+0000, which PostgreSQL cannot store in text, becomes U+FFFD; an escaped backslash stays', async () => {
      expect(await kept(String.raw`"city":"a\u0000b","extra":{"z":"\u0000","text":"\\u0000"}`)).toMatchObject(
        {
          city: 'a\ufffdb',
          extra: String.raw`{"z": "` + '\ufffd' + String.raw`", "text": "\\u0000"}`,
        },
      )
    })

    test('half a surrogate pair becomes U+FFFD', async () => {
      const row = await kept(String.raw`"extra":{"half":"\ud83d","whole":"\ud83d\ude00"}`)
      expect(JSON.parse(String(row?.['extra']))).toEqual({ half: '\ufffd', whole: '😀' })
    })

    test('a time keeps its microseconds', async () => {
      await destination.upsert('scans', [landedScan(1, { scanned_at: '2026-01-02T03:04:05.678912Z' })])
      const at = `to_char(scanned_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')`
      expect(await query(`select ${at} as at from qrsync.scans`)).toEqual([
        { at: '2026-01-02T03:04:05.678912' },
      ])
    })
  })

  test('a repeated batch writes no row', async () => {
    const rows = Array.from({ length: 50 }, (_, seq) => landedScan(seq))
    const versions = () => query('select id, xmin::text as version from qrsync.scans order by id')
    await destination.upsert('scans', rows)
    const before = await versions()
    await destination.upsert('scans', rows)
    expect(await versions()).toEqual(before)
    await destination.upsert('scans', [landedScan(7, { city: null })])
    const changed = (await versions()).filter(
      ({ id, version }, index) => before[index]?.['version'] !== version && id,
    )
    expect(changed.map(({ id }) => id)).toEqual(['scan-7'])
  })

  test('two workers that write the same rows at once neither duplicate a row nor deadlock', async () => {
    const other = openPostgres(database.url)
    const rows = Array.from({ length: 2_000 }, (_, seq) => landedScan(seq))
    for (let round = 0; round < 5; round += 1) {
      const changed = rows.map((row) => landedScan(row.seq, { city: `City ${round}` }))
      const outcomes = await Promise.all([
        destination.upsert('scans', changed),
        other.upsert('scans', changed.toReversed()),
      ])
      for (const outcome of outcomes) expect(outcome).toEqual({ confirmed: 2_000, rejected: [] })
    }
    await other.close()
    expect(await query('select count(*) as rows, count(distinct city) as cities from qrsync.scans')).toEqual([
      { rows: 2_000, cities: 1 },
    ])
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ensureConnector } from '../../../src/ledger/connector/connector-state.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { requireRoom } from '../../../src/ledger/base/require-room.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { canMountDisks, mountSmallDisk } from '../../support/ledger/small-disk.ts'
import { temporaryDatabase } from '../../support/ledger/temporary-database.ts'

/** Larger than the remaining space. */
const forecast = { connector: 'test', made_at_ms: 0, forecast: 'x'.repeat(100_000) }
const months = Array.from({ length: 50 }, (_, index) => ({ ...forecast, month: `month ${index}` }))

const landMonths = (ledger: Ledger) =>
  ledger.transaction().execute(async (transaction) => {
    for (const month of months) await transaction.insertInto('forecasts').values(month).execute()
  })
const landed = async (ledger: Ledger) =>
  (await ledger.selectFrom('forecasts').select('month').execute()).length

describe('an SQLite ledger', () => {
  let folder: string
  let file: string
  let ledger: Ledger
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'qrsync-ledger-'))
    file = join(folder, 'ledger.sqlite')
    ledger = await openLedger(file)
    await ensureConnector(ledger, 'test')
  })
  afterEach(async () => {
    await ledger.destroy()
    rmSync(folder, { recursive: true })
  })

  it('can be opened several times at once in one process: none waits for a lock that another one holds', async () => {
    const fresh = join(folder, 'fresh.sqlite')
    const opened = await Promise.all(Array.from({ length: 3 }, () => openLedger(fresh)))
    for (const each of opened) {
      expect(await landed(each)).toBe(0)
      await each.destroy()
    }
    // Nor for one that could not be opened.
    const failing = Array.from({ length: 2 }, () => openLedger(folder))
    for (const each of failing) await expect(each).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' })
  })

  it('that is full reports it, leaves nothing half done, and works again once there is space', async () => {
    const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(ledger)
    await sql.raw(`PRAGMA max_page_count = ${(rows[0]?.page_count ?? 0) + 100}`).execute(ledger)
    await expect(landMonths(ledger)).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      retry: 'backoff',
      message: `The ledger ${file}: database or disk is full.\nFree space on its disk. qrsync continues automatically, and no row is lost.`,
    })
    expect(await landed(ledger)).toBe(0)
    await sql.raw('PRAGMA max_page_count = 1000000').execute(ledger)
    await landMonths(ledger)
    expect(await landed(ledger)).toBe(months.length)
  })

  it('that another program has locked reports it', { timeout: 30_000 }, async () => {
    const other = new DatabaseSync(file)
    other.exec('begin immediate')
    await expect(landMonths(ledger)).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      message: expect.stringContaining('database is locked.\nAnother program has locked it') as string,
    })
    other.exec('rollback')
    other.close()
    await landMonths(ledger)
  })

  it('keeps the original message of an error that is a bug', async () => {
    const [month] = months
    if (month === undefined) throw new Error('no month')
    await ledger.insertInto('forecasts').values(month).execute()
    const again = ledger.insertInto('forecasts').values(month).execute()
    await expect(again).rejects.not.toHaveProperty('code', 'LEDGER_UNAVAILABLE')
  })

  it('has space as long as its disk has', async () => {
    await requireRoom(file)
  })

  it.skipIf(!canMountDisks())('has no space if its disk is full', async () => {
    using disk = mountSmallDisk(40)
    if (disk === null) throw new Error('the disk could not be mounted')
    const onDisk = join(disk.folder, 'ledger.sqlite')
    await requireRoom(onDisk)
    disk.fill(5 * 1024 ** 2)
    await expect(requireRoom(onDisk)).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      retry: 'backoff',
      message: expect.stringMatching(
        /its disk has [45] MB left, so qrsync makes no call\.\nFree at least/,
      ) as string,
    })
  })
})

it('a PostgreSQL ledger reports a lost connection, and continues with a new one', async () => {
  await using database = await temporaryDatabase()
  const ledger = await openLedger(database.url)
  await ensureConnector(ledger, 'test')
  const cut = ledger.transaction().execute(async (transaction) => {
    await sql`select pg_terminate_backend(pg_backend_pid())`.execute(transaction)
  })
  await expect(cut).rejects.toMatchObject({
    code: 'LEDGER_UNAVAILABLE',
    retry: 'backoff',
    message: expect.stringMatching(
      /^The ledger in PostgreSQL at .*: .*\nCheck its server\. qrsync continues automatically/s,
    ) as string,
  })
  await landMonths(ledger)
  expect(await landed(ledger)).toBe(months.length)
  await ledger.destroy()
})

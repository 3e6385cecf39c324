import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrationTexts } from '../../../src/ledger/base/migration-texts.ts'
import { migrations, openLedger } from '../../../src/ledger/base/open-ledger.ts'
import {
  openLedgerUnchanged,
  readingPostgres,
  readLedgerVersion,
} from '../../../src/ledger/base/read-version.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { ensureConnector } from '../../../src/ledger/connector/connector-state.ts'
import { temporaryDatabase } from '../../support/ledger/temporary-database.ts'
import { migrateTo, unpack } from './recorded/open-recorded.ts'

const names = Object.keys(migrations)
const newest = names.at(-1)

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-version-'))
  file = join(folder, 'ledger.sqlite')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** Every file of the folder with its content. */
const contents = () =>
  readdirSync(folder).map((name) => [
    name,
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex'),
  ])

/** An index on the log, in which readers note where they read, holds no data. */
const withoutIndex = (files: ReturnType<typeof contents>) =>
  files.map(([name, hash]) => (name?.endsWith('-shm') === true ? [name] : [name, hash]))

describe('a ledger in a file', () => {
  it.each([
    ['ledger-14', '0014-history-calls'],
    ['warehouse-27', '0027-erasures'],
  ])('of the previous version %s says what is pending, and stays as it is', async (recorded, last) => {
    unpack(`${recorded}.sqlite`, file)
    const before = contents()
    expect(await readLedgerVersion(file)).toEqual({
      exists: true,
      last,
      pending: names.slice(names.indexOf(last) + 1),
      unknown: [],
    })
    // As for "apply --dry-run".
    await (await openLedgerUnchanged(file)).destroy()
    expect(contents()).toEqual(before)
    await (await openLedger(file)).destroy()
    const after = contents()
    expect(await readLedgerVersion(file)).toEqual({ exists: true, last: newest, pending: [], unknown: [] })
    expect(contents()).toEqual(after)
  })

  it('that is missing is not created', async () => {
    const version = await readLedgerVersion(join(folder, 'later', 'ledger.sqlite'))
    expect(version).toEqual({ exists: false, last: null, pending: names, unknown: [] })
    expect(contents()).toEqual([])
  })

  it('that a process has open is read with its last commits', async () => {
    const running = await openLedger(file)
    await noteNewer(running)
    const before = contents()
    expect(before.map(([name]) => name)).toContain('ledger.sqlite-wal')
    expect(await readLedgerVersion(file)).toMatchObject({
      last: '9999-next',
      pending: [],
      unknown: ['9999-next'],
    })
    expect(withoutIndex(contents())).toEqual(withoutIndex(before))
    await ensureConnector(running, 'still-writes')
    await running.destroy()
  })

  it('that was copied with its log, and without the index on it, is read with its last commits', async () => {
    const running = await openLedger(file)
    await noteNewer(running)
    for (const name of ['', '-wal']) copyFileSync(file + name, join(folder, `copy.sqlite${name}`))
    await running.destroy()
    const before = contents()
    const version = await readLedgerVersion(join(folder, 'copy.sqlite'))
    expect(version).toMatchObject({ last: '9999-next', unknown: ['9999-next'] })
    // As for "apply --dry-run".
    await expect(openLedgerUnchanged(join(folder, 'copy.sqlite'))).rejects.toThrow('newer version of qrsync')
    expect(contents()).toEqual(before)
  })

  it('that was copied with its log keeps that log if it is only looked at', async () => {
    const running = await openLedger(file)
    await ensureConnector(running, 'acme')
    for (const name of ['', '-wal']) copyFileSync(file + name, join(folder, `copy.sqlite${name}`))
    await running.destroy()
    const before = contents()
    await (await openLedgerUnchanged(join(folder, 'copy.sqlite'))).destroy()
    expect(contents()).toEqual(before)
  })

  it('that is no ledger is reported', async () => {
    writeFileSync(file, 'x'.repeat(5_000))
    await expect(readLedgerVersion(file)).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      message: expect.stringContaining('file is not a database') as string,
    })
  })
})

describe('a ledger on PostgreSQL', () => {
  it('of the previous version says what is pending, and stays as it is', async () => {
    await using database = await temporaryDatabase()
    const nothing = { exists: false, last: null, pending: names, unknown: [] }
    expect(await readLedgerVersion(database.url)).toEqual(nothing)
    expect(await readLedgerVersion(database.url)).toEqual(nothing)
    // Under Kysely's own name, as this version noted its migrations.
    await migrateTo('0023-breakdown-days', database.url)
    const expected = { exists: true, last: '0023-breakdown-days', pending: names.slice(23), unknown: [] }
    expect(await readLedgerVersion(database.url)).toEqual(expected)
    expect(await readLedgerVersion(database.url)).toEqual(expected)
    const ledger = await openLedger(database.url)
    await noteNewer(ledger)
    await ledger.destroy()
    expect(await readLedgerVersion(database.url)).toMatchObject({ pending: [], unknown: ['9999-next'] })
  })

  it('lets nothing be changed, and leaves no setting on a connection that a pooler keeps', async () => {
    await using database = await temporaryDatabase()
    const changed = readingPostgres(database.url, (ledger) =>
      sql`create table x (id integer)`.execute(ledger),
    )
    await expect(changed).rejects.toThrow('read-only transaction')
    const { rows } = await readingPostgres(database.url, (ledger) =>
      sql<object>`show default_transaction_read_only`.execute(ledger),
    )
    expect(rows).toEqual([{ default_transaction_read_only: 'off' }])
  })
})

const noteNewer = (ledger: Ledger) =>
  sql`insert into qrsync_migration (name, timestamp) values ('9999-next', '2030-01-01')`.execute(ledger)

it('every migration has a text of one sentence', () => {
  for (const text of Object.values(migrationTexts)) {
    expect(text).toMatch(/^(adds|creates|moves|renames|compares)\b.*[^.]$/)
  }
})

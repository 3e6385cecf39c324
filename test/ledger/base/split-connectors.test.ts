import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Kysely, Migrator } from 'kysely'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrations, openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { createPostgresDialect } from '../../../src/ledger/base/postgres-dialect.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { ledgerKinds, temporaryLedger, type LedgerKind } from '../../support/ledger/temporary-ledger.ts'
import { temporaryDatabase } from '../../support/ledger/temporary-database.ts'
import { goOn, liveUntilStopped, type Continuation } from './recorded/recorded-life.ts'

const recorded = join(import.meta.dirname, 'recorded')
const { nowMs, next } = JSON.parse(readFileSync(join(recorded, 'ledger-14.json'), 'utf8')) as {
  nowMs: number
  next: Continuation
}

/** A ledger that the previous version has filled, in the middle of its work, opened by this version. */
describe.each(ledgerKinds)('a ledger with one table for all of a connector, on %s', (kind) => {
  let folder: string
  let file: string
  let before: Record<string, unknown>[]
  let opened: AsyncDisposableStack
  let ledger: Ledger

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'qrsync-recorded-'))
    file = join(folder, 'ledger.sqlite')
    writeFileSync(file, gunzipSync(readFileSync(join(recorded, 'ledger-14.sqlite.gz'))))
    before = rowsOf(file, 'connectors')
    opened = new AsyncDisposableStack()
    ledger = await openRecorded(kind, file, opened)
    opened.defer(() => ledger.destroy())
  })

  afterEach(async () => {
    await opened.disposeAsync()
    rmSync(folder, { recursive: true })
  })

  it('keeps every value', async () => {
    expect(before.map(({ connector }) => connector)).toEqual(['test', 'held'])
    for (const values of before) {
      expect(Object.keys(values).length).toBeGreaterThan(40)
      // A later version builds the rollups again.
      const expected = { ...values, rolled_up_seq: 0 }
      expect(await readConnector(ledger, values['connector'] as string)).toEqual(expected)
    }
  })

  it('fetches nothing again: its next calls are those that the previous version would have made', async () => {
    const { api } = await liveUntilStopped(await temporaryLedger())
    const collecting = await ledger.selectFrom('qr_codes').select('id').where('cursor_page', '>', 1).execute()
    expect(collecting.length).toBeGreaterThan(3)
    expect(inOrder(await goOn(ledger, api, nowMs))).toEqual(inOrder(next))
  })
})

/** Parallel calls have no order. */
function inOrder({ calls, ...continuation }: Continuation) {
  return { ...continuation, calls: calls.map((call) => JSON.stringify(call)).toSorted() }
}

/** On PostgreSQL, copies the rows of the file into the tables of the previous version. */
async function openRecorded(kind: LedgerKind, file: string, opened: AsyncDisposableStack): Promise<Ledger> {
  if (kind === 'sqlite') return openLedger(file)
  const { url } = opened.use(await temporaryDatabase())
  await migrateTo('0014-history-calls', url)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const table of tablesOf(file)) {
    for (const row of rowsOf(file, table)) {
      const names = Object.keys(row)
      const values = names.map((_, index) => `$${index + 1}`)
      await client.query(
        `insert into ${table} ("${names.join('", "')}") values (${values.join(', ')})`,
        Object.values(row),
      )
    }
  }
  await client.query(`select setval(pg_get_serial_sequence('calls', 'id'), (select max(id) from calls))`)
  await client.end()
  return openLedger(url)
}

async function migrateTo(name: keyof typeof migrations, url: string): Promise<void> {
  const ledger = new Kysely({ dialect: createPostgresDialect(url) })
  const provider = { getMigrations: () => Promise.resolve(migrations) }
  const { error } = await new Migrator({ db: ledger, provider }).migrateTo(name)
  await ledger.destroy()
  if (error !== undefined) throw error as Error
}

function withFile<Result>(file: string, read: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return read(database)
  } finally {
    database.close()
  }
}

const tablesOf = (file: string): string[] =>
  withFile(file, (database) =>
    database
      .prepare(
        `select name from sqlite_master where type = 'table' and name not glob 'kysely*' and name not glob 'sqlite*'`,
      )
      .all()
      .map(({ name }) => String(name)),
  )

const rowsOf = (file: string, table: string): Record<string, unknown>[] =>
  withFile(file, (database) =>
    database
      .prepare(`select * from ${table}`)
      .all()
      .map((row) => ({ ...row })),
  )

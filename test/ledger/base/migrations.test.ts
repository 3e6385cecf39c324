import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { breakdownDays } from '../../../src/ledger/base/migrations/0023-breakdown-days.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { temporaryDatabase } from '../../support/ledger/temporary-database.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-newer-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

it.each(['sqlite', 'postgres'])(
  'a ledger of a newer version is refused, and the error names its migration, on %s',
  async (kind) => {
    await using database = await temporaryDatabase()
    const location = kind === 'sqlite' ? join(folder, 'ledger.sqlite') : database.url
    const ledger = await openLedger(location)
    await sql`insert into kysely_migration (name, timestamp) values ('9999-next', '2030-01-01')`.execute(
      ledger,
    )
    await ledger.destroy()
    await expect(openLedger(location)).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      retry: 'never',
      message: expect.stringMatching(
        /newer version of qrsync \(migration 9999-next\)\. Use that version/,
      ) as string,
    })
  },
)

it('a migration that stops half-way changes nothing, and runs completely later', async () => {
  const file = join(folder, 'ledger.sqlite')
  writeFileSync(file, gunzipSync(readFileSync(join(import.meta.dirname, 'recorded/ledger-14.sqlite.gz'))))
  const change = (statement: string) => {
    const database = new DatabaseSync(file)
    database.exec(statement)
    database.close()
  }
  // Conflicts with the last table that it creates.
  change('create table positions (id integer)')
  await expect(openLedger(file)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' })
  change('drop table positions')
  const ledger = await openLedger(file)
  expect(await readConnector(ledger, 'held')).toMatchObject({ sync_failure: 'API_KEY_REJECTED' })
  await ledger.destroy()
})

it.each(['sqlite', 'postgres'])('landed days of analytics get their new names, on %s', async (kind) => {
  await using database = await temporaryDatabase()
  const location = kind === 'sqlite' ? join(folder, 'ledger.sqlite') : database.url
  const ledger = await openLedger(location)
  const name = 'a "from":"to":" name'
  const row = { id: 'c/city/x', qr_code_id: 'c', dimension: 'city', name, scans: 2 }
  const old = { ...row, from: '2026-01-01', to: '2026-01-30' }
  await ledger
    .insertInto('analytics_breakdown')
    .values({
      connector: 'held',
      id: row.id,
      qr_code_id: 'c',
      row: JSON.stringify(old),
      seq: 1,
      landed_at_ms: 1,
    })
    .execute()
  await breakdownDays.up(ledger)
  const landed = await ledger.selectFrom('analytics_breakdown').select('row').executeTakeFirstOrThrow()
  expect(landed.row).toBe(JSON.stringify({ ...row, first_day: '2026-01-01', last_day: '2026-01-30' }))
  await ledger.destroy()
})

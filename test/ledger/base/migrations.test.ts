import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { temporaryDatabase } from '../../support/ledger/temporary-database.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-newer-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

it.each(['sqlite', 'postgres'])(
  'a ledger of a newer version is refused, and named as one, on %s',
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

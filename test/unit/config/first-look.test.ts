import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { firstLookOf } from '../../../src/cli/views/summary.ts'
import { writtenSettings } from '../../../src/config/config-file.ts'
import { loadConfig } from '../../../src/config/load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'qrsync-first-look-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const url = 'postgres://ada:hunter2@db.example.com/analytics?sslmode=require&password=swordfish'
const environment = { QRCS_API_KEY: `qrs_${'0'.repeat(64)}`, DATABASE_URL: 'postgres://other/db', URL_2: url }

/** The command that the first sync ends with. */
function command(destination: object): string | undefined {
  const file = join(folder, 'qrsync.yaml')
  writeFileSync(
    file,
    stringify({
      connector: 'acme',
      source: { key: '${QRCS_API_KEY}' },
      destinations: { second: destination },
    }),
  )
  return firstLookOf(loadConfig(file, environment), writtenSettings(file))?.command
}

const query = `SELECT name, scans, last_scanned_at FROM "qrsync".scans_by_code ORDER BY scans DESC LIMIT 10`

it.each([
  ['the variable of the config file', '${URL_2}', `psql "$URL_2" -c '${query}'`],
  [
    'a URL without its password, if the file has no variable for it',
    url,
    `psql 'postgres://ada@db.example.com/analytics?sslmode=require' -c '${query}'`,
  ],
  [
    'the same if only a part of it is a variable',
    'postgres://ada:${QRCS_API_KEY}@db.example.com/analytics',
    `psql postgres://ada@db.example.com/analytics -c '${query}'`,
  ],
])('a first look into PostgreSQL names %s', (_, database_url, shown) => {
  expect(command({ type: 'postgres', database_url })).toBe(shown)
})

it('a name that a shell would take apart is quoted', () => {
  const schema = `it's "odd"`
  expect(command({ type: 'postgres', database_url: '${URL_2}', schema })).toContain(
    String.raw`FROM "it'\''s ""odd""".scans_by_code`,
  )
  expect(command({ type: 'duckdb', path: '/data/my codes.duckdb' })).toMatch(
    /^duckdb -readonly '\/data\/my codes\.duckdb' "SELECT/,
  )
})

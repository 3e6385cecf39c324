import { createHash } from 'node:crypto'
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { toJsonNames } from '../../../src/cli/json/to-json-names.ts'
import { describeUpgrades } from '../../../src/cli/upgrade/describe-upgrades.ts'
import { readUpgrades } from '../../../src/cli/upgrade/read-upgrades.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { mustKeepContract } from '../../support/processes/json-contract.ts'
import { unpack } from './recorded/open-recorded.ts'

let folder: string
let config: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-upgrade-'))
  config = join(folder, 'qrsync.yaml')
  unpack('warehouse-27.sqlite', join(folder, 'ledger.sqlite'))
  unpack('warehouse-27.duckdb', join(folder, 'bi.duckdb'))
  write({ bi: { type: 'duckdb', path: 'bi.duckdb' } })
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const write = (destinations: object) => {
  const source = { url: 'http://127.0.0.1:1', key: '${QRCS_API_KEY}' }
  writeFileSync(
    config,
    stringify({ connector: 'test', source, ledger: { path: 'ledger.sqlite' }, destinations }),
  )
}

const contents = () =>
  readdirSync(folder).map((name) => [
    name,
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex'),
  ])

/** Changes the DuckDB file as a process does that is killed before it has moved its log into the file. */
async function leaveLog(statements: string): Promise<void> {
  const file = join(folder, 'bi.duckdb')
  const instance = await DuckDBInstance.create(file)
  const connection = await instance.connect()
  await connection.run(statements)
  for (const end of ['', '.wal']) copyFileSync(file + end, `${file}-killed${end}`)
  connection.closeSync()
  instance.closeSync()
  for (const end of ['', '.wal']) renameSync(`${file}-killed${end}`, file + end)
}

/** What `upgrade` prints, in both forms. */
async function upgrade(environment: Record<string, string> = {}) {
  const upgrades = await readUpgrades(config, environment)
  const [json] = upgrades.map(toJsonNames)
  mustKeepContract(['upgrade', '--json'], JSON.stringify(json))
  return { json, lines: describeUpgrades(upgrades).split('\n') }
}

it('before the first start of a new version, everything that it changes is listed, and nothing is changed', async () => {
  await leaveLog('DROP VIEW scans_by_code; ALTER TABLE qr_codes DROP COLUMN loaded_at')
  write({
    bi: { type: 'duckdb', path: 'bi.duckdb' },
    later: { type: 'duckdb', path: 'later/new.duckdb' },
    crm: { type: 'hubspot', token: '${HUBSPOT_TOKEN}' },
    away: { type: 'postgres', database_url: '${DATABASE_URL}' },
  })
  const before = contents()
  const { json, lines } = await upgrade({
    DATABASE_URL: 'postgres://qrsync:secret@127.0.0.1:1/bi?sslmode=disable',
  })
  expect(contents()).toEqual(before)
  expect(json).toMatchObject({
    connector: 'test',
    is_up_to_date: false,
    ledger: {
      exists: true,
      last_migration: '0027-erasures',
      pending_migrations: expect.arrayContaining([
        { name: '0028-erasure-targets', text: 'adds where a destination has to erase a code' },
      ]) as unknown,
      unknown_migrations: [],
      can_go_back: false,
    },
    destinations: [
      {
        destination: 'bi',
        changes: ['add column qr_codes.loaded_at', 'create view scans_by_code'],
        error: null,
      },
      { destination: 'later', changes: expect.arrayContaining(['create table scans']) as unknown },
      { destination: 'crm', changes: null, lacks_secrets: true, error: { code: 'CONFIG_INVALID' } },
      {
        destination: 'away',
        changes: null,
        lacks_secrets: false,
        error: { code: 'DESTINATION_UNAVAILABLE' },
      },
    ],
    schedule: null,
    temporal_error: null,
  })
  expect(lines[0]).toMatch(
    /^ledger: its last migration is 0027-erasures; the first command of qrsync \S+ that opens it runs \d+ migrations?, and you cannot go back/,
  )
  expect(lines).toContain('  add column qr_codes.loaded_at')
  expect(lines.find((line) => line.startsWith('crm: '))).toMatch(
    /its secrets are not set here: .*HUBSPOT_TOKEN/,
  )
  expect(lines.at(-1)).toMatch(
    /^Nothing was changed\. To upgrade .*: stop every worker, keep a copy of the ledger/,
  )
  expect(lines.join()).not.toContain('secret@')
})

it('after the upgrade nothing is to do, and an earlier version of the same migrations can open the ledger', async () => {
  await (await openLedger(join(folder, 'ledger.sqlite'))).destroy()
  const { json, lines } = await upgrade()
  expect(json).toMatchObject({ is_up_to_date: true, ledger: { pending_migrations: [], can_go_back: true } })
  expect(lines[0]).toContain('nothing to change, so you can go back')
  expect(lines.at(-1)).toMatch(/^Nothing is to do for qrsync \S+, as far as it was read\.$/)
})

it('a destination whose secrets are missing is not to do, and one that does not answer is', async () => {
  await (await openLedger(join(folder, 'ledger.sqlite'))).destroy()
  write({ crm: { type: 'hubspot', token: '${HUBSPOT_TOKEN}' } })
  expect((await upgrade()).json).toMatchObject({ is_up_to_date: true })
  write({ away: { type: 'postgres', database_url: 'postgres://qrsync@127.0.0.1:1/bi?sslmode=disable' } })
  expect((await upgrade()).json).toMatchObject({ is_up_to_date: false })
})

it('a ledger of a newer version is named as such, with what to do', async () => {
  const ledger = await openLedger(join(folder, 'ledger.sqlite'))
  await sql`insert into qrsync_migration (name, timestamp) values ('9999-next', '2030-01-01')`.execute(ledger)
  await ledger.destroy()
  const { json, lines } = await upgrade()
  expect(json).toMatchObject({
    is_up_to_date: false,
    ledger: { unknown_migrations: ['9999-next'], can_go_back: false },
  })
  expect(lines[0]).toMatch(/qrsync \S+ refuses it, because a newer version has run 9999-next$/)
  expect(lines.at(-1)).toBe(
    'Nothing was changed. Use the newer version, or a copy of the ledger from before it.',
  )
})

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { describeRisks } from '../../../src/worker/describe-risks.ts'
import { configText, refusalOf } from '../../support/config-text.ts'

const text = configText()
afterAll(() => {
  text[Symbol.dispose]()
})

const load = (url: string, environment: Record<string, string> = {}) =>
  text.load(`ledger: {url: '${url}'}`, environment, `{bi: {type: postgres, database_url: '${url}'}}`)

const passwords = [
  'plain',
  'pa/ss',
  '12/34',
  '12?3=4',
  'a#b',
  '1#b',
  'a?b',
  '12?34',
  '100%',
  '%zz%',
  '50%ab',
  '%e2%82x',
  'a@b:c@d',
  'ü €',
  '/#?%@:&=+[]',
]

test.each(passwords)('the password %s of a database needs no encoding', (password) => {
  const url = 'postgres://qrsync:${PASSWORD}@db.example.com:5433/ledger?sslmode=disable'
  const { ledger, destinations } = load(url, { PASSWORD: password })
  const { database_url: ofDestination } = destinations['bi'] as unknown as { database_url: string }
  for (const connectionString of [ledger.location, ofDestination]) {
    const client = new pg.Client({ connectionString })
    expect([client.user, client.password, client.host, client.port, client.database]).toEqual([
      'qrsync',
      password,
      'db.example.com',
      5433,
      'ledger',
    ])
  }
})

test.each([
  ['postgres://qrsync:a%2Fb%40c@db/ledger', 'a/b@c', 'db'],
  ['postgres://qrsync:secret@db/ledger?application_name=a@b', 'secret', 'db'],
  ['postgres://db.example.com/ledger?user=qrsync@tenant', null, 'db.example.com'],
  ['postgresql:///ledger?host=/run/postgresql', null, '/run/postgresql'],
])('what is encoded, and an "@" in a parameter, stay as they are: %s', (url, password, host) => {
  const client = new pg.Client({ connectionString: load(url).ledger.location })
  expect([client.password, client.host]).toEqual([password, host])
})

test.each([
  ['postgres://qrsync:pa/ss@db/ledger?user=me@tenant', 'pa/ss', 'db'],
  ['postgres://qrsync:1/2@db/ledger?application_name=my connector', '1/2', 'db'],
  ['postgres://qrsync:a%2Fb@db/ledger?options=-c search_path=100%', 'a/b', 'db'],
])('a parameter does not change the password or the host: %s', (url, password, host) => {
  const client = new pg.Client({ connectionString: load(url).ledger.location })
  expect([client.password, client.host, client.database]).toEqual([password, host, 'ledger'])
})

test.each([
  'postgres://qrsync:123?user=4@db/ledger',
  'postgres://qrsync:123/a?x=4@db/ledger',
  'postgres://qrsync:a@db.example.com?x=4@db/ledger',
])('a URL that could name two hosts is refused, with what to write: %s', (url) => {
  const refusal = refusalOf(() => load(url))
  expect(refusal).toContain('ledger.url: a URL that can be read in one way only')
  expect(refusal).toContain('"@" as %40, "/" as %2F, "?" as %3F')
  expect(refusal).not.toContain('4@db')
})

test('half of a surrogate pair is refused', () => {
  const refusal = refusalOf(() => load('postgres://u:${PASSWORD}@db/ledger', { PASSWORD: 'a\ud800b' }))
  expect(refusal).toContain('ledger.url: a URL of whole characters')
})

test('a URL that is none is refused, without its password', () => {
  const refusal = refusalOf(() => load('postgres://qrsync:swordfish@db:port/ledger'))
  expect(refusal).toContain('ledger.url')
  expect(refusal).toContain('destinations.bi.database_url')
  expect(refusal).not.toContain('swordfish')
})

const ledgerRisk = (host: string) =>
  `ledger.url: the connection to ${host} is not encrypted. Add sslmode=verify-full to the URL, or sslmode=disable if nobody else can read this network`

test('a database that is not on this machine is named where its connection is not encrypted', async () => {
  const risksOf = (url: string, environment = {}) => describeRisks([load(url)], environment)
  const [ledger, destination, ...others] = await risksOf('postgres://u:p@db.example.com/x')
  expect(ledger).toBe(ledgerRisk('db.example.com'))
  expect(destination).toMatch(/^destinations\.bi\.database_url: .* not encrypted/)
  expect(others).toEqual([])

  const safe = ['localhost', '127.0.0.1', '[::1]'].map((host) => `postgres://u:p@${host}/x`)
  safe.push('postgresql:///x?host=/run/postgresql', 'postgres://u:p@db/x?sslmode=disable')
  safe.push('postgres://u:p@db/x?sslmode=verify-full', 'postgres://u:p@db/x?sslmode=verify-ca')
  for (const url of safe) expect(await risksOf(url), url).toEqual([])
  expect(await risksOf('postgres://u:p@db/x', { PGSSLMODE: 'verify-full' })).toEqual([])
})

test('a destination is named where its connection is encrypted, and its certificate is not checked', async () => {
  expect(await describeRisks([load('postgres://u:p@db/x?sslmode=require')], {})).toEqual([
    "destinations.bi.database_url: the connection to db is encrypted, but the server's certificate is not checked. Add sslmode=verify-full to the URL",
  ])
})

test('every example of a URL encrypts the connection, and checks the certificate', () => {
  const root = join(import.meta.dirname, '../../..')
  const files = globSync(
    [
      '*.md',
      'docs/*.md',
      'qrsync.schema.json',
      'examples/**/*.{yaml,md,js}',
      'src/destinations/postgres/*.ts',
    ],
    { cwd: root },
  )
  const examples = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/postgres(?:ql)?:\/\/[^\s'"`|]+@[^\s'"`|]+/g)].map(
      ([url]) => `${file}: ${url}`,
    ),
  )
  expect(examples.length).toBeGreaterThan(5)
  expect(examples.filter((example) => !example.includes('sslmode=verify-full'))).toEqual([])
})

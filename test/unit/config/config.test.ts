import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { Environment } from '../../../src/config/references.ts'
import type { Config } from '../../../src/config/schema.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'

const folder = mkdtempSync(join(tmpdir(), 'qrsync-config-'))
const file = join(folder, 'qrsync.yaml')
const hex = '0123456789abcdef'.repeat(4)
const key = `qrs_${hex}`
const environment = { QRCS_API_KEY: key, HOST: 'example.com', VERSION: 'v1' }

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function load(text: string, env: Environment = environment): Config {
  writeFileSync(file, text)
  return loadConfig(file, env)
}

/** The message, without the folder's name, which changes. */
function refusal(text: string, env?: Environment): string {
  return messageOf(() => load(text, env))
}

function messageOf(attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', retry: 'never' })
    expect(error.message).not.toContain(hex)
    return error.message.replaceAll(`${folder}/`, '')
  }
  throw new Error('the file was taken')
}

const good = `connector: acme
source:
  key: \${QRCS_API_KEY}
destinations:
  warehouse:
    type: duckdb
    path: qr-codes.duckdb
`

describe('a valid config file', () => {
  it('is completed with the defaults, and its relative paths start at its own folder', () => {
    expect(load(good)).toEqual({
      connector: 'acme',
      source: { url: 'https://qrcodestack.com/api/v1', key, plan: 'auto' },
      destinations: { warehouse: { type: 'duckdb', path: join(folder, 'qr-codes.duckdb') } },
      ledger: { location: join(folder, '.qrsync/ledger.sqlite'), folder: join(folder, '.qrsync') },
      schedule: { every: 15 * 60_000 },
      budget: { share: 1, spare: 0.05 },
      analytics: true,
      codes: [],
      allow_http: false,
      observability: { page: { host: '127.0.0.1' }, metrics_host: '127.0.0.1' },
      alerts: {},
    })
  })

  it('may set every setting', () => {
    const ca = '-----BEGIN CERTIFICATE-----'
    const ports = { metrics_port: 9464, metrics_host: '::' }
    const links = { temporal_ui: 'http://ui.example:8080', webhook: 'https://h.example' }
    const observability = { page: false, ...ports, ...links }
    const text = stringify({
      connector: 'a_1-b',
      source: { url: 'http://127.0.0.1:4010/api/v1', calls_per_minute: 30, key, plan: 'pro' },
      destinations: {
        one: { type: 'duckdb', path: '../one.duckdb' },
        two: { type: 'duckdb', path: '/data/two.duckdb' },
      },
      ledger: { path: 'state/ledger.sqlite' },
      schedule: { every: '6h', jitter: '5m' },
      budget: { share: '80%', spare: '12.5%' },
      analytics: false,
      codes: [
        { match: 'Summer *', freshness: '15m' },
        { match: 'VIP*', priority: 5 },
      ],
      privacy: { drop: ['referrer', 'extra'], hash: ['city'], salt: 'sixteen letters…' },
      temporal: { address: 'temporal:7233', namespace: 'marketing', api_key: 'k', tls: { ca } },
      allow_http: false,
      observability,
    })
    expect(load(text)).toEqual({
      connector: 'a_1-b',
      source: { url: 'http://127.0.0.1:4010/api/v1', calls_per_minute: 30, key, plan: 'pro' },
      destinations: {
        one: { type: 'duckdb', path: join(folder, '..', 'one.duckdb') },
        two: { type: 'duckdb', path: '/data/two.duckdb' },
      },
      ledger: { location: join(folder, 'state/ledger.sqlite'), folder: join(folder, 'state') },
      schedule: { every: 6 * 3_600_000, jitter: 300_000 },
      budget: { share: 0.8, spare: 0.125 },
      analytics: false,
      codes: [
        { match: 'Summer *', freshnessMs: 15 * 60_000, priority: 1 },
        { match: 'VIP*', freshnessMs: null, priority: 5 },
      ],
      privacy: { drop: ['referrer', 'extra'], hash: ['city'], salt: 'sixteen letters…' },
      temporal: { address: 'temporal:7233', namespace: 'marketing', api_key: 'k', tls: { ca } },
      allow_http: false,
      alerts: {},
      observability,
    })
  })

  it.each([
    ['10s', 10_000],
    ['30s', 30_000],
    ['15m', 900_000],
    ['1d', 86_400_000],
    ['10.0004s', 10_000],
  ])('accepts a sync every %s', (every, milliseconds) => {
    expect(load(`${good}schedule: {every: ${every}}`).schedule.every).toBe(milliseconds)
  })

  it('gets values from the environment, several in one value too, and nowhere else', () => {
    const url = 'https://${HOST}/${VERSION}/${HOST}'
    const text = good.replace('source:', `source:\n  url: ${url} # not \${THIS}`)
    expect(load(text).source.url).toBe('https://example.com/v1/example.com')
    expect(load(good.replace('qr-codes.duckdb', '$HOST-${}.duckdb')).destinations['warehouse']).toMatchObject(
      {
        path: join(folder, '$HOST-${}.duckdb'),
      },
    )
  })

  it('does not expand a reference in a value from the environment', () => {
    expect(
      load(`${good}ledger: {path: "\${NESTED}"}`, { ...environment, NESTED: '${HOST}' }).ledger.location,
    ).toBe(join(folder, '${HOST}'))
  })
})

describe('a ledger in PostgreSQL', () => {
  const url = 'postgres://qrsync:swordfish@db.example.com:5433/ledger'
  const rule = 'the URL of a PostgreSQL database, such as postgres://USER:PASSWORD@HOST:5432/DATABASE'

  it.each([url, 'postgresql:///ledger?host=/run/postgresql'])('may be set by its URL: %s', (given) => {
    const { ledger } = load(`${good}ledger: {url: "\${LEDGER}"}`, { ...environment, LEDGER: given })
    expect(ledger).toEqual({ location: given, folder: join(folder, '.qrsync') })
  })

  it.each([
    [
      'both',
      `{path: a.sqlite, url: "${url}"}`,
      'ledger: one of path (a file) and url (a PostgreSQL database)',
    ],
    ['neither', '{}', 'ledger: one of path (a file) and url (a PostgreSQL database)'],
    [
      'a URL as a path',
      `{path: "${url}"}`,
      'ledger.path: a file: the URL of a database belongs in ledger.url',
    ],
    ['another database', `{url: "${url.replace('postgres', 'mysql')}"}`, `ledger.url: ${rule}`],
    ['a URL that is none', `{url: "postgres://a:swordfish@b:c"}`, `ledger.url: ${rule}`],
    ['a URL without a setting', url, 'ledger: settings, each as "name: value"'],
  ])('is refused without showing its password: %s', (_what, ledger, message) => {
    expect(refusal(`${good}ledger: ${ledger}`)).toBe(`qrsync.yaml:8: ${message}`)
  })
})

const noSettings = /^qrsync\.yaml:1: the file: settings, each as "name: value"/

describe('an invalid config file', () => {
  it.each([
    [
      'an unknown key',
      `${good}shedule: {every: 1h}`,
      'qrsync.yaml:8: shedule: there is no such setting; did you mean schedule?',
    ],
    [
      'an unknown key further in',
      good.replace('    path', '    colour: red\n    path'),
      'qrsync.yaml:7: destinations.warehouse.colour: there is no such setting, only type and path',
    ],
    ['a wrong type', good.replace('acme', '[a]'), /^qrsync\.yaml:1: connector: a text$/],
    [
      'a wrong number',
      good.replace('source:', 'source:\n  calls_per_minute: many'),
      /^qrsync\.yaml:3: source\.calls_per_minute: a (whole )?number \(found "many"\)$/,
    ],
    [
      'a duration that is none',
      `${good}schedule:\n  every: often`,
      /^qrsync\.yaml:9: schedule\.every: a time .*often/,
    ],
    ['an empty duration', `${good}schedule:\n  every: ''`, /^qrsync\.yaml:9: schedule\.every: a time /],
    [
      'a very long duration',
      `${good}schedule:\n  every: ${'9'.repeat(101)}`,
      /^qrsync\.yaml:9: schedule\.every: a time /,
    ],
    ['a number as a duration', `${good}schedule:\n  every: 900`, /^qrsync\.yaml:9: schedule\.every: a time /],
    [
      'a duration that is too short',
      `${good}schedule:\n  every: 9s`,
      /^qrsync\.yaml:9: schedule\.every: a time /,
    ],
    [
      'a duration past all sense',
      `${good}schedule:\n  every: 9999y`,
      /^qrsync\.yaml:9: schedule\.every: a time /,
    ],
    [
      'a bad name of the connector',
      good.replace('acme', 'Acme!'),
      /^qrsync\.yaml:1: connector: lower-case .*"Acme!"/,
    ],
    [
      'a bad name of a destination',
      good.replace('warehouse', 'my dest'),
      /^qrsync\.yaml:5: destinations\.my dest: .*lower-case/,
    ],
    [
      'no destinations',
      good.slice(0, good.indexOf('destinations')),
      'qrsync.yaml:1: destinations: is missing',
    ],
    [
      'an empty list of destinations',
      `${good.slice(0, good.indexOf('destinations'))}destinations: {}`,
      'qrsync.yaml:4: destinations: at least one destination',
    ],
    [
      'a type of destination that there is not',
      good.replace('type: duckdb', 'type: oracle'),
      /^qrsync\.yaml:6: destinations\.warehouse\.type: .*'duckdb'/,
    ],
    [
      'a destination without its type',
      good.replace('    type: duckdb\n', ''),
      /^qrsync\.yaml:5: destinations\.warehouse\.type: .*'duckdb'/,
    ],
    [
      'a destination without its path',
      good.replace(/ {4}path.*\n/, ''),
      'qrsync.yaml:5: destinations.warehouse.path: is missing',
    ],
    [
      'no key',
      good.replace('key: ${QRCS_API_KEY}', 'url: http://a'),
      'qrsync.yaml:2: source.key: is missing',
    ],
    [
      'a URL that is none',
      good.replace('source:', 'source:\n  url: qrcodestack.com'),
      /^qrsync\.yaml:3: source\.url: .*"qrcodestack\.com"/,
    ],
    [
      'a key written twice',
      `${good}connector: again`,
      /^qrsync\.yaml:8: this name is already above: keep one of the two$/,
    ],
    ['a syntax error', good.replace('    path', '\tpath'), /^qrsync\.yaml:7: a tab: indent with spaces$/],
    ['a quote that does not end', `connector: "acme\nsource:`, /^qrsync\.yaml:\d: Missing closing "quote/],
    ['an alias to nothing', `connector: *nobody`, /^qrsync\.yaml: .*alias.*nobody/],
    ['an empty file', '', noSettings],
    ['a file with nothing but a comment', '# later', noSettings],
    ['a list', '- acme', noSettings],
    ['two files in one', `${good}---\n${good}`, /^qrsync\.yaml:8: .*multiple documents/],
  ])('%s is reported with file, line and path', (_what, text, message) => {
    if (typeof message === 'string') expect(refusal(text)).toBe(message)
    else expect(refusal(text)).toMatch(message)
  })

  it('is reported with all its mistakes at once, one per line', () => {
    const lines = refusal(`${good.replace('acme', 'Acme')}one: 1\ntwo: 2`).split('\n')
    expect(lines.map((line) => line.split(': ', 2))).toEqual([
      ['qrsync.yaml:1', 'connector'],
      ['qrsync.yaml:8', 'one'],
      ['qrsync.yaml:9', 'two'],
    ])
  })

  it.each([undefined, ''])('is reported with the unset variable (%j) and its line', (value) => {
    expect(refusal(good, { QRCS_API_KEY: value })).toBe(
      'qrsync.yaml:3: the environment variable QRCS_API_KEY is not set.',
    )
  })

  it('that is missing or a folder is reported by its path', () => {
    const missing = messageOf(() => loadConfig(join(folder, 'missing.yaml'), {}))
    expect(missing).toMatch(/missing\.yaml cannot be read: .*--config/)
    expect(messageOf(() => loadConfig(folder, {}))).toContain(
      `${folder} is a folder: name one config file in it`,
    )
  })
})

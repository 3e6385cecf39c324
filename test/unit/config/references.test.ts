import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import { configText, refusalOf } from '../../support/config-text.ts'

const text = configText()
afterAll(() => {
  text[Symbol.dispose]()
})

const pathOf = (settings: string, environment = {}) => text.load(settings, environment).ledger.location

describe('a file that a value refers to', () => {
  mkdirSync(join(text.folder, 'secrets'))
  const write = (name: string, content: string) => {
    writeFileSync(join(text.folder, name), content)
  }
  write('secrets/name', 'from-a-file\n')

  it.each(['${file:secrets/name}', `\${file:${join(text.folder, 'secrets/name')}}`])(
    'has a path relative to the config file, and its last line break is removed: %s',
    (reference) => {
      expect(pathOf(`ledger: {path: "/var/${reference}.sqlite"}`)).toBe('/var/from-a-file.sqlite')
    },
  )

  it('may contain several lines, and text that looks like a reference', () => {
    write('salt', 'one\r\n${HOME} and two, in all\r\n')
    expect(text.load('privacy: {salt: "${file:salt}"}').privacy?.salt).toBe('one\r\n${HOME} and two, in all')
  })

  it('may stand next to the environment in one value', () => {
    expect(pathOf('ledger: {path: "/${DIR}/${file:secrets/name}"}', { DIR: 'data' })).toBe(
      '/data/from-a-file',
    )
  })

  it('that is missing is reported with its line', () => {
    expect(text.refusal('ledger:\n  path: ${file:secrets/nam}')).toMatch(
      /^qrsync\.yaml:5: the file secrets\/nam cannot be read: ENOENT/,
    )
  })

  it.each(['', '\n', ' \r\n\n'])('that is empty is reported by name: %j', (content) => {
    write('secrets/empty', content)
    expect(text.refusal('ledger:\n  path: ${file:secrets/empty}')).toBe(
      'qrsync.yaml:5: the file secrets/empty is empty.',
    )
  })

  it('is not shown if its value is invalid', () => {
    write('wrong', 'swordfish')
    expect(text.refusal('schedule:\n  every: ${file:wrong}')).toBe(
      'qrsync.yaml:5: schedule.every: a time from 10 seconds to a year, such as 30s, 15m, 6h or 1d (found something else in that file)',
    )
  })
})

describe('a variable that is not set', () => {
  it.each([
    ['QRCS_API_KY', 'QRCS_API_KEY'],
    ['QRCS_APIKEY', 'QRCS_API_KEY'],
    ['qrcs_api_key', 'QRCS_API_KEY'],
    ['LEDGER_PASWORD', 'LEDGER_PASSWORD'],
  ])('is reported with the variable that was probably meant: %s', (written, meant) => {
    const environment = { PATH: '/bin', QRCS_API_KEY: 'a', LEDGER_PASSWORD: 'swordfish' }
    expect(text.refusal(`ledger: {path: "\${${written}}"}`, environment)).toBe(
      `qrsync.yaml:4: the environment variable ${written} is not set. Did you mean ${meant}, which is set?`,
    )
  })

  it('is reported alone if no similar variable is set', () => {
    expect(text.refusal('ledger: {path: "${LEDGER}"}', { PATH: '/bin', LEDGERS: '' })).toBe(
      'qrsync.yaml:4: the environment variable LEDGER is not set.',
    )
  })

  it('and one that has only spaces is reported by name', () => {
    expect(text.refusal('ledger: {path: "${LEDGER}"}', { LEDGER: ' ' })).toBe(
      'qrsync.yaml:4: the environment variable LEDGER has only spaces.',
    )
  })

  it('is reported together with all the others', () => {
    const lines = text.refusal('ledger:\n  path: ${A}/${B}\nschedule: {every: "${file:c}"}').split('\n')
    expect(lines.map((line) => line.split(':')[1])).toEqual(['5', '5', '6'])
  })
})

it('a value from the environment is not shown if it is invalid: it may be a secret in the wrong setting', () => {
  expect(text.refusal('schedule: {every: "${HOST}"}', { HOST: 'user:password@example' })).toBe(
    'qrsync.yaml:4: schedule.every: a time from 10 seconds to a year, such as 30s, 15m, 6h or 1d (found something else in the environment)',
  )
})

describe('for a command that uses neither the API nor a destination', () => {
  const file = join(text.folder, 'without-secrets.yaml')
  const load = (settings: string, needed: string[] = []) => {
    writeFileSync(file, `connector: acme\n${settings}`)
    return loadConfig(file, {}, { mayLackSecrets: true, needed })
  }
  const source = 'source: {url: "${QRCS_API_URL}", key: "${QRCS_API_KEY}"}\n'
  const secrets = [
    'crm: {type: hubspot, token: "${HUBSPOT_TOKEN}", url: "${HUBSPOT_URL}"}',
    'db: {type: postgres, database_url: "${file:no/such/file}", schema: "${SCHEMA}"}',
    'bq: {type: bigquery, project: "${PROJECT}", dataset: "${DATASET}", location: "${LOCATION}", key_file: "${GOOGLE_KEY}", api_endpoint: "${BQ_URL}"}',
    'file: {type: duckdb, path: "${FOLDER}/qr-codes.duckdb"}',
  ]

  it('no key and no token need to be set', () => {
    const config = load(
      `${source}destinations: {${secrets.join(', ')}}\nprivacy: {salt: "\${SALT}"}\n` +
        'observability: {page: {token: "${PAGE_TOKEN}"}}',
    )
    expect(Object.keys(config.destinations)).toEqual(['crm', 'db', 'bq', 'file'])
  })

  it('the secrets of what it does use must be set', () => {
    const settings =
      `${source}destinations: {${secrets.join(', ')}}\nobservability: {webhook: "\${HOOK}"}\n` +
      'alerts: {pagerduty: [{routing_key: "${ROUTING_KEY}"}]}'
    expect(refusalOf(() => load(settings, ['alerts', 'observability.web']))).toMatch(
      /^\S+: the environment variable ROUTING_KEY is not set\.$/,
    )
    expect(refusalOf(() => load(settings, ['observability.webhook']))).toMatch(/variable HOOK is not set\.$/)
  })

  it('the variables that it uses must be set', () => {
    expect(
      refusalOf(() => load(`${source}destinations: {}\nledger: {url: "postgres://\${HOST}/qrsync"}`)),
    ).toMatch(/the environment variable HOST is not set/)
  })
})

it.each([
  ['the shell’s own variable', { _: '/usr/bin/node' }],
  ['a variable that the file uses already', { DIR: 'data' }],
])('an unset variable is not treated as %s', (_name, environment) => {
  const refused = text.refusal('ledger: {path: "${DIR}${DIRS}"}', environment)
  expect(refused).toMatch(/variable DIRS is not set\.(\n|$)/)
})

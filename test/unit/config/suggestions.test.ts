import { afterAll, describe, expect, it } from 'vitest'
import { vendors } from '../../../src/destinations/vendors.ts'
import { nearest } from '../../../src/config/nearest.ts'
import { apiKey, configText } from '../../support/config-text.ts'

const text = configText()
afterAll(() => {
  text[Symbol.dispose]()
})

const refusal = (settings: string) => text.refusal(settings)

describe('an unknown setting', () => {
  it.each([
    ['shedule: {}', '4: shedule: there is no such setting; did you mean schedule?'],
    ['Budget: {}', '4: Budget: there is no such setting; did you mean budget?'],
    ['schedule: {timeZone: UTC}', '4: schedule.timeZone: there is no such setting; did you mean time_zone?'],
    ['schedule: {jiter: 1m}', '4: schedule.jiter: there is no such setting; did you mean jitter?'],
    ['ledger: {pth: a}', '4: ledger.pth: there is no such setting; did you mean path?'],
    [
      'codes:\n  - {match: a, freshnes: 1h}',
      '5: codes.0.freshnes: there is no such setting; did you mean freshness?',
    ],
    [
      'temporal: {address: a, tls: {crt: a}}',
      '4: temporal.tls.crt: there is no such setting; did you mean cert?',
    ],
    // A setting of another section.
    ['every: 1h', '4: every: there is no such setting here; did you mean schedule.every?'],
    ['spare: 5%', '4: spare: there is no such setting here; did you mean budget.spare?'],
    // Settings of another type of destination are not suggested.
    ['colour: red', /^qrsync\.yaml:4: colour: there is no such setting, only connector, .* and alerts$/],
  ])('is reported with the one that was probably meant: %s', (settings, message) => {
    const lines = refusal(settings).split('\n')
    const line = lines.find((each) => each.includes('there is no such setting'))
    if (typeof message === 'string') expect(line).toBe(`qrsync.yaml:${message}`)
    else expect(line).toMatch(message)
  })

  it('is compared with the settings of the destination’s type', () => {
    const given = (type: string) =>
      text.refusal('', {}, `{b: {type: ${type}, tokn: a, datset: b}}`).split('\n')
    expect(given('hubspot').map(messageOf)).toEqual([
      'destinations.b.token: is missing',
      'destinations.b.tokn: there is no such setting; did you mean token?',
      expect.stringContaining('destinations.b.datset: there is no such setting'),
    ])
  })
})

const messageOf = (line: string) => line.replace(/^qrsync\.yaml:\d+: /, '')

describe('an unknown value', () => {
  it.each([
    [
      'privacy: {drop: [referer]}',
      /^privacy\.drop\.0: one of 'device_type', .* and 'extra'; did you mean referrer\? \(found "referer"\)$/,
    ],
    [
      'privacy: {hash: [is_unique]}',
      /^privacy\.hash\.0: one of 'device_type', .* and 'city' \(found "is_unique"\)$/,
    ],
    ['ledger: {path: 5}', /^ledger\.path: a text \(found 5\)$/],
  ])('is reported with the known ones: %s', (settings, message) => {
    expect(messageOf(refusal(settings))).toMatch(message)
  })

  it.each([
    ['duckd', '; did you mean duckdb? (found "duckd")'],
    ['big-query', '; did you mean bigquery? (found "big-query")'],
    ['oracle', ' (found "oracle")'],
  ])('is reported if it is the type of a destination: %s', (type, end) => {
    const types = new Intl.ListFormat('en', { style: 'long' }).format(vendors.map((each) => `'${each.type}'`))
    expect(messageOf(text.refusal('', {}, `{a: {type: ${type}, path: a}}`))).toBe(
      `destinations.a.type: one of ${types.replace(', and', ' and')}${end}`,
    )
  })
})

describe('a secret', () => {
  const pem = '-----BEGIN PRIVATE KEY-----swordfish'

  it.each([
    'privacy: {salt: swordfish}',
    'observability: {webhook: swordfish}',
    'privacy: {hash: [city], salt: swordfish}',
    'temporal: {address: a, api_key: "sword fish swordfish"}',
    'temporal: {address: a, tls: {cert: a, key: swordfish}}',
    `temporal: {address: a, tls: "${pem}"}`,
    'temporal: {encryption: {key: swordfish}}',
    'temporal: {encryption: {former_key: swordfish}}',
    `schedule: {every: "${pem}"}`,
    'ledger: {url: "mysql://a:swordfish@b/c"}',
  ])('is not shown: %s', (settings) => {
    expect(refusal(settings)).not.toContain('swordfish')
  })

  it('is not shown if it is given as a token', () => {
    expect(text.refusal('', {}, '{a: {type: hubspot, token: "sword fish"}}')).toBe(
      'qrsync.yaml:3: destinations.a.token: a token: no spaces or line breaks',
    )
  })

  it('needs the settings that belong to it', () => {
    expect(refusal('temporal: {namespace: marketing, encryption: {}}')).toBe(
      'qrsync.yaml:4: temporal.encryption: key, former_key, or both\n' +
        'qrsync.yaml:4: temporal: set address too: namespace, api_key and tls belong to it',
    )
    expect(refusal('temporal: {}')).toBe('qrsync.yaml:4: temporal: address, encryption, or both')
  })

  it('is reported by what it must be: the text of a certificate, not a path', () => {
    expect(messageOf(refusal('temporal: {address: a, tls: {ca: certs/ca.pem}}'))).toBe(
      'temporal.tls.ca: certificates in PEM form: its text, put here by ${file:PATH} or ${NAME} (found "certs/ca.pem")',
    )
  })
})

describe('the nearest name', () => {
  it.each([
    ['destinatoins', 'destinations'],
    ['source_', 'source'],
    ['callsPerMinute', 'calls_per_minute'],
    ['x', null],
    ['', null],
    ['completely other', null],
  ])('to %j is %j', (written, name) => {
    expect(nearest(written, ['destinations', 'source', 'calls_per_minute', 'codes'])).toBe(name)
  })

  it('is absent if there are no names', () => {
    expect(nearest(apiKey, [])).toBeNull()
  })
})

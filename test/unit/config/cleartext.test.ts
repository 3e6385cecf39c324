import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { apiUrlOf } from '../../../src/cli/init/check-account.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { configuredTemporal } from '../../../src/temporal/connect.ts'
import { apiKey, configText, refusalOf } from '../../support/config-text.ts'

const text = configText()
afterAll(() => {
  text[Symbol.dispose]()
})

const hubspot = (url: string) => `{a: {type: hubspot, token: pat-1, url: "${url}"}}`
const bigquery = (url: string) => `{a: {type: bigquery, project: p-1, dataset: d, api_endpoint: "${url}"}}`
const alert =
  (kind: string, more: string) =>
  (url: string, settings = '') =>
    text.load(`alerts: {${kind}: [{${more}: "${url}"}]}\n${settings}`)
const routingKey = '0123456789abcdef'.repeat(2)
const signingSecret = `whsec_${Buffer.alloc(24).toString('base64')}`

/** The settings that may contain an address; the source's is tested below. */
const places: [where: string, load: (url: string, settings?: string) => unknown][] = [
  [
    'observability.webhook',
    (url, settings = '') => text.load(`observability: {webhook: "${url}"}\n${settings}`),
  ],
  ['alerts.slack.0.webhook', alert('slack', 'webhook')],
  ['alerts.teams.0.webhook', alert('teams', 'webhook')],
  ['alerts.pagerduty.0.url', alert('pagerduty', `routing_key: ${routingKey}, url`)],
  ['alerts.webhook.0.webhook', alert('webhook', `secret: "${signingSecret}", webhook`)],
  ['destinations.a.url', (url, settings = '') => text.load(settings, {}, hubspot(url))],
  ['destinations.a.api_endpoint', (url, settings = '') => text.load(settings, {}, bigquery(url))],
]

test.each(places)(
  '%s: a user in an address, which some clients read as the host, is refused',
  (where, load) => {
    for (const url of [
      'http://127.0.0.1:80@elsewhere.example/',
      'http://localhost@elsewhere.example/',
      'https://user@api.example.com/',
      'https://:secret@api.example.com/',
    ]) {
      const refusal = refusalOf(() => load(url))
      expect(refusal).toContain(where)
      expect(refusal).not.toContain('secret')
    }
  },
)

test.each(places)(
  '%s: http: beyond this machine is refused, whatever the host name begins with',
  (where, load) => {
    for (const url of [
      'http://api.example.com/v1',
      'HTTP://api.example.com',
      'http://127.0.0.1.example.com',
      'http://localhost.example.com',
      'http://10.0.0.1',
      'http:\\\\\\\\api.example.com',
    ]) {
      expect(refusalOf(() => load(url))).toContain(where)
    }
    for (const url of [
      'http://127.0.0.1:1',
      'http://127.1',
      'http://localhost',
      'http://[::1]:1',
      'https://a.b',
    ]) {
      load(url)
    }
  },
)

test('allow_http: true allows it, except for HubSpot, whose token opens an account', () => {
  const url = 'http://api.internal/v1'
  for (const allowed of ['allow_http: true', 'allow_http: "true"']) {
    text.load(`observability: {webhook: "${url}"}\n${allowed}`)
    text.load(allowed, {}, bigquery(url))
    expect(text.refusal(allowed, {}, hubspot(url))).toContain('destinations.a.url')
  }
  expect(
    text.refusal(`observability: {webhook: "${url}"}\nallow_http: \${ALLOW}`, { ALLOW: 'false' }),
  ).toContain('set allow_http: true')
})

test('source.url: the same rules apply', () => {
  using other = configText()
  const load = (url: string, more = '') => {
    const file = join(other.folder, 'source.yaml')
    writeFileSync(
      file,
      `connector: a\nsource: {key: ${apiKey}, url: "${url}"}\ndestinations: {a: {type: duckdb, path: a}}\n${more}`,
    )
    return loadConfig(file, {})
  }
  for (const url of ['http://127.0.0.1:80@elsewhere.example/', 'http://api.example.com/v1']) {
    expect(refusalOf(() => load(url))).toContain('source.url')
  }
  expect(load('http://api.example.com/v1', 'allow_http: true').source.url).toBe('http://api.example.com/v1')
})

test('init refuses every address that the config file refuses', () => {
  expect(apiUrlOf('http://api.example.com/v1')).toBeUndefined()
  expect(apiUrlOf('http://127.0.0.1:80@api.example.com/v1')).toBeUndefined()
  expect(apiUrlOf('http://127.0.0.1:80/v1')).toBe('http://127.0.0.1:80/v1')
})

test('an API key of Temporal needs TLS beyond this machine, unless allow_http is set', () => {
  const temporal = (address: string) => `temporal: {address: "${address}", api_key: secret-key, tls: false}`
  const refusal = text.refusal(temporal('temporal.example.com:7233'))
  expect(refusal).toContain('temporal.tls')
  expect(refusal).not.toContain('secret-key')
  text.load(temporal('127.0.0.1:7233'))
  text.load(`${temporal('temporal.example.com:7233')}\nallow_http: true`)
  const environment = {
    TEMPORAL_ADDRESS: 'temporal.example.com:7233',
    TEMPORAL_API_KEY: 'secret-key',
    TEMPORAL_TLS: 'false',
  }
  expect(refusalOf(() => configuredTemporal(undefined, environment))).toContain('turns TLS off')
  expect(configuredTemporal(undefined, { ...environment, TEMPORAL_ADDRESS: 'localhost:7233' })).not.toBeNull()
})

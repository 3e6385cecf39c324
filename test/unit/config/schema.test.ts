import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { afterAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { generatedFiles } from '../../../src/config/generated-files.ts'
import { configJsonSchema } from '../../../src/config/json-schema.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { listSettings, type Setting } from '../../../src/config/settings.ts'
import { apiKey } from '../../support/config-text.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'qrsync-schema-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const environment = {
  QRCS_API_KEY: apiKey,
  HUBSPOT_TOKEN: 'a-token',
  LEDGER_PASSWORD: 'a-password',
  TEMPORAL_API_KEY: 'a-key',
  SLACK_WEBHOOK_URL: 'https://hooks.example.com/services/1',
  QRSYNC_PAGE_TOKEN: 'sixteen-letters-and-more',
  TEAMS_WEBHOOK_URL: 'https://teams.example.com/1',
  PAGERDUTY_ROUTING_KEY: 'a'.repeat(32),
  SMTP_URL: 'smtps://qrsync:hidden@smtp.example.com',
  ALERTS_URL: 'https://alerts.example.com/1',
  ALERTS_SECRET: `whsec_${Buffer.alloc(32).toString('base64')}`,
  QRSYNC_SALT: 'sixteen letters and more',
  QRCS_API_URL: 'http://127.0.0.1:1/api/v1',
}
for (const file of ['ca.pem', 'client.pem', 'client.key']) {
  writeFileSync(join(folder, file), '-----BEGIN CERTIFICATE-----\n')
}
for (const file of ['temporal.key', 'temporal-former.key']) {
  writeFileSync(join(folder, file), `${randomBytes(32).toString('base64')}\n`)
}

const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(configJsonSchema())

/** Checks that both qrsync and an editor accept it. */
function expectTaken(text: string): void {
  const file = join(folder, 'qrsync.yaml')
  writeFileSync(file, text)
  loadConfig(file, environment)
  expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true)
}

it.each(Object.keys(generatedFiles))('%s is up to date with "npm run schema"', (path) => {
  const present = readFileSync(join(root, path), 'utf8')
  expect(generatedFiles[path]?.(present)).toBe(present)
})

/** What a setting needs besides the required settings. */
const companions: Record<string, string[]> = {
  'codes[].match': ['codes[].freshness'],
  'schedule.time_zone': ['schedule.cron'],
  'privacy.hash': ['privacy.salt'],
  'observability.page.host': ['observability.page.token'],
  'temporal.namespace': ['temporal.address'],
  'temporal.api_key': ['temporal.address'],
  'temporal.tls': ['temporal.address'],
  'temporal.tls.ca': ['temporal.address'],
  'temporal.tls.cert': ['temporal.address', 'temporal.tls.key'],
  'temporal.tls.key': ['temporal.address', 'temporal.tls.cert'],
  'destinations.<name>.link[].object': ['destinations.<name>.link[].field'],
  'destinations.<name>.link[].property': ['destinations.<name>.link[].field'],
  'destinations.<name>.link[].properties': ['destinations.<name>.link[].field'],
  'destinations.<name>.link[].names': ['destinations.<name>.link[].field'],
}

const settings = listSettings(configJsonSchema())
const values = settings.filter(({ isGroup }) => !isGroup)

/** A file with the examples of a setting, of its companions, and of required settings. */
function fileWith(setting: Setting): object {
  const type = setting.type ?? 'duckdb'
  const list = (path: string) => path.split('[]')[0] ?? ''
  const isNeeded = (each: Setting) =>
    each.isRequired &&
    (each.type === null || each.type === type) &&
    (!each.path.includes('[]') || list(each.path) === list(setting.path))
  const beside = companions[setting.path] ?? []
  const file = {}
  for (const each of values) {
    if (each === setting || isNeeded(each) || (each.type === setting.type && beside.includes(each.path))) {
      put(file, each.path.replace('<name>', 'one').replace('[]', '.0').split('.'), each.example)
    }
  }
  return file
}

function put(into: object, [name = '', ...rest]: string[], value: unknown): void {
  const at = into as Record<string, object | undefined>
  if (rest.length === 0) Object.assign(into, { [name]: value })
  else put((at[name] ??= rest[0] === '0' ? [] : {}), rest, value)
}

describe.each(values.map((setting) => [setting.path, setting] as const))('%s', (_path, setting) => {
  it('has a description, and a valid example', () => {
    expect(setting.description).toMatch(/^\S.{7,}[.…]$/)
    expect(setting.example).toBeDefined()
    expectTaken(stringify(fileWith(setting)))
  })
})

it('no setting has the name of another setting at the same level', () => {
  const names = settings.map(({ type, path }) => `${type ?? ''} ${path}`)
  expect(new Set(names).size).toBe(names.length)
})

describe('an editor with the schema', () => {
  const good = { connector: 'a', source: { key: apiKey }, destinations: { a: { type: 'duckdb', path: 'a' } } }
  const accepts = (changed: object) => validate({ ...good, ...changed })

  it('reports unknown settings, missing settings and unknown values', () => {
    expect(accepts({})).toBe(true)
    expect(accepts({ shedule: {} })).toBe(false)
    expect(accepts({ source: {} })).toBe(false)
    expect(accepts({ source: { key: 'qrs_1' } })).toBe(false)
    expect(accepts({ destinations: { a: { type: 'oracle' } } })).toBe(false)
    expect(accepts({ privacy: { drop: ['referer'] } })).toBe(false)
  })

  it('accepts a reference in place of any text', () => {
    expect(accepts({ connector: '${NAME}', source: { key: '${file:key}', url: '${URL}' } })).toBe(true)
    expect(
      accepts({ schedule: { every: '${EVERY}' }, temporal: { address: 'a', tls: { ca: '${CA}' } } }),
    ).toBe(true)
  })
})

describe('config files to copy', () => {
  const blocks = ['README.md', 'docs/configuration.md', 'src/demo/qrsync.yaml'].flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    const found = path.endsWith('.yaml')
      ? [text]
      : [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block)
    return found.filter((block) => /^connector:/m.test(block)).map((block) => [path, block] as const)
  })

  it.each(blocks)('are valid: %s', (_path, block) => {
    expectTaken(block)
  })

  it('the config file of the demo names the schema, in the folder that it is copied to too', () => {
    const demo = readFileSync(join(root, 'src/demo/qrsync.yaml'), 'utf8')
    const [, schema = ''] = /^# yaml-language-server: \$schema=(.*)\n/.exec(demo) ?? []
    for (const place of ['src/demo', '.qrsync/demo']) {
      expect(join(root, place, schema)).toBe(join(root, 'qrsync.schema.json'))
    }
  })
})

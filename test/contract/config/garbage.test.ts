import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { settingsOf } from '../../../src/config/settings/code-settings.ts'
import { mistakeInCron } from '../../../src/config/settings/cron.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { Config } from '../../../src/config/schema.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'

const folder = mkdtempSync(join(tmpdir(), 'qrsync-config-'))
const file = join(folder, 'qrsync.yaml')
const hex = '0123456789abcdef'.repeat(4)
const key = `qrs_${hex}`
const environment = { QRCS_API_KEY: key, HOST: 'example.com', SALT: 'swordfish swordfish' }

afterAll(() => {
  rmSync(folder, { recursive: true })
})

const good = `connector: acme
source:
  key: \${QRCS_API_KEY}
destinations:
  warehouse:
    type: duckdb
    path: qr-codes.duckdb
`

/** The message about a refused file; null for an accepted one. */
function refusal(text: string): string | null {
  writeFileSync(file, text)
  try {
    expectSound(loadConfig(file, environment))
    return null
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain(file)
    return error.message
  }
}

function expectSound({ schedule, budget, analytics, codes, privacy, temporal }: Config): void {
  expect((schedule.every === undefined) !== (schedule.cron === undefined)).toBe(true)
  for (const ms of [schedule.every ?? 0, schedule.jitter ?? 0]) expect(Number.isInteger(ms)).toBe(true)
  if (schedule.cron !== undefined) expect(mistakeInCron(schedule.cron)).toBeNull()
  expect(budget.spare >= 0 && budget.spare <= 0.5).toBe(true)
  expect(budget.share >= 0.01 && budget.share <= 1).toBe(true)
  if (privacy !== undefined) expect(privacy.hash.length === 0 || (privacy.salt ?? '').length >= 16).toBe(true)
  expect(temporal?.address).not.toBe('')
  expect(analytics).toBeTypeOf('boolean')
  for (const { match, freshnessMs, priority } of codes) {
    expect(freshnessMs === null || (Number.isInteger(freshnessMs) && freshnessMs >= 60_000)).toBe(true)
    expect(priority >= 0.1 && priority <= 100).toBe(true)
    expect(settingsOf(codes, { id: match, name: match }).priority).toBeGreaterThan(0)
  }
}

describe('any config file', () => {
  const names = [
    'connector',
    'source',
    'url',
    'key',
    'calls_per_minute',
    'destinations',
    'type',
    'path',
    'ledger',
    'schedule',
    'every',
    'temporal',
    'address',
    'namespace',
    '__proto__',
    'constructor',
    '<<',
    '',
    'budget',
    'share',
    'spare',
    'analytics',
    'codes',
    'match',
    'freshness',
    'priority',
    'plan',
    'cron',
    'time_zone',
    'jitter',
    'privacy',
    'drop',
    'hash',
    'salt',
    'tls',
    'ca',
    'cert',
    'api_key',
  ]
  const texts = [
    'duckdb',
    '15m',
    '',
    'x'.repeat(101),
    '${HOST}',
    '${NOT_SET}',
    '0s',
    'http://a',
    key,
    'NaN',
    '0 7 * * *',
    'Europe/Berlin',
    'city',
    '80%',
    '${file:missing}',
    '${file:}',
    'toString',
  ]
  const leaf = fc.oneof(
    fc.constantFrom(...texts),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.date(),
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree'), { maxLength: 3 }), tie('map')),
    map: fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 5 })), tie('tree'), {
      maxKeys: 6,
    }),
  }))
  /** The good file with some of its parts replaced by garbage. */
  const nearly = fc
    .record(
      {
        connector: fc.oneof(fc.constant('acme'), tree),
        source: fc.oneof(
          fc.record({ key: fc.oneof(fc.constant(key), tree), url: tree }, { requiredKeys: ['key'] }),
          tree,
        ),
        destinations: fc.oneof(
          fc.dictionary(
            fc.constantFrom('a', 'b', 'A b', '__proto__'),
            fc.record({ type: fc.constant('duckdb'), path: tree }),
          ),
          tree,
        ),
        schedule: fc.record({ every: fc.oneof(leaf, fc.constant('1h')) }),
        temporal: tree,
        ledger: tree,
      },
      { requiredKeys: ['connector', 'source', 'destinations'] },
    )
    .map((value) => stringify(value))
  /** Usually a valid or nearly valid value: garbage next to it would hide that it was accepted. */
  const mostly = (...values: unknown[]) =>
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: leaf })
  const match = mostly('*', 'VIP*', '!', '\\', '**\\**', '')
  const entry = fc.oneof(
    fc.record({ match, freshness: mostly('hourly', '1m', '59s', '1y', '2y', 'toString') }),
    fc.record({ match, priority: mostly(0, 0.1, 5, 100, 100.1) }),
    fc.record({ match, freshness: mostly('daily'), priority: mostly(1) }, { requiredKeys: [] }),
    tree,
  )
  const schedule = fc.record(
    {
      every: mostly('15m', '1h', '9s'),
      cron: mostly('0 7 * * *', '0 7 * * 8', '@daily', '* * * * * *'),
      time_zone: mostly('UTC', 'europe/berlin', '+01:00', 'Nowhere/Land'),
      jitter: mostly('1s', '5m', '0s'),
    },
    { requiredKeys: [] },
  )
  const fields = fc.array(mostly('city', 'referrer', 'extra', 'is_unique', 'id', '__proto__'), {
    maxLength: 3,
  })
  const privacy = fc.record(
    { drop: fields, hash: fields, salt: mostly('sixteen letters!', 'short', '${HOST}') },
    { requiredKeys: [] },
  )
  const pem = '-----BEGIN X-----'
  const temporal = fc.record(
    {
      address: mostly('a:1', ''),
      api_key: mostly('a', 'a b', ''),
      tls: fc.oneof(
        mostly(true, false, 'yes'),
        fc.record({ ca: mostly(pem, 'x'), cert: mostly(pem), key: mostly(pem) }, { requiredKeys: [] }),
      ),
    },
    { requiredKeys: [] },
  )
  /** The good file with one of the settings about calls. */
  const budgets = fc
    .oneof(
      fc.record({
        budget: fc.oneof(
          fc.record(
            {
              spare: mostly('0%', '50%', '51%', '%', '-1%'),
              share: mostly('1%', '100%', '101%', '0%', '0.5%'),
            },
            { requiredKeys: [] },
          ),
          tree,
        ),
      }),
      fc.record({ schedule: fc.oneof(schedule, tree) }),
      fc.record({ privacy: fc.oneof(privacy, tree) }),
      fc.record({ temporal: fc.oneof(temporal, tree) }),
      fc.record({ analytics: fc.oneof(fc.boolean(), tree) }),
      fc.record({ codes: fc.oneof(fc.array(entry, { maxLength: 3 }), tree) }),
    )
    .map((value) => good + stringify(value))
  const fragments = fc
    .array(
      fc.oneof(
        fc.constantFrom(...names.map((name) => `${name}:`)),
        fc.constantFrom(...' \n\t\r\0{}[]|>#@"\''.split('')),
        fc.constantFrom(
          '\n  ',
          '- ',
          '? ',
          ': ',
          '&a ',
          '*a',
          '---\n',
          '%YAML 1.1\n---\n',
          '<<: ',
          '${HOST}',
          '${file:qrsync.yaml}',
        ),
        fc.constantFrom('!!binary ', '!!set ', '!!timestamp ', '!x ', '2026-01-01', 'duckdb', '${NOT_SET}'),
      ),
      { maxLength: 30, size: 'max' },
    )
    .map((parts) => parts.join(''))

  it('is accepted, or refused with CONFIG_INVALID', () => {
    const anything = fc.oneof(
      tree.map((value) => stringify(value)),
      nearly,
      budgets,
      fragments,
      fragments.map((text) => good + text),
      fc.string({ unit: 'binary', maxLength: 60 }),
    )
    fc.assert(
      fc.property(anything, (text) => {
        refusal(text)
      }),
      { numRuns: 400 },
    )
  })
})

it('never puts the key or a value from the environment into a message, wherever the file uses it', () => {
  const place = fc.constantFrom(
    'connector',
    'source',
    'url',
    'destinations',
    'type',
    'path',
    'every',
    'other',
  )
  const written = fc.constantFrom(
    key,
    '${QRCS_API_KEY}',
    '${SALT}',
    `x ${key} y`,
    '"${QRCS_API_KEY}\u0001"',
    `*${key}`,
    `|${key}`,
  )
  const spot = fc.record({ place, written, isName: fc.boolean() })
  fc.assert(
    fc.property(fc.array(spot, { minLength: 1, maxLength: 4 }), (spots) => {
      let text = `${good}schedule:\n  every: 1m\nother: 1\n`.replace('source:', 'source:\n  url: http://a')
      for (const { place, written, isName } of spots) {
        text = isName
          ? text.replace(`${place}:`, `${written}:`)
          : text.replace(new RegExp(`(${place}:).*`), (_all, name: string) => `${name} ${written}`)
      }
      const message = refusal(`${text}another: 1`)
      expect(message).toContain('qrsync.yaml')
      expect(message).not.toContain(hex)
      expect(message).not.toContain('swordfish')
    }),
    { numRuns: 300 },
  )
})

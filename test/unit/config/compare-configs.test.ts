import { describe, expect, it } from 'vitest'
import { compareConfigs } from '../../../src/config/compare-configs.ts'
import { readConfig } from '../../../src/config/load-config.ts'
import { configInMemory } from '../../../src/config/config-file.ts'
import { apiKey } from '../../support/config-text.ts'

const given = {
  connector: 'acme',
  source: { key: apiKey },
  destinations: { warehouse: { type: 'duckdb', path: 'a.duckdb' } },
}
const configOf = (changed: object = {}) => readConfig(configInMemory({ ...given, ...changed }, '/tmp'), {})
const compare = (changed: object) => compareConfigs(configOf(), configOf(changed))

describe('a changed config', () => {
  it('with the same settings changes nothing', () => {
    expect(compare({})).toEqual({ applied: [], forRestart: [], config: configOf() })
  })

  it.each([
    ['budget', { budget: { share: '50%' } }],
    ['schedule', { schedule: { every: '1h' } }],
    ['codes', { codes: [{ match: 'promo*', freshness: '1h' }] }],
    ['privacy', { privacy: { drop: ['city'] } }],
    ['analytics', { analytics: false }],
    ['source.key', { source: { key: apiKey.replace('qrs_0', 'qrs_1') } }],
    [
      'destinations.second',
      { destinations: { ...given.destinations, second: { type: 'duckdb', path: 'b' } } },
    ],
    ['destinations.warehouse', { destinations: { warehouse: { type: 'duckdb', path: 'b.duckdb' } } }],
  ])('applies %s at once', (setting, changed) => {
    const { applied, forRestart, config } = compare(changed)
    expect({ applied, forRestart }).toEqual({ applied: [setting], forRestart: [] })
    expect(config).toEqual(configOf(changed))
  })

  it.each([
    ['ledger', { ledger: { path: 'other.sqlite' } }],
    ['temporal', { temporal: { address: 'elsewhere:7233' } }],
    ['source.url', { source: { key: apiKey, url: 'https://example.com/api' } }],
    ['observability.metrics_port', { observability: { metrics_port: 9464 } }],
  ])('defers %s until a restart', (setting, changed) => {
    const { applied, forRestart, config } = compare({ ...changed, budget: { share: '50%' } })
    expect({ applied, forRestart }).toEqual({ applied: ['budget'], forRestart: [setting] })
    expect(config).toEqual(configOf({ budget: { share: '50%' } }))
  })
})

import { configSchema, type Config } from '../../src/config/schema.ts'
import type { Random } from './machines/random.ts'

export const apiKey = `qrs_${'0123456789abcdef'.repeat(4)}`

/** Returns the config file of a seed. */
export function configOf(random: Random): Config {
  const content = configSchema.parse({
    connector: 'simulated',
    source: { url: 'https://api.test/api/v1', key: apiKey },
    // The model of a warehouse replaces it.
    destinations: { warehouse: { type: 'duckdb', path: 'unused.duckdb' } },
    schedule: scheduleOf(random.pick(['5m', '15m', '1h', '6h']), random.of('cron')),
    analytics: random.chance(0.5),
    budget: budgetOf(random.of('budget')),
    codes: rulesOf(random.of('rules')),
    privacy: privacyOf(random.of('privacy')),
  })
  return { ...content, ledger: { location: ':memory:', folder: '.' } }
}

/** Some accounts are synced at times of the day, and some of those in a zone that is half an hour off. */
function scheduleOf(every: string, random: Random): object {
  if (!random.chance(0.15)) return { every }
  return {
    cron: random.pick([
      '*/15 * * * *',
      '5/20 * * * *',
      '30 8-18/2 * * mon-fri',
      '0 7 * * 1-5',
      '0 */3 1-15 * *',
    ]),
    time_zone: random.pick(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata']),
  }
}

/** Our share of the month's calls, and the part of it that is reserved for people. */
function budgetOf(random: Random): { share: string; spare: string } {
  return {
    share: random.pick(['100%', '100%', '100%', '50%', '3%']),
    spare: random.pick(['5%', '5%', '20%', '50%']),
  }
}

/** The first codes have most of the scans. */
function rulesOf(random: Random): object[] {
  if (random.chance(0.6)) return []
  return ['1', '2', '3'].map((number) => {
    const match = `code ${number}*`
    return random.chance(0.6)
      ? { match, freshness: random.pick(['1m', '15m', '1h', '6h']) }
      : { match, priority: random.pick([0.1, 5, 100]) }
  })
}

function privacyOf(random: Random): object | undefined {
  if (random.chance(0.7)) return undefined
  return {
    drop: random.pick([[], ['language'], ['os', 'language']]),
    hash: random.pick([[], ['browser'], ['browser', 'device_type']]),
    salt: 'a secret of the simulation',
  }
}

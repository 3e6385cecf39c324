import { planLimits, type CallLimits } from '../../src/budget/windows.ts'
import type { Config } from '../../src/config/schema.ts'
import { configOf } from './config.ts'
import { optionalFeatures, type OptionalFeature } from './api/api-model.ts'
import {
  destinationsOf,
  type DestinationSetting,
  type RealDestination,
} from './destinations/destination-setting.ts'
import { hourMs, minuteMs } from './durations.ts'
import type { LedgerEngine } from './machines/ledger-engine.ts'
import type { Random } from './machines/random.ts'
import type { Swarm } from './swarm.ts'

/** What a seed has made of the account, and of how it is synced. */
export interface Setting {
  config: Config
  plan: 'pro' | 'advanced'
  limits: CallLimits
  without: ReadonlySet<OptionalFeature>
  workers: number
  codes: number
  /** Scans from before the connector. */
  history: number
  scansADay: number
  /** The warehouse gathers rows for so long. */
  gatherMs: number
  /** How long the warehouse takes where nothing is wrong with it, and how many rows it takes at once. */
  warehouseMs: number
  /** … and a write on top of that: a job that loads rows takes long, and takes many at once. */
  writeMs: number
  rowsPerBatch: number
  /** Hours that the API's days begin before those of UTC. */
  dayOffsetHours: number
  /** Between the last fault and a manual sync. */
  quietMs: number
  /** Besides the warehouse. */
  destinations: DestinationSetting
  ledger: LedgerEngine
}

/** Of the seeds, so many keep their ledger in PostgreSQL, where each statement takes longer. */
const postgresShare = 0.02

/** What a caller chooses instead of the seed. */
export interface GivenSetting {
  /** The run has these, besides those that the seed draws. */
  destinations?: ReadonlySet<RealDestination>
  ledger?: LedgerEngine
}

export function settingOf(random: Random, swarm: Swarm, given: GivenSetting = {}): Setting {
  const plan = random.chance(0.08) ? 'advanced' : 'pro'
  const limits = planLimits[plan]
  if (limits === undefined) throw new Error(`there is no plan ${plan}`)
  const writeMs = random.of('write').pick([0, 0, 0, 20_000])
  const codes = random.chance(0.1) ? random.between(70, 130) : random.spread(1, 12)
  return {
    codes,
    config: configOf(random),
    plan,
    limits,
    without: missingFeatures(swarm, random.of('without')),
    workers: random.pick([1, 1, 2, 4]),
    history: codes * random.spread(1, 150),
    scansADay: random.spread(5, 300),
    gatherMs: random.pick([0, 0, minuteMs]),
    warehouseMs: random.of('warehouse').pick([20, 20, 20, 2_000]),
    writeMs,
    rowsPerBatch: writeMs > 0 ? 5_000 : random.of('batch').pick([500, 500, 50]),
    dayOffsetHours: Math.round((swarm.rates.get('day_offset') ?? 0) * random.of('days').pick([1, -0.9])),
    quietMs: random.pick([hourMs, 2 * hourMs, 3 * hourMs]),
    destinations: destinationsOf(random.of('destinations'), given.destinations ?? new Set()),
    ledger: given.ledger ?? (random.of('ledger').chance(postgresShare) ? 'postgres' : 'sqlite'),
  }
}

function missingFeatures(swarm: Swarm, random: Random): Set<OptionalFeature> {
  const missing = new Set<OptionalFeature>()
  const rate = (swarm.rates.get('api_without') ?? 0) / optionalFeatures.length
  for (const feature of optionalFeatures) {
    if (!random.chance(rate)) continue
    swarm.count('api_without')
    missing.add(feature)
  }
  return missing
}

/**
 * Where the month is spent, its end is near as a rule: what waits for the next one comes in the same run. In some seeds it is far away, since
 * only then much is kept for people. Else it is far away too: what is left of a month is used by its end, and a run with thousands of calls
 * takes long.
 */
export function startOf(random: Random, swarm: Swarm): number {
  const month = random.between(0, 11)
  // A month in which nothing goes wrong is compared with its forecast.
  if (swarm.rates.size === 0) return Date.UTC(2026, month)
  if (!swarm.rates.has('month_spent') || random.of('far').chance(0.5)) {
    return Date.UTC(2026, month, random.between(1, 18), random.between(0, 23))
  }
  return Date.UTC(2026, month + 1) - random.spread(10, 600) * minuteMs
}

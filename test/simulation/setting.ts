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

/** The account of a seed, and how it is synced. */
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
  /** How long the warehouse gathers rows. */
  gatherMs: number
  /** How long the warehouse takes if nothing is wrong with it, and how many rows it accepts at once. */
  warehouseMs: number
  /** The additional time of a write: a job that loads rows takes long, and loads many at once. */
  writeMs: number
  rowsPerBatch: number
  /** How many hours the API's days begin before UTC days. */
  dayOffsetHours: number
  /** Between the last fault and a manual sync. */
  quietMs: number
  /** Whether an operator has paused the backfill before the first sync. */
  startsWithoutHistory: boolean
  /** Besides the warehouse. */
  destinations: DestinationSetting
  ledger: LedgerEngine
}

/** The share of seeds with their ledger in PostgreSQL, where each statement takes longer. */
const postgresShare = 0.02

/** What a caller chooses instead of the seed. */
export interface GivenSetting {
  /** Destinations of the run besides those that the seed draws. */
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
    startsWithoutHistory: random.of('backfill').chance(0.05),
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
 * If the month is spent, its end is usually near, so that what waits for the next one happens in the same run.
 * In some seeds it is far away, because only then many calls are reserved for people. In all other seeds it is
 * far away too: what is left of a month is used by its end, and a run with thousands of calls takes long.
 */
export function startOf(random: Random, swarm: Swarm): number {
  const month = random.between(0, 11)
  // A month in which nothing fails is compared with its forecast.
  if (swarm.rates.size === 0) return Date.UTC(2026, month)
  if (!swarm.rates.has('month_spent') || random.of('far').chance(0.5)) {
    return Date.UTC(2026, month, random.between(1, 18), random.between(0, 23))
  }
  return Date.UTC(2026, month + 1) - random.spread(10, 600) * minuteMs
}

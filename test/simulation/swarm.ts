import type { Random } from './machines/random.ts'

/** Everything that can fail, each with the meaning of its rate. */
export const faultKinds = {
  crash: 'crashes of a worker an hour',
  crash_at_statement: 'share of ledger statements at which the worker crashes',
  freeze: 'times an hour that a worker stands still',
  clock_jump: 'times a day that a worker’s clock jumps',
  clock_drift: 'times a day that a worker’s clock goes on by some seconds',
  deploy: 'times a day that all workers are replaced, one after the other',
  evict: 'share of workflow tasks that find an empty cache',
  temporal_slow: 'seconds that a message takes at most',
  completion_lost: 'share of activity completions that are lost',
  client_answer_lost: 'share of requests to Temporal whose answer is lost',
  temporal_away: 'times a day that Temporal is away',
  temporal_wiped: 'times a week that Temporal loses its data',
  ledger_fails: 'share of ledger statements that fail',
  ledger_answer_lost: 'share of commits whose answer is lost',
  ledger_slow: 'milliseconds that a statement takes at most',
  disk_full: 'times a day that the disk is full for a while',
  api_slow: 'seconds that an answer takes at most',
  api_refused: 'share of calls that never arrive',
  api_lost: 'share of answers that are lost',
  api_cut: 'share of answers that stop in the middle',
  api_odd_wait: 'share of calls that are refused with a Retry-After of another kind',
  api_long_wait: 'times a day that a call is refused with a Retry-After of hours',
  api_500: 'share of calls that the API fails to answer',
  api_down: 'times a day that the API is down',
  code_broken: 'codes whose scans cannot be read',
  others: 'calls an hour of other clients',
  month_spent: 'times a day that others spend what the month has left',
  late_scans: 'share of scans that the API tells of late',
  same_moment: 'share of scans of one and the same millisecond',
  code_deleted: 'codes deleted a day',
  counts_fall: 'times a day that a code’s statistics are reset',
  odd_rows: 'share of scans that do not fit, for a time',
  day_offset: 'hours that the API’s days begin before those of UTC',
  code_renamed: 'codes renamed a day',
  api_without: 'optional features that the API does not have',
  warehouse_down: 'times a day that the warehouse is down',
  warehouse_stream: 'times a day that one of its tables is broken',
  warehouse_lost: 'share of its answers that are lost',
  warehouse_slow: 'seconds that it takes at most',
  warehouse_forgets: 'share of its batches of which it forgets a row',
  warehouse_refuses: 'share of scans that it refuses',
  warehouse_replaced: 'times a day that another warehouse is in its place',
  freeze_at_write: 'share of batches at which the worker stands still; another warehouse may come meanwhile',
  emptied_at_write: 'share of batches at which somebody empties the warehouse, and has it filled again',
  operator: 'times a day that an operator does something',
  erase: 'codes that an operator erases a day',
  erasure_fails: 'share of erasures that the warehouse does not finish',
  hubspot_down: 'times a day that HubSpot is down',
  hubspot_refused: 'share of calls that never arrive at HubSpot',
  hubspot_lost: 'share of its answers that are lost',
  hubspot_429: 'share of calls that it refuses for its limits',
  hubspot_5xx: 'share of calls that it fails to answer',
  hubspot_partial: 'share of its batches of which a part fails for a moment',
  hubspot_slow: 'seconds that an answer takes at most',
  hubspot_search_late: 'seconds that its search lags behind',
  hubspot_refuses: 'share of records that it refuses',
  hubspot_moved: 'times a day that the token is one of another account',
  duckdb_locked: 'times a day that another process holds the DuckDB file',
  duckdb_full: 'times a day that its disk is full',
  duckdb_removed: 'times a day that somebody removes the file',
  duckdb_slow: 'milliseconds that one of its statements takes at most',
  duckdb_crash: 'share of its statements at which the worker crashes',
} as const

export type FaultKind = keyof typeof faultKinds

const highest: Readonly<Record<FaultKind, number>> = {
  crash: 4,
  crash_at_statement: 0.002,
  freeze: 2,
  clock_jump: 12,
  clock_drift: 200,
  deploy: 24,
  evict: 0.5,
  temporal_slow: 20,
  completion_lost: 0.2,
  client_answer_lost: 0.2,
  temporal_away: 24,
  temporal_wiped: 60,
  ledger_fails: 0.003,
  ledger_answer_lost: 0.02,
  ledger_slow: 200,
  disk_full: 12,
  api_slow: 20,
  api_refused: 0.2,
  api_lost: 0.2,
  api_cut: 0.1,
  api_odd_wait: 0.1,
  api_long_wait: 48,
  api_500: 0.2,
  api_down: 12,
  code_broken: 12,
  others: 1_200,
  month_spent: 3,
  late_scans: 0.2,
  same_moment: 0.5,
  code_deleted: 12,
  counts_fall: 12,
  odd_rows: 0.5,
  day_offset: 13,
  code_renamed: 40,
  api_without: 4,
  warehouse_down: 24,
  warehouse_stream: 48,
  warehouse_lost: 0.2,
  warehouse_slow: 20,
  warehouse_forgets: 0.1,
  warehouse_refuses: 0.1,
  warehouse_replaced: 6,
  freeze_at_write: 0.05,
  emptied_at_write: 0.1,
  operator: 200,
  erase: 120,
  erasure_fails: 0.7,
  hubspot_down: 24,
  hubspot_refused: 0.2,
  hubspot_lost: 0.3,
  hubspot_429: 0.3,
  hubspot_5xx: 0.3,
  hubspot_partial: 0.5,
  hubspot_slow: 20,
  hubspot_search_late: 300,
  hubspot_refuses: 0.1,
  hubspot_moved: 48,
  duckdb_locked: 24,
  duckdb_full: 24,
  duckdb_removed: 12,
  duckdb_slow: 2_000,
  duckdb_crash: 0.02,
}

/** A worker's clock is not the true one. */
export const wrongClocks: readonly FaultKind[] = ['clock_jump', 'clock_drift']

/** Faults that make the connector start again, and so make calls again. */
export const startsAgain: readonly FaultKind[] = [
  'crash',
  'crash_at_statement',
  'freeze',
  'freeze_at_write',
  'deploy',
  'operator',
  'temporal_wiped',
  'completion_lost',
  'ledger_fails',
  'ledger_answer_lost',
]

/** The faults of one seed, with their rates: each seed has a few of its own, so that rare ones meet. */
export class Swarm {
  readonly rates: ReadonlyMap<FaultKind, number>
  /** How often each has happened. */
  readonly counts = new Map<FaultKind, number>()
  /** Whether faults happen now: not while the ledger is created, and not once all faults have ended. */
  isActive = false
  readonly #random: Random

  constructor(random: Random, without: ReadonlySet<FaultKind>) {
    this.#random = random
    const rates = new Map<FaultKind, number>()
    const shareOn = random.of('share').next() * 0.5
    for (const kind of Object.keys(faultKinds) as FaultKind[]) {
      const own = random.of(kind)
      if (own.chance(shareOn) && !without.has(kind)) {
        rates.set(kind, highest[kind] * own.spread(1, 100) * 0.01)
      }
    }
    this.rates = rates
  }

  describe(): string {
    return [...this.rates].map(([kind, rate]) => `${kind} ${rate}`).join(', ')
  }

  rate(kind: FaultKind): number {
    return this.isActive ? (this.rates.get(kind) ?? 0) : 0
  }

  /** Whether the seed has any of them, now or at another time. */
  hasAny(kinds: readonly FaultKind[]): boolean {
    return kinds.some((kind) => this.rates.has(kind))
  }

  /** Whether it happens this time, and counts it if so. */
  happens(kind: FaultKind): boolean {
    const rate = this.rate(kind)
    if (rate === 0 || !this.#random.chance(rate)) return false
    this.count(kind)
    return true
  }

  count(kind: FaultKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
  }
}

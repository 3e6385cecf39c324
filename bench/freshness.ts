/**
 * Simulates a month of an account on the Pro plan: how long scans take to land, compared with other strategies
 * that have the same 5,000 calls. On a virtual clock; qrsync runs its real activity, planner and ledger.
 *
 * node bench/freshness.ts [SCANS …]
 */
import type { Outcome } from './freshness/outcome.ts'
import { runClairvoyant, runOptimal, runRoundRobin, runScript, trueShape } from './freshness/peers.ts'
import { runQrsync } from './freshness/qrsync.ts'
import { hourMs, makeWorld } from './freshness/world.ts'

const codes = 250
const perMonth = 5_000
const seed = 1

type Policy = 'qrsync' | 'skip-script' | 'round-robin' | 'clairvoyant' | 'optimal'

interface Result {
  scans: number
  /** Whether the list counts scans, reports the last one and is sorted by it. */
  counts: boolean
  policy: Policy
  analytics: boolean
  mean_lag_h: number
  p95_lag_h: number
  calls: Record<string, number>
  /** Calls beyond a window. */
  beyond: number
  seconds: number
}

const round = (value: number) => Math.round(value * 1_000) / 1_000

const results: Result[] = []
const sizes = process.argv.slice(2).map(Number)
for (const analytics of [false, true]) {
  for (const scans of sizes.length > 0 ? sizes : [2_000, 20_000, 200_000]) {
    const world = makeWorld(scans, codes, seed)
    const measure = async (policy: Policy, counts: boolean, run: () => Promise<Outcome> | Outcome) => {
      const startedMs = performance.now()
      const { lagsMs, calls, beyond } = await run()
      const sorted = Float64Array.from(lagsMs).sort()
      if (sorted.length !== scans) {
        throw new Error(`${policy}: ${sorted.length} of ${scans} scans accounted for`)
      }
      results.push({
        scans,
        counts,
        policy,
        analytics,
        mean_lag_h: round(sorted.reduce((sum, lag) => sum + lag, 0) / scans / hourMs),
        p95_lag_h: round((sorted[Math.floor(scans * 0.95)] ?? 0) / hourMs),
        calls,
        beyond,
        seconds: round((performance.now() - startedMs) / 1_000),
      })
      console.error(JSON.stringify(results.at(-1)))
    }
    for (const hasCounts of [true, false]) {
      await measure('qrsync', hasCounts, () =>
        runQrsync(world, { perMonth, hasCounts, hasAnalytics: analytics }),
      )
    }
    await measure('skip-script', true, () => runScript(world, perMonth, analytics))
    await measure('round-robin', false, () => runRoundRobin(world, perMonth, analytics))
    if (analytics) continue
    await measure('clairvoyant', true, () => runClairvoyant(world, perMonth))
    await measure('optimal', true, () => runOptimal(world, perMonth, trueShape(world)))
  }
}
console.log(JSON.stringify({ results }))

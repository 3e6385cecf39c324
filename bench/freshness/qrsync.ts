import { followPlan } from '../../activities/sync/follow-plan.ts'
import { ensureConnector } from '../../src/ledger/connector/connector-state.ts'
import { openLedger } from '../../src/ledger/base/open-ledger.ts'
import { activityDeps } from '../../test/support/worlds/activity-deps.ts'
import type { Outcome } from './outcome.ts'
import { WorldApi, type World } from './world.ts'

/**
 * qrsync itself: its activity on a virtual clock, with a real ledger, without knowledge of the account when the
 * month begins.
 */
export async function runQrsync(
  world: World,
  { perMonth, hasCounts, hasAnalytics }: { perMonth: number; hasCounts: boolean; hasAnalytics: boolean },
): Promise<Outcome> {
  let nowMs = world.startMs
  const clock = {
    now: () => nowMs,
    sleep: (ms: number) => {
      nowMs += ms
      return Promise.resolve()
    },
  }
  const api = new WorldApi(world, clock.now, hasCounts, perMonth)
  const ledger = await openLedger(':memory:')
  await ensureConnector(ledger, 'test')
  const deps = activityDeps({ api, ledger, clock, hasAnalytics })
  const { signal } = new AbortController()
  while (nowMs < world.endMs) {
    const { wait } = await followPlan(deps, signal)
    if (wait !== null) nowMs = Math.max(Math.ceil(wait.untilMs), nowMs + 1)
  }
  const lagsMs: number[] = []
  const landed = await ledger.selectFrom('scans').select(['scanned_at_ms', 'landed_at_ms']).execute()
  for (const { scanned_at_ms, landed_at_ms } of landed) lagsMs.push(landed_at_ms - scanned_at_ms)
  const total = world.scans.reduce((sum, { length }) => sum + length, 0)
  await addUnlanded(world, landed.length < total ? ledger : null, lagsMs)
  await ledger.destroy()
  return { lagsMs, calls: api.calls, beyond: api.beyond }
}

type OpenLedger = Awaited<ReturnType<typeof openLedger>>

/** Adds the scans that still wait at the month's end, with their waiting time until then. */
async function addUnlanded(world: World, ledger: OpenLedger | null, lagsMs: number[]): Promise<void> {
  if (ledger === null) return
  const codes = await ledger.selectFrom('qr_codes').select(['id', 'landed_scans']).execute()
  const landedOf = new Map(codes.map(({ id, landed_scans }) => [id, landed_scans]))
  world.scans.forEach((times, index) => {
    for (const time of times.subarray(landedOf.get(`code-${index}`) ?? 0)) lagsMs.push(world.endMs - time)
  })
}

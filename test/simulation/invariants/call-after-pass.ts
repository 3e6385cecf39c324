import { minuteMs } from '../durations.ts'
import { startsAgain, wrongClocks, type FaultKind } from '../swarm.ts'
import type { World } from '../world.ts'

/** A sync that waits looks again every 15 minutes. Slow messages, and the pace of a reduced minute, take some more. */
const withinMs = 20 * minuteMs
/** Faults that delay every sync. An operator's other commands are seen by `lastAwayMs`. */
const delaying: readonly FaultKind[] = [
  'temporal_away',
  'disk_full',
  'api_down',
  ...wrongClocks,
  ...startsAgain.filter((kind) => kind !== 'operator'),
]

/** 5. After a Retry-After of hours, an operator need not wait: `sync --now` and `resume` let one call through soon. */
export class CallAfterPass {
  readonly #world: World
  #sentAtMs = -Infinity

  constructor(world: World) {
    this.#world = world
  }

  sent(): void {
    this.#sentAtMs = this.#world.time.nowMs
  }

  /** A manual sync is running, which always makes a call. */
  givenToManual(givenMs: number): void {
    this.#judgeLater('sync --now', givenMs, () => this.#sentAtMs >= givenMs)
  }

  /** Syncs that were waiting look again. They may have no call to make. */
  resumed(givenMs: number): void {
    for (const run of this.#world.server.running()) {
      if (run.workflowType !== 'sync') continue
      const hasLooked = () => !run.isOpen || run.activities.size > 0 || run.lastSliceMs >= givenMs
      this.#judgeLater(`resume of ${run.workflowId}`, givenMs, hasLooked)
    }
  }

  #judgeLater(what: string, givenMs: number, hasWorked: () => boolean): void {
    const { time, violations } = this.#world
    time.after(
      withinMs,
      () => {
        if (!hasWorked() && !this.#isExcused(givenMs)) {
          violations.add('liveness', `nothing has followed ${what} for ${withinMs / minuteMs} minutes`)
        }
      },
      null,
    )
  }

  #isExcused(givenMs: number): boolean {
    const { apiTroubles, calmSinceMs, callsLeft, lastAwayMs, swarm } = this.#world
    const wasDelayed = givenMs < calmSinceMs && swarm.hasAny(delaying)
    // The action itself sets that time, and a request to Temporal may take long.
    return wasDelayed || lastAwayMs > givenMs || callsLeft.areFew || apiTroubles.looksOut
  }
}

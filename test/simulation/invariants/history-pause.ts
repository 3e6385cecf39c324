import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { minuteMs } from '../durations.ts'
import { wrongClocks } from '../swarm.ts'
import type { World } from '../world.ts'

/** A slice that started before the pause may make its calls, and be slow. */
const beganBeforeMs = 2 * minuteMs

/** While an operator has paused the backfill, no call is made for it. */
export class HistoryPause {
  readonly #world: World
  #sinceMs: number | null = null
  /** Whether it was paused at any time. */
  wasPaused = false

  constructor(world: World) {
    this.#world = world
  }

  paused(sinceMs: number | null): void {
    this.wasPaused ||= sinceMs !== null
    this.#sinceMs = sinceMs === null ? null : (this.#sinceMs ?? sinceMs)
  }

  /** No slice is running that may still make its calls. */
  pausedFromStart(): void {
    this.wasPaused = true
    this.#sinceMs = this.#world.startMs - beganBeforeMs
  }

  async check(ledger: Ledger): Promise<void> {
    const { api, startMs, swarm, violations } = this.#world
    if (this.#sinceMs === null || swarm.hasAny([...wrongClocks, 'freeze', 'freeze_at_write'])) return
    // Codes that were created since then are new, and so are all their scans.
    const old = api.codes.filter(({ createdMs }) => createdMs < startMs).map(({ id }) => id)
    const calls = await ledger
      .selectFrom('calls')
      .select(['qr_code_id', 'sent_at_ms'])
      .where('purpose', '=', 'history')
      .where('sent_at_ms', '>', this.#sinceMs + beganBeforeMs)
      .execute()
    const wrong = calls.find(({ qr_code_id: id }) => old.includes(id ?? ''))
    if (wrong !== undefined) {
      const at = new Date(wrong.sent_at_ms).toISOString()
      violations.add(
        'calls',
        `history of code ${wrong.qr_code_id ?? ''} was called for at ${at}, and is paused`,
      )
    }
  }
}

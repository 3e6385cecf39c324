import { sql } from 'kysely'
import { names } from '../../src/temporal/names.ts'
import type { SeenCall } from './api-network.ts'
import type { FaultKind } from './swarm.ts'
import type { World } from './world.ts'

/** Calls that are on their way when a refusal arrives cannot know of it. */
const onTheWayMs = 2_000

/** Faults after which the API counts scans that are not behind the cursor. */
const searchedAfter: readonly FaultKind[] = [
  'late_scans',
  'same_moment',
  'odd_rows',
  'counts_fall',
  'clock_jump',
  'clock_drift',
  'api_without',
  'code_broken',
]

/** What must hold of each call of the API. */
export class CallInvariants {
  readonly #world: World
  #gateUntilMs = 0

  constructor(world: World) {
    this.#world = world
  }

  /** 1. No call before a Retry-After has passed. */
  sent(path: string): void {
    const { time, server, setting, swarm, violations } = this.#world
    const isByHand = server.current(names.syncNowWorkflow(setting.config.connector))?.isOpen === true
    const hasWrongClock = ['clock_jump', 'clock_drift', 'freeze'].some((kind) =>
      swarm.rates.has(kind as FaultKind),
    )
    if (time.nowMs < this.#gateUntilMs && !isByHand && !hasWrongClock)
      violations.add(
        'windows',
        `GET ${path} was sent ${this.#gateUntilMs - time.nowMs} ms before the Retry-After had passed`,
      )
    const isSearch = path.includes('/scans?') && path.includes('to=')
    if (isSearch && !searchedAfter.some((kind) => swarm.rates.has(kind)))
      violations.add('calls', `GET ${path} searches for late scans, and none has come late`)
  }

  answered({ path, sentMs, answer }: SeenCall): void {
    if (answer === null) return
    if (answer.status === 429) this.#refused(answer.body, Number(answer.headers['retry-after']))
    else if (answer.status === 200 && path.includes('/scans?'))
      void this.#world.time.hold(this.#isPaidOnce(path, sentMs, answer.body))
  }

  /** 1. No call outside a window, unless another client has filled it. */
  #refused(body: string, retryAfterS: number): void {
    const { time, api, swarm, violations } = this.#world
    time.after(
      onTheWayMs,
      () => {
        this.#gateUntilMs = Math.max(this.#gateUntilMs, time.nowMs + retryAfterS * 1000 - onTheWayMs)
      },
      null,
    )
    const isExplained = body.includes('MONTH') ? api.windows.hasSpenders : api.windows.hasOthers
    if (!isExplained && !swarm.rates.has('clock_jump') && !swarm.rates.has('clock_drift'))
      violations.add('windows', `a call was refused: ${body}`)
  }

  /** 4. No full page is asked for of which each row was landed before, unless scans are searched for that came late. */
  async #isPaidOnce(path: string, sentMs: number, body: string): Promise<void> {
    const { database, setting, swarm, violations } = this.#world
    const query = new URL(path, 'https://api.test').searchParams
    const ids = [...body.matchAll(/"id":"([^"]+)"/g)].map(([, id = '']) => id)
    const isExcused = searchedAfter.some((kind) => swarm.rates.has(kind)) || setting.without.size > 0
    if (isExcused || query.has('to') || ids.length < Number(query.get('per_page') ?? 20)) return
    if (database.isInTransaction) return
    const ledger = database.onlooker()
    const { landed } = await ledger
      .selectFrom('scans')
      .select(sql<number>`count(*)`.as('landed'))
      .where('id', 'in', ids)
      .where('landed_at_ms', '<', sentMs)
      .executeTakeFirstOrThrow()
    if (landed === ids.length) violations.add('calls', `GET ${path} was paid twice: all of it was landed`)
  }
}

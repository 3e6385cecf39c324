import { sql } from 'kysely'
import { periodOf } from '../../../src/budget/windows.ts'
import { callsLeft as leftOf } from '../../../src/budget/allowance.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { readMonth } from '../../../src/ledger/calls/months.ts'
import { names } from '../../../src/temporal/names.ts'
import type { SeenCall } from '../api/api-network.ts'
import { hourMs, minuteMs } from '../durations.ts'
import { startsAgain, wrongClocks, type FaultKind } from '../swarm.ts'
import type { World } from '../world.ts'

/** Calls in flight when a refusal arrives cannot know about it. */
const onTheWayMs = 2_000

/** Faults after which the API counts scans that are not after the cursor. */
const searchedAfter: readonly FaultKind[] = [
  'late_scans',
  'odd_rows',
  'counts_fall',
  'clock_jump',
  'clock_drift',
  'api_without',
  'code_broken',
]

/** Refused calls in an hour. Other clients may fill the minute; after each refusal, we leave them more calls. */
const mostRefusedInHour = 30
/** Failed calls while the API is down for some hours, including those in flight when it went down. */
const mostFailedInOutage = 30
/** Failed calls of one code in an hour, without a success in between: each waits longer than the one before. */
const mostFailedOfCode = 20
/** The same if the connector starts again sometimes. */
const mostFailedOfCodeAnew = 100
/** A manual sync may use reserved calls for this long, and so may the calls that it has left in flight. */
const byHandMs = 5 * minuteMs
/** Calls that leave at the same moment. */
const atOnce = 10

/** What must hold for each call of the API. */
export class CallInvariants {
  readonly #world: World
  #gateUntilMs = 0
  #gateClosedAtMs = 0
  #hasPass = false
  #byHandAtMs = -Infinity
  #refusedMs: number[] = []
  /** When a worker last received an answer that it could not use, or none. */
  failedAtMs = -Infinity
  /** When a worker last received a refusal. */
  refusedAtMs = -Infinity
  #failedInOutage = 0
  /** Codes and endpoints whose last call failed. */
  readonly #lastFailed = new Set<string>()
  /** The times of failed calls since the last success, by code. */
  readonly #failedMs = new Map<string, number[]>()

  constructor(world: World) {
    this.#world = world
  }

  /** 1. No call is made before a Retry-After has passed. */
  sent(path: string): void {
    const { callsLeft, time, server, setting, swarm, violations } = this.#world
    const isByHand = server.current(names.syncNowWorkflow(setting.config.connector))?.isOpen === true
    const hasWrongClock = swarm.hasAny([...wrongClocks, 'freeze', 'freeze_at_write'])
    if (time.nowMs < this.#gateUntilMs && !hasWrongClock && !this.#takePass()) {
      violations.add(
        'windows',
        `GET ${path} was sent ${this.#gateUntilMs - time.nowMs} ms before the Retry-After had passed`,
      )
    }
    this.#world.invariants.erasures.sent(path)
    if (isByHand) this.#byHandAtMs = time.nowMs
    const isOfPlan = path.includes('from=') || path.includes('/qr-codes?')
    const isPlanned = time.nowMs - this.#byHandAtMs > byHandMs && isOfPlan
    if (isPlanned && !hasWrongClock) void time.hold(this.#leavesReserve(path))
    const isOfDays = path.includes('/scans?') && path.includes('to=')
    if (isOfDays && !swarm.hasAny(searchedAfter)) void time.hold(this.#isHistory(path))
    if (callsLeft.left < 0 && !hasWrongClock) {
      violations.add('windows', `GET ${path} was sent, and our share of the month was spent`)
    }
  }

  /** A manual sync may send one call through a closed gate, which shows whether others may follow. */
  passGiven(): void {
    this.#hasPass = true
  }

  #takePass(): boolean {
    const had = this.#hasPass
    this.#hasPass = false
    return had
  }

  answered({ path, sentMs, answer, isGood, isForeign }: SeenCall): void {
    if (this.#world.apiTroubles.isDown) this.#failedInOutage++
    if (!isGood) this.failedAtMs = this.#world.time.nowMs
    if (answer?.status === 429) this.refusedAtMs = this.#world.time.nowMs
    this.#noteLast(path, isGood)
    this.#noteOfCode(path, isGood)
    if (answer === null || isForeign) return
    // A call that was sent through the closed gate and succeeded shows that others may follow.
    if (answer.status === 200 && sentMs > this.#gateClosedAtMs) this.#gateUntilMs = 0
    if (answer.status === 429) this.#refused(answer.body, Number(answer.headers['retry-after']))
    else if (answer.status === 200 && path.includes('/scans?')) {
      void this.#world.time.hold(this.#isPaidOnce(path, sentMs, answer.body))
    }
  }

  /** Whether the last call of any code failed, or the last of any endpoint. */
  hasLastFailed(of: 'code' | 'endpoint'): boolean {
    return [...this.#lastFailed].some((key) => key.startsWith(of))
  }

  #noteLast(path: string, isGood: boolean): void {
    const [, id, list] = /\/qr-codes\/([^/]+)\/(\w+)/.exec(path) ?? []
    const endpoint = list ?? path.replace(/\?.*$/, '')
    const keys = [`endpoint ${endpoint}`]
    if (id !== undefined) keys.push(`code ${id} ${endpoint}`)
    for (const key of keys) {
      if (isGood) this.#lastFailed.delete(key)
      else this.#lastFailed.add(key)
    }
  }

  /** 4. A broken code costs few calls. */
  #noteOfCode(path: string, isGood: boolean): void {
    const { swarm, time, violations } = this.#world
    const [, id] = /\/qr-codes\/([^/]+)\//.exec(path) ?? []
    if (id === undefined) return
    const failed = isGood ? [] : [...(this.#failedMs.get(id) ?? []), time.nowMs]
    const lately = failed.filter((at) => at > time.nowMs - hourMs)
    this.#failedMs.set(id, lately)
    const most = swarm.hasAny(startsAgain) ? mostFailedOfCodeAnew : mostFailedOfCode
    if (lately.length > most) {
      violations.add('calls', `code ${id} was called ${lately.length} times in an hour, and each call failed`)
    }
  }

  /** 4. An outage costs few calls. */
  outageEnded(): void {
    const { swarm, violations } = this.#world
    const failed = this.#failedInOutage
    this.#failedInOutage = 0
    if (failed > mostFailedInOutage && !swarm.hasAny(startsAgain)) {
      violations.add('calls', `${failed} calls were made while the API was down`)
    }
  }

  /** 4. Days of a history are only read while late scans are searched for. */
  async #isHistory(path: string): Promise<void> {
    const { api, database, violations } = this.#world
    const [, id = ''] = /\/qr-codes\/([^/]+)\//.exec(path) ?? []
    // A scan of the same millisecond as one of another code may be older than the newest of its own.
    if (this.#world.invariants.erasures.isAsked(id)) return
    const hasLate = api.codes
      .find((code) => code.id === id)
      ?.scans.some(({ wasBehind }) => wasBehind === true)
    if (hasLate === true) return
    const query = new URL(path, 'https://api.test').searchParams
    if (database.isInTransaction) return
    const history = await database
      .onlooker()
      .selectFrom('code_histories')
      .select('until_ms')
      .where('qr_code_id', '=', id)
      .executeTakeFirst()
    const isHistory = !query.has('from') && history?.until_ms === Date.parse(query.get('to') ?? '')
    if (!isHistory) violations.add('calls', `GET ${path} searches for late scans, and none has come late`)
  }

  /** 4. Calls that are reserved for people, or that belong to others, are left to them. */
  async #leavesReserve(path: string): Promise<void> {
    const { callsLeft, database, setting, time, violations } = this.#world
    if (database.isInTransaction) return
    const ledger = database.onlooker()
    const { connector, budget } = setting.config
    const state = await readConnector(ledger, connector)
    const { key } = periodOf(time.nowMs, state.month_resets_at_ms)
    const month = await readMonth(ledger, connector, key)
    const left = leftOf(state.calls_per_month, budget.share, month)
    const { reserve } = callsLeft
    if (left < reserve - atOnce) {
      violations.add(
        'calls',
        `GET ${path} was planned with ${left} calls left, of which ${Math.round(reserve)} are for people`,
      )
    }
  }

  /** 1. No call is made outside a window, unless another client has filled it. */
  #refused(body: string, retryAfterS: number): void {
    const { time, api, swarm, violations } = this.#world
    time.after(
      onTheWayMs,
      () => {
        this.#gateClosedAtMs = time.nowMs
        this.#gateUntilMs = Math.max(this.#gateUntilMs, time.nowMs + retryAfterS * 1000 - onTheWayMs)
      },
      null,
    )
    this.#refusedMs = [...this.#refusedMs.filter((at) => at > time.nowMs - hourMs), time.nowMs]
    if (this.#refusedMs.length > mostRefusedInHour) {
      violations.add('windows', `${this.#refusedMs.length} calls were refused in an hour`)
    }
    const isExplained = body.includes('MONTH') ? api.windows.hasSpenders : api.windows.hasOthers
    if (!isExplained && !swarm.hasAny(wrongClocks)) violations.add('windows', `a call was refused: ${body}`)
  }

  /** 4. No full page is requested whose rows had all landed before, unless late scans are searched for. */
  async #isPaidOnce(path: string, sentMs: number, body: string): Promise<void> {
    const { database, setting, swarm, violations } = this.#world
    const query = new URL(path, 'https://api.test').searchParams
    const ids = [...body.matchAll(/"id":"([^"]+)"/g)].map(([, id = '']) => id)
    const isExcused = swarm.hasAny(searchedAfter) || setting.without.size > 0
    if (isExcused || ids.length < Number(query.get('per_page') ?? 20)) return
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

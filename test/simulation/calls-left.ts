import { ourCalls } from '../../src/budget/allowance.ts'
import { dayMs } from './durations.ts'
import type { World } from './world.ts'

/** By the ledger's count: a call whose process has ended before it was sent stays counted, and the API has never seen it. */
const mostNeverSent = 20
/** With fewer calls than this share of the month, the plan waits for days between two of them. */
const fewShare = 0.1
/** The end of a month is near: what waits for the next one comes in the same run. */
const nearMs = dayMs

/** What the month has left, by the API's own count. */
export class CallsLeft {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /** How much is spent before the run, where others have spent nearly all. */
  spendEarlier(): void {
    const { api, random, setting, startMs } = this.#world
    const endMs = endOfMonth(startMs)
    const own = random.of('month')
    // Far from the end of the month much is kept for people, and the plan would make calls with what there is.
    const left = endMs - startMs > nearMs ? own.spread(20, 2_000) : own.between(20, 200)
    api.windows.spendEarlier(setting.limits.perMonth - left)
  }

  /** Of the account's calls, those that our share still allows. */
  get left(): number {
    const { api, setting } = this.#world
    const { perMonth } = setting.limits
    const ours = ourCalls(perMonth, setting.config.budget.share)
    const { ourCallsThisMonth, callsThisMonth } = api.windows
    return Math.min(perMonth - callsThisMonth, ours - ourCallsThisMonth)
  }

  /** Of those, the ones that are kept for people: fewer, the nearer the end of the month. */
  get reserve(): number {
    const { setting, time } = this.#world
    const { share, spare } = setting.config.budget
    const startMs = startOfMonth(time.nowMs)
    const endMs = endOfMonth(time.nowMs)
    return (setting.limits.perMonth * share * spare * (endMs - time.nowMs)) / (endMs - startMs)
  }

  get areSpent(): boolean {
    return this.left <= mostNeverSent
  }

  /** The plan has few: of what is told by calls only, some may be old or missing. */
  get areFew(): boolean {
    return this.left - this.reserve <= this.#world.setting.limits.perMonth * fewShare
  }
}

function startOfMonth(timeMs: number): number {
  const time = new Date(timeMs)
  return Date.UTC(time.getUTCFullYear(), time.getUTCMonth())
}

function endOfMonth(timeMs: number): number {
  const time = new Date(timeMs)
  return Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1)
}

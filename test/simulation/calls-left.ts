import { ourCalls } from '../../src/budget/allowance.ts'
import { dayMs } from './durations.ts'
import type { World } from './world.ts'

/**
 * By the ledger's count: if a process ends before it sends a call, the call stays counted although the API has
 * never seen it.
 */
const mostNeverSent = 20
/** With fewer calls than this share of the month, the plan waits for days between two of them. */
const fewShare = 0.1
/** The end of the month is so near that what waits for the next one happens in the same run. */
const nearMs = dayMs

/** What the month has left, by the API's own count. */
export class CallsLeft {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /** Spends calls before the run, in seeds in which others have spent nearly all. */
  spendEarlier(): void {
    const { api, random, setting, startMs } = this.#world
    const endMs = endOfMonth(startMs)
    const own = random.of('month')
    // Far from the end of the month, many calls are reserved for people, and the plan would use those that are
    // left.
    const left = endMs - startMs > nearMs ? own.spread(20, 2_000) : own.between(20, 200)
    api.windows.spendEarlier(setting.limits.perMonth - left)
  }

  /** The account's calls that our share still allows. */
  get left(): number {
    const { api, setting } = this.#world
    const { perMonth } = setting.limits
    const ours = ourCalls(perMonth, setting.config.budget.share)
    const { ourCallsThisMonth, callsThisMonth } = api.windows
    return Math.min(perMonth - callsThisMonth, ours - ourCallsThisMonth)
  }

  /** Those of them that are reserved for people: fewer, the nearer the end of the month. */
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

  /** Whether the plan has few calls: some of the data that only calls reveal may then be old or missing. */
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

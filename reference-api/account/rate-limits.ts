import { SlidingWindow } from './sliding-window.ts'
import type { Account } from '../store/accounts.ts'
import type { CallTable } from '../store/calls.ts'
import { startOfNextMonth, toMonth } from '../timestamps.ts'

const windowMs = 60_000

export type LimitedWindow = 'minute' | 'month'

/** The state of the windows after an accepted call. */
export interface Accepted {
  accepted: true
  month: string
  monthCount: number
  windowCount: number
}

export interface Refused {
  accepted: false
  window: LimitedWindow
  retryAfterS: number
}

interface Usage {
  window: SlidingWindow
  month: string
  monthEndsAt: number
  monthCount: number
}

/** Both windows of every account: any 60 seconds, and the calendar month in UTC. They survive a restart. */
export class RateLimits {
  readonly #calls: CallTable
  readonly #byAccount = new Map<string, Usage>()

  constructor(calls: CallTable) {
    this.#calls = calls
  }

  /** Counts a call if both windows allow it, and otherwise leaves both unchanged. */
  admit(account: Account, now: number): Accepted | Refused {
    const usage = this.#usageOf(account.id, now)
    const minuteIsFull = usage.window.count(now) >= account.perMinute
    const monthIsSpent = usage.monthCount >= account.perMonth
    if (minuteIsFull || monthIsSpent) {
      const minuteOpensAt = minuteIsFull ? usage.window.fallsBelow(account.perMinute) : now
      const monthOpensAt = monthIsSpent ? usage.monthEndsAt : now
      return {
        accepted: false,
        window: monthIsSpent ? 'month' : 'minute',
        retryAfterS: Math.ceil((Math.max(minuteOpensAt, monthOpensAt) - now) / 1000),
      }
    }
    return this.#count(account.id, usage, now)
  }

  /** Counts a call to which no limit applies: every response except 401 and 429 counts. */
  count(accountId: string, now: number): Accepted {
    return this.#count(accountId, this.#usageOf(accountId, now), now)
  }

  /**
   * Counts calls that were made earlier in the month, outside the current minute. They count even beyond the
   * month's limit, as on an account that had a larger plan. Returns the month afterwards.
   */
  spendEarlier(accountId: string, count: number, now: number): { month: string; monthCount: number } {
    const usage = this.#usageOf(accountId, now)
    usage.monthCount += count
    this.#calls.insert(accountId, now - windowMs, usage.month, usage.monthCount, windowMs)
    return { month: usage.month, monthCount: usage.monthCount }
  }

  /** The counted calls of this month. */
  monthCount(accountId: string, now: number): number {
    return this.#usageOf(accountId, now).monthCount
  }

  #count(accountId: string, usage: Usage, now: number): Accepted {
    usage.window.add(now)
    usage.monthCount += 1
    this.#calls.insert(accountId, now, usage.month, usage.monthCount, windowMs)
    return {
      accepted: true,
      month: usage.month,
      monthCount: usage.monthCount,
      windowCount: usage.window.count(now),
    }
  }

  #usageOf(accountId: string, now: number): Usage {
    let usage = this.#byAccount.get(accountId)
    if (usage === undefined) this.#byAccount.set(accountId, (usage = this.#restore(accountId, now)))
    if (now >= usage.monthEndsAt) {
      usage.month = toMonth(now)
      usage.monthEndsAt = startOfNextMonth(now)
      usage.monthCount = 0
    }
    return usage
  }

  #restore(accountId: string, now: number): Usage {
    const recent = this.#calls.recent(accountId, now, windowMs)
    const window = new SlidingWindow(windowMs)
    for (const at of recent.times) window.add(at)
    const month = toMonth(now)
    const monthCount = recent.month === month ? recent.monthCount : 0
    return { window, month, monthEndsAt: startOfNextMonth(now), monthCount }
  }
}

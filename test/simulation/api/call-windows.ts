/** The limits of an account's calls. */
export interface ApiLimits {
  plan: 'pro' | 'advanced'
  /** In any 60 seconds. */
  perMinute: number
  /** In a calendar month, UTC. */
  perMonth: number
}

export interface Refusal {
  window: 'minute' | 'month'
  /** When a call would be accepted. */
  untilMs: number
}

const minuteMs = 60_000

/** Both windows of an account, as the API counts them, for all of its clients together. */
export class CallWindows {
  callsThisMonth = 0
  #ourCallsThisMonth = 0
  /** Over all months. */
  ourCalls = 0
  readonly #limits: ApiLimits
  readonly #now: () => number
  /** Of the last minute. */
  readonly #recent: { atMs: number; isOurs: boolean }[] = []
  #month = ''

  constructor(limits: ApiLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  get ourCallsThisMonth(): number {
    this.#turnMonth()
    return this.#ourCallsThisMonth
  }

  /** Whether other clients make calls in this month. */
  get hasSpenders(): boolean {
    return this.callsThisMonth > this.ourCallsThisMonth
  }

  /** Whether other clients made calls in the minute that ends now. */
  get hasOthers(): boolean {
    return this.#recent.some(({ isOurs }) => !isOurs)
  }

  /** @returns null if the call is accepted, and counts it */
  admit({ isOurs }: { isOurs: boolean }): Refusal | null {
    const nowMs = this.#now()
    const month = this.#turnMonth()
    while (this.#recent[0] !== undefined && this.#recent[0].atMs <= nowMs - minuteMs) this.#recent.shift()
    const leaves = this.#recent.at(-this.#limits.perMinute)
    const minuteOpensMs = leaves === undefined ? nowMs : leaves.atMs + minuteMs
    if (this.callsThisMonth >= this.#limits.perMonth) {
      const monthEndsMs = Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)))
      return { window: 'month', untilMs: Math.max(monthEndsMs, minuteOpensMs) }
    }
    if (leaves !== undefined) return { window: 'minute', untilMs: minuteOpensMs }
    this.#recent.push({ atMs: nowMs, isOurs })
    this.callsThisMonth++
    if (isOurs) {
      this.ourCalls++
      this.#ourCallsThisMonth++
    }
    return null
  }

  /** Counts calls that were made earlier in the month. */
  spendEarlier(count: number): void {
    this.#turnMonth()
    this.callsThisMonth += count
  }

  #turnMonth(): string {
    const month = new Date(this.#now()).toISOString().slice(0, 7)
    if (month !== this.#month) {
      this.#month = month
      this.callsThisMonth = 0
      this.#ourCallsThisMonth = 0
    }
    return month
  }
}

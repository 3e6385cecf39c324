import { randomUUID } from 'node:crypto'
import { HubSpotError } from '../errors.ts'

/**
 * Calls in ten seconds, for each app, and calls a day, for the whole account:
 * https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines (privately distributed apps).
 */
export const limitsOfTier = {
  free: { tenSecondly: 100, daily: 250_000 },
  starter: { tenSecondly: 100, daily: 250_000 },
  professional: { tenSecondly: 190, daily: 625_000 },
  enterprise: { tenSecondly: 190, daily: 1_000_000 },
} as const

export type Tier = keyof typeof limitsOfTier

export interface Limits {
  tenSecondly: number
  daily: number
}

export interface RateLimits {
  /** Counts the call, or refuses it with 429; a refused call counts in no limit. */
  admit(): HubSpotError | null
  /** With the names of the same page; that `remaining` describes the rolling window is our assumption. */
  headers(): Record<string, string>
  /** Makes calls of other apps of the account, which only the daily limit counts. */
  spend(calls: number): void
  setLimits(limits: Limits): void
  readonly limits: Limits
  readonly usedToday: number
  readonly resetsAtMs: number
  readonly peakIn10Seconds: number
  readonly refused: number
}

const windowMs = 10_000

export function createRateLimits(now: () => number, timeZone: string, initial: Limits): RateLimits {
  let limits = initial
  const admitted: number[] = []
  let oldest = 0
  let usedToday = 0
  let resetsAtMs = nextMidnight(now(), timeZone)
  let peak = 0
  let refused = 0

  function look(): number {
    const nowMs = now()
    if (nowMs >= resetsAtMs) {
      usedToday = 0
      resetsAtMs = nextMidnight(nowMs, timeZone)
    }
    while (oldest < admitted.length && (admitted[oldest] ?? 0) <= nowMs - windowMs) oldest++
    if (oldest > 4096 && oldest * 2 > admitted.length) {
      admitted.splice(0, oldest)
      oldest = 0
    }
    return admitted.length - oldest
  }

  return {
    admit: () => {
      const inWindow = look()
      if (usedToday >= limits.daily) {
        refused++
        return rateLimited('DAILY')
      }
      if (inWindow >= limits.tenSecondly) {
        refused++
        return rateLimited('TEN_SECONDLY_ROLLING')
      }
      admitted.push(now())
      usedToday++
      peak = Math.max(peak, inWindow + 1)
      return null
    },
    headers: () => ({
      'x-hubspot-ratelimit-daily': String(limits.daily),
      'x-hubspot-ratelimit-daily-remaining': String(Math.max(0, limits.daily - usedToday)),
      'x-hubspot-ratelimit-interval-milliseconds': String(windowMs),
      'x-hubspot-ratelimit-max': String(limits.tenSecondly),
      'x-hubspot-ratelimit-remaining': String(Math.max(0, limits.tenSecondly - look())),
    }),
    spend: (calls) => {
      look()
      usedToday += calls
    },
    setLimits: (next) => {
      limits = next
    },
    get limits() {
      return limits
    },
    get usedToday() {
      look()
      return usedToday
    },
    get resetsAtMs() {
      look()
      return resetsAtMs
    },
    get peakIn10Seconds() {
      return peak
    },
    get refused() {
      return refused
    },
  }
}

/** The 429 of the same page. It names no Retry-After, so there is none. */
export function rateLimited(policyName: 'DAILY' | 'TEN_SECONDLY_ROLLING' | 'SECONDLY'): HubSpotError {
  return new HubSpotError(429, {
    message: `You have reached your ${policyName.toLowerCase()} limit.`,
    errorType: 'RATE_LIMIT',
    policyName,
    requestId: randomUUID(),
  })
}

/** How far the clocks of a time zone are ahead of UTC. */
export function utcOffsetMs(atMs: number, timeZone: string): number {
  const name = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(atMs)
    .find((part) => part.type === 'timeZoneName')?.value
  const [, sign, hours, minutes] = /GMT([+-])(\d{2}):(\d{2})/.exec(name ?? '') ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000
}

/** "The daily limit resets at midnight based on your time zone setting" (the same page). */
function nextMidnight(nowMs: number, timeZone: string): number {
  const dayMs = 86_400_000
  const local = nowMs + utcOffsetMs(nowMs, timeZone)
  const midnight = (Math.floor(local / dayMs) + 1) * dayMs
  return midnight - utcOffsetMs(midnight - utcOffsetMs(nowMs, timeZone), timeZone)
}

export const plans = ['starter', 'pro', 'advanced'] as const

export type Plan = (typeof plans)[number]

/** The limits of an account's calls. */
export interface Limits {
  /** In any 60 seconds. */
  perMinute: number
  /** In a calendar month, UTC. */
  perMonth: number
}

/** Starter does not include the API: its calls are refused because of the plan, before any limit is checked. */
export const planLimits: Record<Plan, Limits> = {
  starter: { perMinute: 0, perMonth: 0 },
  pro: { perMinute: 60, perMonth: 5_000 },
  advanced: { perMinute: 600, perMonth: 100_000 },
}

/** The most dynamic codes of an account. */
export const dynamicQrLimit = 250

export function hasGeolocation(plan: Plan): boolean {
  return plan === 'advanced'
}

/** Whether one call can create many codes. */
export function hasBulk(plan: Plan): boolean {
  return plan === 'advanced'
}

export const plans = ['starter', 'pro', 'advanced'] as const

export type Plan = (typeof plans)[number]

/** How many calls an account may make. */
export interface Limits {
  /** In any 60 seconds. */
  perMinute: number
  /** In a calendar month, UTC. */
  perMonth: number
}

/** Starter has no API at all: its calls are refused for the plan before any limit is looked at. */
export const planLimits: Record<Plan, Limits> = {
  starter: { perMinute: 0, perMonth: 0 },
  pro: { perMinute: 60, perMonth: 5_000 },
  advanced: { perMinute: 600, perMonth: 100_000 },
}

/** Dynamic codes that an account may have. */
export const dynamicQrLimit = 250

export function hasGeolocation(plan: Plan): boolean {
  return plan === 'advanced'
}

/** Whether many codes can be created in one call. */
export function hasBulk(plan: Plan): boolean {
  return plan === 'advanced'
}

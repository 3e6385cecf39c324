declare const isDelay: unique symbol

/** A time to wait in ms: whole, at least a second, at most 32 days. Temporal takes 0 for "never again". */
export type DelayMs = number & { readonly [isDelay]: true }

export const shortestDelayMs = 1_000
/** Longer than any window that a vendor counts calls by. */
export const longestDelayMs = 32 * 24 * 3_600_000

/** The only way to a {@link DelayMs}: what is too short or too long, or no number at all, becomes the nearest that can be. */
export function delayMs(ms: number): DelayMs {
  const whole = Number.isNaN(ms)
    ? shortestDelayMs
    : Math.ceil(Math.min(Math.max(ms, shortestDelayMs), longestDelayMs))
  return whole as DelayMs
}

declare const isDelay: unique symbol

/** A time to wait in ms: whole, at least a second, at most 32 days. Temporal reads 0 as "do not retry". */
export type DelayMs = number & { readonly [isDelay]: true }

export const shortestDelayMs = 1_000
/** Longer than any window in which a vendor counts calls. */
export const longestDelayMs = 32 * 24 * 3_600_000

/**
 * The only way to create a {@link DelayMs}: a number that is too small or too large, or not a number, becomes
 * the nearest allowed one.
 */
export function delayMs(ms: number): DelayMs {
  const whole = Number.isNaN(ms)
    ? shortestDelayMs
    : Math.ceil(Math.min(Math.max(ms, shortestDelayMs), longestDelayMs))
  return whole as DelayMs
}

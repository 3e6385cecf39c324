import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError } from '../../model/connector-error.ts'

interface Patience {
  /** The longest total wait. */
  longestMs: number
  /** The wait before each repetition, if the vendor names no time. */
  usualMs: number
}

const patience: Partial<Record<string, Patience>> = {
  DESTINATION_RATE_LIMITED: { longestMs: 60_000, usualMs: 2_000 },
  // The worker locks its file during a delivery. A user who opened the file elsewhere should learn that soon.
  DESTINATION_BUSY: { longestMs: 10_000, usualMs: 500 },
}

/**
 * Repeats a request while the vendor's rate limit is reached, or while another process has locked what it reads.
 *
 * @throws its error once that takes too long
 */
export async function patiently<Result>(
  ask: () => Promise<Result>,
  wait: (ms: number) => Promise<unknown> = (ms) => sleep(ms),
): Promise<Result> {
  let waitedMs = 0
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error
      const allowed = patience[error.code]
      if (allowed === undefined) throw error
      const waitMs = typeof error.retry === 'object' ? error.retry.afterMs : allowed.usualMs
      waitedMs += waitMs
      if (waitedMs > allowed.longestMs) throw error
      await wait(waitMs)
    }
  }
}

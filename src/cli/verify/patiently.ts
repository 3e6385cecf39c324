import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError } from '../../model/connector-error.ts'

/** The longest total wait for a vendor whose rate limit is reached. */
const longestWaitMs = 60_000
/** Used if the vendor names no time. */
const usualWaitMs = 2_000

/**
 * Repeats a request while the vendor's rate limit is reached.
 *
 * @throws its error once that takes longer than a minute
 */
export async function patiently<Result>(
  ask: () => Promise<Result>,
  wait: (ms: number) => Promise<unknown> = (ms) => sleep(ms),
): Promise<Result> {
  let leftMs = longestWaitMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ConnectorError) || error.code !== 'DESTINATION_RATE_LIMITED') throw error
      const waitMs = typeof error.retry === 'object' ? error.retry.afterMs : usualWaitMs
      leftMs -= waitMs
      if (leftMs < 0) throw error
      await wait(waitMs)
    }
  }
}

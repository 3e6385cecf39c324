import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError } from '../../model/connector-error.ts'

/** A person waits this long, all in all, for a vendor whose rate limit is reached. */
const longestWaitMs = 60_000
/** Where the vendor does not say how long. */
const usualWaitMs = 2_000

/**
 * Asks a vendor again while it only says that it was asked too often.
 *
 * @throws its error, once that takes longer than a minute
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

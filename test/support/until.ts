import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits for a state that something else causes; a test's time limit ends it.
 *
 * @param everyMs longer if a check slows down what it waits for
 */
export async function until(isReached: () => boolean | Promise<boolean>, everyMs = 50): Promise<void> {
  while (!(await isReached())) await sleep(everyMs)
}

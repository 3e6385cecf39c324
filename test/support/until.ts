import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits for a state that somebody else brings about; a test's time limit ends it.
 *
 * @param everyMs more where a look takes from those who are to bring it about
 */
export async function until(isReached: () => boolean | Promise<boolean>, everyMs = 50): Promise<void> {
  while (!(await isReached())) await sleep(everyMs)
}

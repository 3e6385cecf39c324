import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a state that somebody else brings about; a test's time limit ends it. */
export async function until(isReached: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isReached())) await sleep(50)
}

import type { ActivityDeps } from '../deps.ts'
import { hasDueReplays } from '../../src/ledger/deliveries/rejects.ts'
import { readDueStreams } from './read-due-streams.ts'

/** Whether a delivery to any destination would find something to do now, gathered rows included. */
export async function isAnythingDue(deps: ActivityDeps): Promise<boolean> {
  const { ledger, connector, clock, destinations } = deps
  const asked = { isUrgent: true, retriesFailed: false }
  for (const [name, destination] of destinations) {
    const streams = await readDueStreams(deps, name, destination, asked)
    if (streams.some(({ isFailing }) => !isFailing)) return true
    if (await hasDueReplays(ledger, { connector, destination: name }, clock.now())) return true
  }
  return false
}

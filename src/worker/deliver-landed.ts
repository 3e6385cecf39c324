import type { ActivityDeps } from '../../activities/deps.ts'
import { isAnythingDue } from '../../activities/delivery/read-due-streams.ts'
import { readConnector } from '../ledger/connector/connector-state.ts'

/**
 * Starts the deliveries of what has landed and is not delivered, such as all of it to a destination that is new in the config file.
 * Otherwise deliveries start after a call. If the month's calls are spent, that may be weeks away.
 */
export async function deliverLanded(deps: ActivityDeps): Promise<void> {
  const { connector, destinations, ledger } = deps
  // Nothing has landed yet: the first sync starts them.
  if ((await readConnector(ledger, connector)).listed_at_ms === null) return
  if (!(await isAnythingDue(deps, await readConnector(deps.ledger, deps.connector)))) return
  for (const name of destinations.keys()) await deps.signalDelivery(name, false)
}

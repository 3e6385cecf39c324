import type { Destination } from '../../src/destinations/destination.ts'
import { replayDue } from '../../src/ledger/deliveries/rejects.ts'
import { noteTarget } from '../../src/ledger/deliveries/targets.ts'
import { ConnectorError } from '../../src/model/connector-error.ts'
import type { ActivityDeps } from '../deps.ts'

/**
 * Resets the delivery if the destination writes to something else than before (another account, dataset or file), and replays
 * rows whose retry is due (the destination refused them together with others).
 *
 * @returns the error if the destination cannot say now what it writes to, else null. After an error, deliver nothing: the rows
 *   might go to the wrong place
 */
export async function beginDelivery(
  { ledger, connector, clock, observer }: ActivityDeps,
  name: string,
  destination: Destination,
): Promise<ConnectorError | null> {
  const nowMs = clock.now()
  const place = { connector, destination: name }
  for (const stream of destination.streams) await replayDue(ledger, { ...place, stream }, nowMs)
  const identity = await identityOf(destination)
  if (identity instanceof ConnectorError) return identity
  const before = await noteTarget(ledger, place, identity, nowMs)
  if (before !== null) observer.targetChanged({ ...place, before, now: identity })
  return null
}

async function identityOf(destination: Destination): Promise<string | ConnectorError> {
  try {
    return await destination.identity()
  } catch (error) {
    if (error instanceof ConnectorError) return error
    throw error
  }
}

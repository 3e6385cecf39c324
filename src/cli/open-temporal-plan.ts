import type { Served } from '../config/load-configs.ts'
import type { AsyncClosingStack } from '../model/closing-stack.ts'
import { planTemporal, type TemporalPlan } from '../temporal/plan-temporal.ts'
import { connectToRunningServer, isServerKnown } from '../temporal/server/running-server.ts'

/**
 * Reads what config files require of their Temporal server and is missing there.
 *
 * @param opened closes the connection, after the last use of the plan
 * @returns null if there is no server to read: `up` starts one
 * @throws ConnectorError TEMPORAL_UNREACHABLE
 */
export async function openTemporalPlan(
  served: Served,
  opened: AsyncClosingStack,
): Promise<TemporalPlan | null> {
  const [config] = served.configs
  if (!isServerKnown(config)) return null
  const temporal = await connectToRunningServer(config)
  opened.defer(() => temporal.close())
  return planTemporal(temporal, served)
}

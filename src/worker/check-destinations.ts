import type { ActivityDeps } from '../../activities/deps.ts'
import { ConnectorError } from '../model/connector-error.ts'

/**
 * Reports where each destination is and what is missing there. A problem of one destination delays only its own deliveries, which
 * wait until it is fixed. The connector fails to start only if no destination can be used.
 */
export async function checkDestinations(
  destinations: ActivityDeps['destinations'],
  onStep: (text: string) => void,
): Promise<void> {
  const failures: unknown[] = []
  for (const [name, destination] of destinations) {
    try {
      const { identity, needs } = await destination.check()
      onStep(`Destination ${name}: ${identity}`)
      for (const need of needs.filter(({ isMet }) => !isMet)) {
        onStep(`Destination ${name}: missing: ${[need.what, need.advice].join('. ')}`)
      }
    } catch (error) {
      failures.push(error)
      onStep(error instanceof ConnectorError ? `${error.code}: ${error.message}` : String(error))
    } finally {
      await destination.close()
    }
  }
  if (failures.length === destinations.size) throw failures[0]
}

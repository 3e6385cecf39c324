import type { ActivityDeps } from '../../activities/deps.ts'
import { ConnectorError } from '../model/connector-error.ts'

/**
 * Tells where each destination is and what is missing there. That is its own affair: its deliveries wait until it is mended. Only
 * where none can be used there is nothing to start for.
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

import type { Config } from '../config/schema.ts'
import { vendorOf } from '../destinations/vendors.ts'
import type { Observability } from '../observability/start-observability.ts'
import type { PageConnector } from '../page/page-contract.ts'
import { startPage, type RunningPage } from '../page/start-page.ts'
import type { RunningConnectors } from '../worker/run-connectors.ts'
import { knownDestinations } from './known-destinations.ts'

/**
 * Serves the page of a worker, with the settings of its first config file at the start. What the page shows
 * follows the files.
 *
 * @param onStep is called with the address, or with why there is no page: the worker runs either way
 * @returns null if there is no page
 */
export async function openPage(
  running: RunningConnectors,
  { logger }: Observability,
  onStep: (text: string) => void,
): Promise<RunningPage | null> {
  const { place, temporal } = running
  const page = running.configs[0]?.observability.page ?? false
  if (page === false) return null
  try {
    const opened = await startPage(page === true ? { host: '127.0.0.1' } : page, {
      connectors: () => running.configs.map(toPageConnector),
      find(connector) {
        const deps = running.served.find((each) => each.connector === connector)
        return deps === undefined ? null : { connector, ledger: deps.ledger, place }
      },
      temporalUi: { uiUrl: temporal.uiUrl, namespace: temporal.namespace },
      logger,
    })
    onStep(`Open ${opened.url} to see scans, and what is running.`)
    return opened
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    onStep(
      `The page cannot be served (observability.page): ${reason}. Free the port, or use another. Everything else runs.`,
    )
    return null
  }
}

/** Returns what pages need to know about a connector. */
export function toPageConnector(config: Config): PageConnector {
  return {
    connector: config.connector,
    location: config.ledger.location,
    share: config.budget.share,
    hasAnalytics: config.analytics,
    codes: config.codes,
    destinations: knownDestinations(config).map(({ name, type, streams, gatherMs }) => {
      const settings = config.destinations[name]
      const where = settings === undefined ? '' : vendorOf(settings).where(settings)
      return { name, type, where, streams, gatherMs }
    }),
  }
}

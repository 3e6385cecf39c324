import type { Served } from '../config/load-configs.ts'
import { knownDestinations } from './known-destinations.ts'
import { vendorOf } from '../destinations/vendors.ts'
import type { Observability } from '../observability/start-observability.ts'
import type { PageConnector } from '../page/page-contract.ts'
import { startPage, type RunningPage } from '../page/start-page.ts'
import type { RunningConnectors } from '../worker/run-connectors.ts'

/**
 * Serves the page of a worker, as its first config file says.
 *
 * @param onStep is told where it is, or why there is none: the worker runs either way
 * @returns null where there is none
 */
export async function openPage(
  { configs }: Served,
  { served, place, temporal }: RunningConnectors,
  { logger }: Observability,
  onStep: (text: string) => void,
): Promise<RunningPage | null> {
  const { page } = configs[0].observability
  if (page === false) return null
  const settings = page === true ? { host: '127.0.0.1' } : page
  const connectors: PageConnector[] = configs.map((config) => ({
    connector: config.connector,
    location: config.ledger.location,
    share: config.budget.share,
    codes: config.codes,
    destinations: knownDestinations(config).map(({ name, type, streams, gatherMs }) => {
      const settingsOf = config.destinations[name]
      return {
        name,
        type,
        where: settingsOf === undefined ? '' : vendorOf(settingsOf).where(settingsOf),
        streams,
        gatherMs,
      }
    }),
  }))
  try {
    const running = await startPage(settings, {
      connectors: () => connectors,
      find(connector) {
        const deps = served.find((each) => each.connector === connector)
        return deps === undefined ? null : { connector, ledger: deps.ledger, place }
      },
      temporalUi: { uiUrl: temporal.uiUrl, namespace: temporal.namespace },
      logger,
    })
    onStep(`Open ${running.url} to see scans, and what is running.`)
    return running
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    onStep(
      `The page cannot be served (observability.page): ${reason}. Free the port, or use another. Everything else runs.`,
    )
    return null
  }
}

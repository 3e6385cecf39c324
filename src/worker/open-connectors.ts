import type { ActivityDeps } from '../../activities/deps.ts'
import { identify } from '../../activities/sync/identify.ts'
import { readConnector } from '../ledger/connector/connector-state.ts'
import { failAsTheApi } from './fail-as-the-api.ts'
import { CallsSpent } from '../../activities/sync/calls-spent.ts'
import type { Observer } from '../../activities/observer.ts'
import type { Config } from '../config/schema.ts'
import { ensureConnector } from '../ledger/connector/connector-state.ts'
import { openLedgerClock } from '../ledger/base/ledger-clock.ts'
import { openLedger } from '../ledger/base/open-ledger.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import type { AsyncClosingStack } from '../model/closing-stack.ts'
import { ConnectorError } from '../model/connector-error.ts'
import type { Place } from '../temporal/place.ts'
import { checkDestinations } from './check-destinations.ts'
import { createActivityDeps } from './create-activity-deps.ts'
import { openDestinations } from './open-destinations.ts'
import { replayKeptRows } from './replay-kept-rows.ts'

export interface OpenOptions {
  configs: readonly Config[]
  place: Promise<Place>
  observer: Observer
  /** Collects what has to be closed again. */
  opened: Pick<AsyncClosingStack, 'defer'>
}

/** Opens the parts of each connector; connectors with the same ledger share it. */
export async function openConnectors(options: OpenOptions): Promise<ActivityDeps[]> {
  const { configs, place, observer, opened } = options
  const ledgers = new Map<string, OpenedLedger>()
  const served: ActivityDeps[] = []
  for (const config of configs) {
    const { ledger, now } = await openOnce(ledgers, config.ledger.location, opened)
    await ensureConnector(ledger, config.connector)
    // A newer version may read what an older one could not.
    await replayKeptRows(config, ledger)
    const destinations = await openDestinations(config, ledger)
    const deps = createActivityDeps(config, { ledger, now, destinations, observer }, place)
    // If a connector's config changes meanwhile, `LiveConnectors` closes its current parts.
    opened.defer(() => deps.api.close())
    served.push(deps)
  }
  return served
}

interface OpenedLedger {
  ledger: Ledger
  now: () => number
}

async function openOnce(
  ledgers: Map<string, OpenedLedger>,
  location: string,
  opened: Pick<AsyncClosingStack, 'defer'>,
): Promise<OpenedLedger> {
  const known = ledgers.get(location)
  if (known !== undefined) return known
  const ledger = await openLedger(location)
  opened.defer(() => ledger.destroy())
  const own = { ledger, now: await openLedgerClock(ledger) }
  ledgers.set(location, own)
  return own
}

const lookedAtOnce = 8

/**
 * Checks access to each connector's destinations and API. A problem of one connector is reported and affects only that one, as it
 * does later. It fails only if no connector can be used.
 */
export async function tryConnectors(
  served: readonly ActivityDeps[],
  { onProgress, onStep }: { onProgress: (text: string) => void; onStep: (text: string) => void },
): Promise<void> {
  const failures: unknown[] = []
  const isOne = served.length === 1
  const each = served.values()
  const tryNext = async () => {
    for (const deps of each) {
      const { connector } = deps
      const tell = isOne
        ? onStep
        : (text: string) => {
            onStep(`${connector}: ${text}`)
          }
      try {
        await checkDestinations(deps.destinations, tell)
        onProgress(`Checking the API key of ${connector}`)
        await identify(deps).catch(ignoreSpentCalls)
        const { identified_at_ms: identifiedMs } = await readConnector(deps.ledger, connector)
        // If the account is known, everything that works continues.
        if (identifiedMs === null) await failAsTheApi(deps)
      } catch (error) {
        failures.push(error)
        if (!isOne && error instanceof ConnectorError) tell(`${error.code}: ${error.message}`)
      }
    }
  }
  await Promise.all(Array.from({ length: lookedAtOnce }, tryNext))
  const defect = failures.find((error) => !(error instanceof ConnectorError))
  if (defect !== undefined || failures.length === served.length) throw defect ?? failures[0]
}

/** The key is valid, but its calls are spent. The sync waits for more calls automatically. */
function ignoreSpentCalls(error: unknown): void {
  if (!(error instanceof CallsSpent)) throw error
}

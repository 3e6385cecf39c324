import { holdLease } from '../../activities/sync/hold-lease.ts'
import { refreshCatalogue } from '../../activities/sync/refresh-catalogue.ts'
import type { SliceResult } from '../../activities/contract.ts'
import { noObserver } from '../../activities/observer.ts'
import type { Config } from '../config/schema.ts'
import { ensureConnector } from '../ledger/connector/connector-state.ts'
import { openLedgerClock } from '../ledger/base/ledger-clock.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { createActivityDeps } from './create-activity-deps.ts'
import { failAsTheApi } from './fail-as-the-api.ts'

/**
 * Asks for what a forecast needs of an account that was never synced: who it is, and its list of codes. It is landed, so the
 * first sync need not ask again.
 *
 * @throws ConnectorError of the API
 */
export async function firstLook(config: Config, ledger: Ledger): Promise<SliceResult> {
  await ensureConnector(ledger, config.connector)
  // Nothing is delivered, so neither Temporal nor a destination is asked for.
  const place = Promise.withResolvers<never>().promise
  const now = await openLedgerClock(ledger)
  const parts = { ledger, now, destinations: new Map(), observer: noObserver }
  const deps = createActivityDeps(config, parts, place)
  const { signal } = new AbortController()
  let calls = 0
  try {
    for (;;) {
      const slice = await holdLease(deps, { signal, isForPerson: true }, (held) =>
        refreshCatalogue(deps, held),
      )
      calls += slice.calls
      if (slice.wait?.reason === 'outage' || slice.wait?.reason === 'failures') await failAsTheApi(deps)
      if (slice.wait?.reason !== 'minute') return { ...slice, calls }
      await deps.clock.sleep(Math.max(slice.wait.untilMs - deps.clock.now(), 1))
    }
  } finally {
    await deps.api.close()
  }
}

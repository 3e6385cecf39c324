import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLedgerClock } from '../ledger/base/ledger-clock.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import type { Actor } from '../ledger/connector/audit-tables.ts'
import { releaseLease, takeLease } from '../ledger/connector/lease.ts'
import { readReached } from '../ledger/deliveries/targets.ts'
import { clearTraces, eraseCode, forgetUnusedKeys, type CodeToErase } from '../ledger/erasure/erase-code.ts'
import { eraseThere } from '../ledger/erasure/erase-there.ts'
import { dropErasures } from '../ledger/erasure/erasures.ts'
import type { Destination } from '../destinations/destination.ts'
import { ConnectorError } from '../model/connector-error.ts'

/** What became of a code in one destination. */
export interface ErasedThere {
  destination: string
  /** Why it has not erased the code; null if it has. */
  problem: string | null
  /** Whether a later delivery tries again. */
  isRetried: boolean
  /** What stays there, why, and for how long. */
  remains: readonly string[]
}

export interface Erased {
  /** What stays in the files of the ledger, why, and for how long. */
  ledgerRemains: readonly string[]
  destinations: readonly ErasedThere[]
}

/** A slice of a sync ends within this time, and then leaves the lease to the process that claims it. */
const longestWaitMs = 60_000
const askEveryMs = 250

/**
 * Erases a code: first in the ledger, then in each destination. While the ledger erases it, no sync fetches anything, because this holds
 * the connector's lease. A destination that cannot erase it now does so with a later delivery; one to which nothing was ever delivered
 * has nothing to erase, and is not asked.
 *
 * @param gone destinations with rows of this connector that the config file no longer has
 * @throws ConnectorError LEDGER_UNAVAILABLE if a sync does not end
 */
export async function erase(
  ledger: Ledger,
  { connector, qrCodeId }: Omit<CodeToErase, 'destinations'>,
  { destinations, gone }: { destinations: ReadonlyMap<string, Destination>; gone: readonly string[] },
  actor: Actor,
): Promise<Erased> {
  const now = await openLedgerClock(ledger)
  const all = [...destinations.keys(), ...gone]
  const linking = [...destinations].filter(([, { links }]) => links !== undefined && links.rules.length > 0)
  const added = await withLease(ledger, connector, now, async () => {
    const asked = await eraseCode(ledger, { connector, qrCodeId, destinations: all }, actor, now())
    await forgetUnusedKeys(
      ledger,
      connector,
      linking.map(([name]) => name),
    )
    return asked.filter((name) => !all.includes(name))
  })
  const reached = await readReached(ledger, connector)
  const ledgerRemains = await clearTraces(ledger)
  const results: ErasedThere[] = []
  for (const [destination, { erasure }] of destinations) {
    const place = { connector, destination }
    // A destination that is gone may be the same place with an old name.
    if (!reached.has(destination) && gone.length === 0) {
      await dropErasures(ledger, place, [qrCodeId])
      results.push({ destination, problem: null, isRetried: false, remains: [] })
      continue
    }
    if (erasure === undefined) {
      await dropErasures(ledger, place, [qrCodeId])
      const problem = 'this type of destination cannot erase: delete the rows of the code there'
      results.push({ destination, problem, isRetried: false, remains: [] })
      continue
    }
    const problem = await eraseThere(ledger, place, { erasure, qrCodeIds: [qrCodeId], now })
    results.push({ destination, problem, isRetried: problem !== null, remains: erasure.remains })
  }
  for (const destination of gone) {
    const problem =
      'the config file no longer has this destination: delete the rows of the code there. If the file gets it back, it erases them.'
    results.push({ destination, problem, isRetried: false, remains: [] })
  }
  for (const destination of added) {
    const problem =
      'the config file did not have it when this command began: its next delivery erases the code.'
    results.push({ destination, problem, isRetried: true, remains: [] })
  }
  return { ledgerRemains, destinations: results }
}

async function withLease<T>(
  ledger: Ledger,
  connector: string,
  now: () => number,
  work: () => Promise<T>,
): Promise<T> {
  const holder = randomUUID()
  const endsAtMs = Date.now() + longestWaitMs
  while ((await takeLease(ledger, connector, { holder, isManual: true, nowMs: now() })) !== null) {
    if (Date.now() > endsAtMs) {
      throw new ConnectorError(
        'LEDGER_UNAVAILABLE',
        'A sync is running and has not made room for a minute. Nothing was erased. Try again, or run "qrsync pause" first.',
        { retry: 'never' },
      )
    }
    await sleep(askEveryMs)
  }
  try {
    return await work()
  } finally {
    await releaseLease(ledger, connector, holder)
  }
}

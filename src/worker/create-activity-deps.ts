import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ActivityDeps } from '../../activities/deps.ts'
import { noObserver } from '../../activities/observer.ts'
import { createApiClient } from '../source/client.ts'
import { RuleBooks } from '../budget/price/rule-books.ts'
import { settingsOf } from '../config/settings/code-settings.ts'
import { createMask } from '../config/create-mask.ts'
import type { Config } from '../config/schema.ts'
import { openLedgerClock } from '../ledger/base/ledger-clock.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { requireRoom } from '../ledger/base/require-room.ts'
import type { Place } from '../temporal/place.ts'
import { dueMs } from '../temporal/due-ms.ts'
import { signalDelivery } from '../temporal/signal-delivery.ts'

const callTimeoutMs = 30_000

/** What several connectors share, or what is opened before their activities. */
export interface ConnectorParts extends Pick<ActivityDeps, 'ledger' | 'destinations' | 'observer'> {
  /** The ledger's clock ({@link import('../ledger/base/ledger-clock.ts').openLedgerClock}). */
  now: () => number
}

/** For reading the API alone: nothing is delivered, so neither Temporal nor a destination is used. */
export async function createSourceDeps(config: Config, ledger: Ledger): Promise<ActivityDeps> {
  const place = Promise.withResolvers<never>().promise
  const now = await openLedgerClock(ledger)
  return createActivityDeps(config, { ledger, now, destinations: new Map(), observer: noObserver }, place)
}

/** Creates everything that one connector's activities use. */
export function createActivityDeps(
  config: Config,
  { ledger, now, destinations, observer }: ConnectorParts,
  place: Promise<Place>,
): ActivityDeps {
  const { connector, source, privacy } = config
  return {
    connector,
    ledger,
    requireRoom: () => requireRoom(config.ledger.location),
    callTimeoutMs,
    heldPlan: source.plan === 'auto' ? null : source.plan,
    callsPerMinute: source.calls_per_minute ?? null,
    api: createApiClient({
      baseUrl: source.url,
      apiKey: source.key,
      timeoutMs: callTimeoutMs,
      ...(privacy && { mask: createMask(privacy) }),
    }),
    keyFingerprint: createHash('sha256').update(source.key).digest('hex').slice(0, 16),
    destinations,
    budget: config.budget,
    keepCallsMs: config.ledger.keepCallsMs,
    hasAnalytics: config.analytics,
    settingsOf: config.codes.length === 0 ? null : (code) => settingsOf(config.codes, code),
    dueMs: (untilMs, nowMs) => dueMs(config.schedule, untilMs, nowMs),
    rules: new RuleBooks(),
    clock: { now, sleep: (ms) => sleep(ms) },
    observer,
    signalDelivery: async (destination, isUrgent) =>
      signalDelivery(await place, connector, destination, isUrgent),
  }
}

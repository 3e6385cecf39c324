import type { DeliveredStream } from '../streams/streams.ts'
import { readConnector } from '../ledger/connector/connector-state.ts'
import { readDelivery } from '../ledger/deliveries/deliveries.ts'
import { readWaitingKeys } from '../ledger/summaries/link-keys.ts'
import { countRejects } from '../ledger/deliveries/rejects.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { readTarget } from '../ledger/deliveries/targets.ts'
import { readBacklog } from './read-backlog.ts'

export interface DestinationStanding {
  /** What it still has to receive, over all its streams: see {@link import('./read-backlog.ts').StreamBacklog}. */
  rowsBehind: number
  /** When it last had every row that had landed by then; null if it never had. */
  completeAtMs: number | null
  /** Rows that it has refused. */
  refused: number
  /**
   * What it writes to and what it wrote to before, while qrsync fills it again after that change; otherwise
   * null.
   */
  refill: Refill | null
  /** Keys of link rules that have no record yet. */
  waitingKeys: number
  /** From when on a sync looks the first of them up again; null if none waits, or if the next sync does. */
  waitingKeysDueAtMs: number | null
}

export interface Refill {
  before: string
  now: string
  sinceMs: number
}

/** How far a destination is behind the ledger. */
export async function readDestination(
  ledger: Ledger,
  connector: string,
  destination: string,
  streams: readonly DeliveredStream[],
): Promise<DestinationStanding> {
  const state = await readConnector(ledger, connector)
  const standing: DestinationStanding = {
    rowsBehind: 0,
    completeAtMs: Infinity,
    refused: 0,
    refill: null,
    waitingKeys: 0,
    waitingKeysDueAtMs: null,
  }
  for (const stream of streams) {
    const delivery = await readDelivery(ledger, { connector, destination, stream })
    const drainedAtMs = delivery?.drainedAtMs ?? null
    standing.completeAtMs =
      standing.completeAtMs === null || drainedAtMs === null
        ? null
        : Math.min(standing.completeAtMs, drainedAtMs)
    standing.rowsBehind += (await readBacklog(ledger, state, stream, delivery)).rowsBehind
  }
  if (standing.completeAtMs === Infinity) standing.completeAtMs = null
  standing.refused = await countRejects(ledger, { connector, destination })
  standing.refill = await readRefill(ledger, { connector, destination }, standing)
  if (streams.includes('link_summaries')) {
    const { keys, nextLookMs } = await readWaitingKeys(ledger, { connector, destination })
    standing.waitingKeys = keys
    standing.waitingKeysDueAtMs = nextLookMs
  }
  return standing
}

/** Null if it has all rows again, or never wrote to anything else. */
async function readRefill(
  ledger: Ledger,
  key: { connector: string; destination: string },
  { completeAtMs, rowsBehind }: DestinationStanding,
): Promise<Refill | null> {
  const target = await readTarget(ledger, key)
  if (target?.before == null || target.changedAtMs === null) return null
  const isComplete = completeAtMs === null ? rowsBehind === 0 : completeAtMs >= target.changedAtMs
  return isComplete ? null : { before: target.before, now: target.identity, sinceMs: target.changedAtMs }
}

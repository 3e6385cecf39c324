import type { DeliveredStream } from '../streams/streams.ts'
import { readConnector } from '../ledger/connector/connector-state.ts'
import { isBehind, readDelivery } from '../ledger/deliveries/deliveries.ts'
import { readHistories } from '../ledger/codes/known-codes.ts'
import type { Ledger } from '../ledger/base/schema.ts'

const scansPerCall = 100

export interface Progress {
  codes: number
  /** Scans in the ledger. */
  landedScans: number
  /** Scans that the list has reported and that are not in the ledger yet. */
  missingScans: number
  /** The least number of calls that the missing scans need. */
  callsLeft: number
}

export async function readProgress(ledger: Ledger, connector: string): Promise<Progress> {
  const codes = await ledger
    .selectFrom('qr_codes')
    .select(['id', 'listed_scan_count', 'landed_scans', 'set_aside_scans', 'due_since_ms'])
    .where('connector', '=', connector)
    .execute()
  const histories = await readHistories(ledger, connector)
  const progress: Progress = { codes: codes.length, landedScans: 0, missingScans: 0, callsLeft: 0 }
  for (const code of codes) {
    const sent = code.landed_scans + code.set_aside_scans
    const history = histories.get(code.id)?.pending ?? 0
    const news = code.due_since_ms === null ? 0 : Math.max((code.listed_scan_count ?? 0) - sent - history, 1)
    const missing = news + history
    progress.landedScans += code.landed_scans
    progress.missingScans += missing
    progress.callsLeft += Math.ceil(missing / scansPerCall)
  }
  return progress
}

export interface CallCounts {
  calls: number
  /** Answered 429. */
  refused: number
  inWindow: number
}

/** Counts the calls made since a time, and those in the minute's window now. */
export async function countCalls(
  ledger: Ledger,
  connector: string,
  sinceMs: number,
  nowMs: number,
): Promise<CallCounts> {
  const { calls, refused, inWindow } = await ledger
    .selectFrom('calls')
    .select((eb) => [
      eb.fn.countAll<number>().as('calls'),
      eb.fn.countAll<number>().filterWhere('outcome', '=', 'refused').as('refused'),
      eb.fn.countAll<number>().filterWhere('window_until_ms', '>=', nowMs).as('inWindow'),
    ])
    .where('connector', '=', connector)
    // The second condition implies this one, which has an index.
    .where('window_until_ms', '>=', sinceMs)
    .where('sent_at_ms', '>=', sinceMs)
    .where('outcome', '!=', 'not_sent')
    .executeTakeFirstOrThrow()
  return { calls, refused, inWindow }
}

/** Whether a destination has everything that has landed. */
export async function isDelivered(
  ledger: Ledger,
  connector: string,
  destination: string,
  streams: readonly DeliveredStream[],
): Promise<boolean> {
  const state = await readConnector(ledger, connector)
  for (const stream of streams) {
    const delivery = await readDelivery(ledger, { connector, destination, stream })
    if (isBehind(state, stream, delivery)) return false
  }
  return true
}

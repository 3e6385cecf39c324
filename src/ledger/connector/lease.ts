import { minuteWindowMs } from '../../budget/windows.ts'
import { lockConnector } from './connector-state.ts'
import type { Ledger } from '../base/schema.ts'

/** Longer than any pause of a worker that lives, and no longer than a dead one's heartbeat timeout. */
const leaseMs = 5_000

/** For so long after a person's sync has last asked, it is expected to ask again. */
const personMs = 10_000
/** … and before it asks for the first time: a worker starts meanwhile. */
const firstAskMs = 30_000

/** A person's sync that waits for the minute keeps its claim for so long: the window itself, and a call that takes its time. */
const longestClaimMs = 2 * minuteWindowMs

export interface LeaseRequest {
  /** Another for each slice. */
  holder: string
  /** A person waits: the planner's slices let it go first. */
  isForPerson: boolean
  nowMs: number
}

/**
 * Takes or renews the right to spend a connector's calls, so that two syncs (one by the Schedule, one by hand) never pay for
 * the same page.
 *
 * @returns until when somebody else holds it, or is to have it; null when it is ours now, for five seconds
 */
export async function takeLease(
  ledger: Ledger,
  connector: string,
  { holder, isForPerson, nowMs }: LeaseRequest,
): Promise<number | null> {
  return ledger.transaction().execute(async (transaction) => {
    const lease = await lockConnector(transaction, connector)
    const isOurs = lease.lease_holder === holder
    const heldUntilMs = isOurs ? 0 : possible(lease.lease_until_ms, nowMs + leaseMs)
    const leftUntilMs =
      isOurs || isForPerson ? 0 : possible(lease.person_until_ms, nowMs + longestClaimMs + personMs)
    const untilMs = Math.max(heldUntilMs, leftUntilMs)
    const isFree = untilMs <= nowMs
    if (isFree || isForPerson) {
      await transaction
        .updateTable('leases')
        .set({
          ...(isFree && { lease_holder: holder, lease_until_ms: nowMs + leaseMs }),
          ...(isForPerson && { person_until_ms: nowMs + personMs }),
        })
        .where('connector', '=', connector)
        .execute()
    }
    return isFree ? null : untilMs
  })
}

/** What lies further ahead than another worker's clock may be was written before the clock was set back: it says nothing. */
function possible(untilMs: number, latestMs: number): number {
  return untilMs > latestMs + minuteWindowMs ? 0 : untilMs
}

/**
 * A person's sync that waits for a window asks again when that is over: until then the planner must not spend what it waits for.
 * A longer wait (the month is spent, the API has asked for a pause) leaves the lease to others.
 */
export async function keepClaim(
  ledger: Ledger,
  connector: string,
  { forMs, nowMs }: { forMs: number; nowMs: number },
): Promise<void> {
  if (forMs > longestClaimMs) return
  await ledger
    .updateTable('leases')
    .set({ person_until_ms: Math.ceil(nowMs + Math.max(forMs, 0) + personMs) })
    .where('connector', '=', connector)
    .execute()
}

/** Called before starting a manual sync: the Schedule's first run may come in between. */
export async function leaveLeaseToPerson(ledger: Ledger, connector: string, nowMs: number): Promise<void> {
  await ledger
    .updateTable('leases')
    .set({ person_until_ms: nowMs + firstAskMs })
    .where('connector', '=', connector)
    .execute()
}

export async function releaseLease(ledger: Ledger, connector: string, holder: string): Promise<void> {
  await ledger
    .updateTable('leases')
    .set({ lease_holder: null, lease_until_ms: 0 })
    .where('connector', '=', connector)
    .where('lease_holder', '=', holder)
    .execute()
}

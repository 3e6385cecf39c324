import { minuteWindowMs } from '../../budget/windows.ts'
import { prepared } from '../base/prepared.ts'
import type { Ledger } from '../base/schema.ts'
import { lockConnector } from './connector-state.ts'
import { seeTime } from './correct-times.ts'

/**
 * How long a lease lasts without renewal. A running worker renews it well within this time. A dead worker's lease ends no later
 * than its heartbeat times out.
 */
const leaseMs = 5_000

/** How long a manual sync's claim lasts after its last request: the sync asks again within this time. */
const claimMs = 10_000
/** How long a claim lasts before the manual sync's first request: the worker is still starting. */
const firstClaimMs = 30_000

/** The longest wait during which a manual sync keeps its claim: the minute's window, and one slow call. */
const longestClaimMs = 2 * minuteWindowMs

export interface LeaseRequest {
  /** Unique for each slice. */
  holder: string
  /** Whether the sync is manual. Planned slices let a manual sync go first. */
  isManual: boolean
  nowMs: number
}

/**
 * Takes or renews the lease on a connector's calls, so that two syncs (one planned, one manual) never pay for the same page. Corrects
 * stored times first if a clock was wrong ({@link seeTime}): the slice that begins reads them.
 *
 * @returns the time (epoch ms) at which another holder's lease, or a manual sync's claim, ends; null if the caller now holds the
 *   lease, for five seconds
 */
export async function takeLease(
  ledger: Ledger,
  connector: string,
  { holder, isManual, nowMs }: LeaseRequest,
): Promise<number | null> {
  return ledger.transaction().execute(async (transaction) => {
    const lease = await seeTime(transaction, await lockConnector(transaction, connector), nowMs)
    const isOurs = lease.lease_holder === holder
    const heldUntilMs = isOurs ? 0 : possible(lease.lease_until_ms, nowMs + leaseMs)
    const leftUntilMs =
      isOurs || isManual ? 0 : possible(lease.person_until_ms, nowMs + longestClaimMs + claimMs)
    const untilMs = Math.max(heldUntilMs, leftUntilMs)
    const isFree = untilMs <= nowMs
    // Each only its own columns: others write theirs without the connector's lock.
    if (isFree) await holdLease(transaction, { connector, holder, untilMs: nowMs + leaseMs })
    if (isManual) await claimLease(transaction, { connector, untilMs: nowMs + claimMs })
    return isFree ? null : untilMs
  })
}

const holdLease = prepared<{ connector: string; holder: string; untilMs: number }, unknown>((ledger, place) =>
  ledger
    .updateTable('leases')
    .set({ lease_holder: place('holder'), lease_until_ms: place('untilMs') })
    .where('connector', '=', place('connector'))
    .compile(),
)

const claimLease = prepared<{ connector: string; untilMs: number }, unknown>((ledger, place) =>
  ledger
    .updateTable('leases')
    .set({ person_until_ms: place('untilMs') })
    .where('connector', '=', place('connector'))
    .compile(),
)

/** Ignores (as 0) a time that is further ahead than another worker's clock may be: it was written before a clock was set back. */
function possible(untilMs: number, latestMs: number): number {
  return untilMs > latestMs + minuteWindowMs ? 0 : untilMs
}

/**
 * Extends a manual sync's claim while it waits for the minute's window, so that the planner does not spend the calls that it
 * waits for. During a longer wait (the month is spent, or the API has asked for a pause), other syncs may take the lease.
 */
export async function keepClaim(
  ledger: Ledger,
  connector: string,
  { forMs, nowMs }: { forMs: number; nowMs: number },
): Promise<void> {
  if (forMs > longestClaimMs) return
  await ledger
    .updateTable('leases')
    .set({ person_until_ms: Math.ceil(nowMs + Math.max(forMs, 0) + claimMs) })
    .where('connector', '=', connector)
    .execute()
}

/** Reserves the lease before a manual sync starts, because the Schedule's first run may start before it. */
export async function reserveLeaseForManualSync(
  ledger: Ledger,
  connector: string,
  nowMs: number,
): Promise<void> {
  await ledger
    .updateTable('leases')
    .set({ person_until_ms: nowMs + firstClaimMs })
    .where('connector', '=', connector)
    .execute()
}

export async function releaseLease(ledger: Ledger, connector: string, holder: string): Promise<void> {
  await endLease(ledger, { connector, holder })
}

const endLease = prepared<{ connector: string; holder: string }, unknown>((ledger, place) =>
  ledger
    .updateTable('leases')
    .set({ lease_holder: null, lease_until_ms: 0 })
    .where('connector', '=', place('connector'))
    .where('lease_holder', '=', place('holder'))
    .compile(),
)

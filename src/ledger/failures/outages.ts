import { secondMs } from '../../model/durations.ts'
import type { Selectable, Transaction } from 'kysely'
import { lockConnector } from '../connector/connector-state.ts'
import { readErased } from '../erasure/erasures.ts'
import { clearFailure, clockToleranceMs, findRow, isAnythingFailing, whoFails } from './failures.ts'
import { recordFailure, type FailedCall, type FailureTarget } from './failures.ts'
import { endpointsOf, scopesOf, wholeApi } from './outage-scope.ts'
import { blindCallMs, callDelayMs, lookDelayMs, promptCalls } from './outage-pace.ts'
import type { OutageTable } from './failure-tables.ts'
import { prepared } from '../base/prepared.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

type Tx = Transaction<LedgerSchema>
type Row = Selectable<OutageTable>

/** An outage of an endpoint of the API, or of the whole API (`endpoint` is null). */
export interface Outage {
  endpoint: string | null
  /** The time of the first failure that showed it. */
  firstFailedMs: number
  sinceMs: number
  /** The error that showed it. */
  code: string
  message: string
  /** When it is probed next. */
  nextProbeMs: number
}

/** What a caller may do during outages. */
export type Turn =
  | { kind: 'call' }
  /** Make no call before this time. */
  | { kind: 'wait'; untilMs: number }
  /** Check whether the API is back, without spending a call, and report the result ({@link noteLook}). */
  | { kind: 'look' }

/** @returns the current outages of a connector. A suspicion (a single failure) is not an outage */
export async function readOutages(ledger: Ledger | Tx, connector: string, nowMs: number): Promise<Outage[]> {
  const rows = await standing(ledger, connector)
  return rows.map((row) => ({
    endpoint: row.scope === wholeApi ? null : row.scope,
    firstFailedMs: row.first_failed_at_ms,
    sinceMs: row.since_ms ?? row.first_failed_at_ms,
    code: row.code,
    message: row.message,
    nextProbeMs: nextLookMs(row, nowMs),
  }))
}

const standing = (ledger: Ledger | Tx, connector: string) => selectStanding(ledger, { connector })

const selectStanding = prepared<{ connector: string }, Row>((ledger, place) =>
  ledger
    .selectFrom('outages')
    .selectAll()
    .where('connector', '=', place('connector'))
    .where('since_ms', 'is not', null)
    .orderBy('scope')
    .compile(),
)

/**
 * Requests the right to call a target. During an outage of the target, one caller at a time may check, and the others wait.
 *
 * @param holdMs how long the caller's turn lasts; after that, the next caller may take it
 */
export async function takeTurn(
  ledger: Ledger,
  connector: string,
  target: FailureTarget,
  { nowMs, holdMs, syncId }: { nowMs: number; holdMs: number; syncId: string | null },
): Promise<Turn> {
  if (concerning(await standing(ledger, connector), target).length === 0) return { kind: 'call' }
  return ledger.transaction().execute(async (transaction): Promise<Turn> => {
    await lockConnector(transaction, connector)
    const rows = concerning(await standing(transaction, connector), target)
    if (rows.length === 0) return { kind: 'call' }
    // A manual sync may check at once, but only once.
    const isFirstOfSync = syncId !== null && rows.some((row) => row.sync_id !== syncId)
    const untilMs = Math.max(...rows.map((row) => nextLookMs(row, nowMs)))
    if (untilMs > nowMs && !isFirstOfSync) return { kind: 'wait', untilMs }
    await update(transaction, rows, () => ({
      looked_at_ms: nowMs,
      next_look_at_ms: nowMs + holdMs,
      ...(syncId !== null && { sync_id: syncId }),
      // Even if no check has ever found it back.
      ...(isFirstOfSync && { next_call_at_ms: nowMs, called_at_ms: 0 }),
    }))
    return { kind: 'look' }
  })
}

/**
 * Records the result of a check.
 *
 * @returns whether the caller may now make one call, or until when no caller may
 */
export async function noteLook(
  ledger: Ledger,
  connector: string,
  target: FailureTarget,
  { isAlive, nowMs, holdMs }: { isAlive: boolean; nowMs: number; holdMs: number },
): Promise<Exclude<Turn, { kind: 'look' }>> {
  return ledger.transaction().execute(async (transaction): Promise<Exclude<Turn, { kind: 'look' }>> => {
    await lockConnector(transaction, connector)
    const rows = concerning(await standing(transaction, connector), target)
    const mayCall = rows.every((row) =>
      isAlive ? row.next_call_at_ms <= nowMs : row.called_at_ms + blindCallMs <= nowMs,
    )
    if (mayCall) {
      await update(transaction, rows, (row) => ({
        next_look_at_ms: nowMs + holdMs,
        called_at_ms: nowMs,
        // A failed call that no check allowed says no more than the check, so it does not slow down calls that
        // a check allows.
        ...(!isAlive && { calls: row.calls - 1 }),
      }))
      return { kind: 'call' }
    }
    const next = (row: Row) => {
      const lookMs = nowMs + lookDelayMs(row.looks + 1)
      return isAlive ? Math.min(lookMs, Math.max(row.next_call_at_ms, nowMs + secondMs)) : lookMs
    }
    await update(transaction, rows, (row) => ({
      looks: row.looks + 1,
      looked_at_ms: nowMs,
      next_look_at_ms: next(row),
      // After a check finds it back, a call may be made at once.
      ...(!isAlive && row.calls < promptCalls && { next_call_at_ms: nowMs }),
    }))
    return { kind: 'wait', untilMs: Math.max(...rows.map(next)) }
  })
}

/**
 * Records a failed call with its target, and as a sign of an outage. A failing endpoint of the account is such
 * a sign. Codes are one if two of them fail without a success in between, because a single broken code says
 * nothing about the others. The caller must hold the connector's lock.
 */
export async function noteFailedCall(transaction: Tx, connector: string, failed: FailedCall): Promise<void> {
  const { target } = failed
  // A call that was in flight while its code was erased.
  if ((await readErased(transaction, connector, [target.qrCodeId])).size > 0) return
  const known = await findRow(transaction, connector, target)
  await recordFailure(transaction, connector, failed)
  const isFresh = known === undefined || known.attempts === 0
  const rows = await transaction
    .selectFrom('outages')
    .selectAll()
    .where('connector', '=', connector)
    .execute()
  const scopes = scopesOf(target)
  for (const scope of scopes) {
    const row = rows.find((each) => each.scope === scope)
    if (row?.since_ms != null) await noteDuring(transaction, row, failed, known?.since_ms ?? failed.nowMs)
    else if (isFresh || target.qrCodeId === '') await suspect(transaction, connector, scope, row, failed)
  }
}

/** Records a call that failed during the outage, as its probe or because it was already in flight. */
async function noteDuring(tx: Tx, row: Row, { sentAtMs, nowMs }: FailedCall, brokenSinceMs: number) {
  if (sentAtMs < (row.since_ms ?? 0)) return
  // The target failed before the outage, so it shows nothing about the outage. The next target may be tried at once.
  if (brokenSinceMs < row.first_failed_at_ms) {
    await update(tx, [row], () => ({ looked_at_ms: nowMs, next_look_at_ms: nowMs }))
    return
  }
  const calls = row.calls + 1
  const nextCallMs = nowMs + callDelayMs(calls)
  await update(tx, [row], () => ({
    calls,
    looked_at_ms: nowMs,
    called_at_ms: nowMs,
    next_call_at_ms: nextCallMs,
    next_look_at_ms: Math.min(nextCallMs, nowMs + lookDelayMs(row.looks)),
  }))
}

async function suspect(
  transaction: Tx,
  connector: string,
  scope: string,
  row: Row | undefined,
  { target, code, message, nowMs, syncId }: FailedCall,
): Promise<void> {
  const isWholeEndpoint = target.qrCodeId === '' && scope === target.endpoint
  const first = row && { endpoint: row.endpoint, qrCodeId: row.qr_code_id }
  const isSecond = first !== undefined && whoFails(first) !== whoFails(target)
  if (row !== undefined && !isSecond) return
  const nextMs = nowMs + callDelayMs(0)
  const outage = {
    code,
    message,
    since_ms: isWholeEndpoint || isSecond ? nowMs : null,
    called_at_ms: nowMs,
    looked_at_ms: nowMs,
    next_look_at_ms: nextMs,
    next_call_at_ms: nextMs,
    looks: 0,
    calls: 0,
    sync_id: syncId,
  }
  await transaction
    .insertInto('outages')
    .values({
      connector,
      scope,
      endpoint: target.endpoint,
      qr_code_id: target.qrCodeId,
      first_failed_at_ms: nowMs,
      ...outage,
    })
    .onConflict((conflict) => conflict.columns(['connector', 'scope']).doUpdateSet(outage))
    .execute()
}

/**
 * Records a successful call of a target: the target works, and so do its endpoint and the API. What failed only
 * because of an outage that is over now is retried at once.
 *
 * @param options.isWhole whether the call completed what was requested, and was not a page of it
 */
export async function noteSuccess(
  ledger: Ledger,
  connector: string,
  target: FailureTarget,
  { isWhole, nowMs }: { isWhole: boolean; nowMs: number },
): Promise<void> {
  // Almost always nothing fails, and this check costs less than deleting nothing.
  if (!(await isAnythingFailing(ledger, connector))) return
  await clearFailure(ledger, connector, target, { isWhole })
  await noteAlive(ledger, connector, target, nowMs)
}

/** Records that the API answered a call as documented, even with an error. */
export async function noteAlive(
  ledger: Ledger,
  connector: string,
  target: FailureTarget,
  nowMs: number,
): Promise<void> {
  const ended = await ledger
    .deleteFrom('outages')
    .where('connector', '=', connector)
    .where('scope', 'in', scopesOf(target))
    .returningAll()
    .execute()
  for (const { scope, since_ms, first_failed_at_ms } of ended) {
    if (since_ms !== null) {
      await ledger
        .updateTable('failures')
        .set({ attempts: 1, failed_at_ms: nowMs, retry_at_ms: nowMs })
        .where('connector', '=', connector)
        .where('attempts', '>', 0)
        .where('since_ms', '>=', first_failed_at_ms)
        .$if(scope !== wholeApi, (query) => query.where('endpoint', 'in', endpointsOf(scope)))
        .execute()
    }
  }
}

/** Makes the next caller probe immediately, for example after `qrsync resume`. */
export async function probeSoon(ledger: Ledger, connector: string, nowMs: number): Promise<void> {
  await ledger
    .updateTable('outages')
    .set({ looked_at_ms: nowMs, next_look_at_ms: nowMs, next_call_at_ms: nowMs })
    .where('connector', '=', connector)
    .execute()
}

const concerning = (rows: readonly Row[], target: FailureTarget) =>
  rows.filter(({ scope }) => scopesOf(target).includes(scope))

/** Ignores a time that was written by a clock that was ahead. */
const nextLookMs = (row: Row, nowMs: number) =>
  row.looked_at_ms > nowMs + clockToleranceMs ? nowMs : row.next_look_at_ms

async function update(
  transaction: Tx,
  rows: readonly Row[],
  change: (row: Row) => Partial<Row>,
): Promise<void> {
  for (const row of rows) {
    await transaction
      .updateTable('outages')
      .set(change(row))
      .where('connector', '=', row.connector)
      .where('scope', '=', row.scope)
      .execute()
  }
}

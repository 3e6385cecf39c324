import type { Transaction } from 'kysely'
import type { ApiProfile } from '../../model/api-profile.ts'
import type { Scan } from '../../streams/scans.ts'
import type { SetAsideRow } from '../../model/set-aside-row.ts'
import { settleCall, type ReservedCall } from '../calls/calls.ts'
import { addHourCounts } from '../calls/hour-counts.ts'
import { joinHistories } from '../codes/join-histories.ts'
import { readKnownCode, type KnownCode } from '../codes/known-codes.ts'
import type { ScanCursor } from '../codes/due-codes.ts'
import { lockConnector, type ConnectorState } from '../connector/connector-state.ts'
import { learnProfile, profileOf } from '../connector/profile.ts'
import type { LedgerSchema } from '../base/schema.ts'
import { insertScans } from './insert-scans.ts'
import { settleSetAside } from './settle-set-aside.ts'

/** A page of a code's scans, as it arrived. */
export interface ScansPage {
  rows: readonly Scan[]
  /** Malformed rows: stored, and counted as sent. */
  setAside?: readonly SetAsideRow[]
  /** The requested page. */
  page: number
  /** The page with which the collection continues. */
  nextPage: number
  /** Whether everything after it had landed before. */
  isLast: boolean
  /** Whether the newest scan came first, requested or not. */
  isDescending: boolean
  /** Scans after this page; null if the API does not say. */
  remaining: number | null
  /** What the page revealed about the API. */
  profile: Partial<ApiProfile>
}

export interface LandedPage {
  /** Rows that the ledger did not have before. */
  landed: number
  /** The times from scan to landing, without history. */
  lagsMs: number[]
  /** Scans of the code that are known and have not landed. */
  pending: number
  /** The position at which the code's next call starts; null if another worker has moved the cursor meanwhile, or the code was erased. */
  cursor: ScanCursor | null
  /** What is known about the API now. */
  profile: ApiProfile
}

/** What the rows of a page have changed, before the cursor moves. */
export interface LandedRows {
  state: ConnectorState
  /** The code before these rows. */
  known: KnownCode
  /** Rows that the ledger did not have before. */
  landed: number
  lagsMs: number[]
  /** Scans of the code that have landed or are set aside. */
  landedScans: number
  setAsideScans: number
  /** How many more of these there are than before. */
  newlyKnown: number
  /** What is known about the API now. */
  profile: ApiProfile
}

/**
 * Settles the call and lands a page's rows. Leaves existing rows as they are.
 *
 * @returns null if the code was erased while the call was in flight: only the call is settled
 */
export async function landRows(
  transaction: Transaction<LedgerSchema>,
  call: ReservedCall,
  qrCodeId: string,
  page: ScansPage,
  nowMs: number,
): Promise<LandedRows | null> {
  const { connector } = call
  const state = await lockConnector(transaction, connector)
  const { rows } = page
  const sent = rows.length + (page.setAside?.length ?? 0)
  await settleCall(transaction, call, { outcome: 'ok', httpStatus: 200, rows: sent, nowMs }, state)
  const profile = await learnProfile(transaction, state, page.profile)
  const isOrderNew = page.profile.order === false && profileOf(state).order !== false
  if (page.profile.from === false || isOrderNew) {
    await joinHistories(transaction, connector, { fromFirstPage: isOrderNew })
  }
  const known = await readKnownCode(transaction, { connector, id: qrCodeId })
  if (known === null) return null
  const scannedMs = await insertScans(transaction, connector, rows, nowMs)
  const landed = scannedMs.length
  const newRows = page.isDescending ? rows.slice(0, landed) : rows.slice(rows.length - landed)
  await addHourCounts(
    transaction,
    state,
    newRows.map(({ scanned_at }) => Date.parse(scanned_at)),
    nowMs,
  )
  const setAsideScans = await settleSetAside(transaction, { connector, code: known, page }, nowMs)
  return {
    state,
    known,
    landed,
    lagsMs: lagsOfNews(state, scannedMs, nowMs),
    landedScans: known.landed_scans + landed,
    setAsideScans,
    newlyKnown: landed + Math.max(setAsideScans - known.set_aside_scans, 0),
    profile,
  }
}

/** Returns the lags of scans that are not history: how long history took to land means nothing. */
export function lagsOfNews(
  { connected_at_ms: connectedMs }: ConnectorState,
  scannedMs: readonly number[],
  nowMs: number,
): number[] {
  if (connectedMs === null) return []
  return scannedMs.filter((timeMs) => timeMs >= connectedMs).map((timeMs) => Math.max(nowMs - timeMs, 0))
}

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

/** A page of a code's scans, as it came. */
export interface ScansPage {
  rows: readonly Scan[]
  /** Rows that do not fit: kept, and counted as sent. */
  setAside?: readonly SetAsideRow[]
  /** As asked for. */
  page: number
  /** Where the collection goes on, if it does. */
  nextPage: number
  /** Nothing is left behind it that was not landed before. */
  isLast: boolean
  /** The newest came first, asked for or not. */
  isDescending: boolean
  /** Scans behind this page; null where the API does not tell. */
  remaining: number | null
  /** What the page has shown of the API. */
  profile: Partial<ApiProfile>
}

export interface LandedPage {
  /** Rows that the ledger did not have before. */
  landed: number
  /** From scan to landed, of those of them that are no history. */
  lagsMs: number[]
  /** Scans of the code that are known and not landed. */
  pending: number
  /** Where the code's next call starts; null when another worker has moved the cursor meanwhile. */
  cursor: ScanCursor | null
  /** What is known of the API now. */
  profile: ApiProfile
}

/** What the rows of a page have changed, before any cursor has moved. */
export interface LandedRows {
  state: ConnectorState
  /** The code as it was before them. */
  known: KnownCode
  /** Rows that the ledger did not have before. */
  landed: number
  lagsMs: number[]
  /** Scans of the code that are landed or set aside … */
  landedScans: number
  setAsideScans: number
  /** … and how many more of them there are than before. */
  newlyKnown: number
  /** What is known of the API now. */
  profile: ApiProfile
}

/** Settles the call and lands a page's rows. Rows that are there already are left as they are. */
export async function landRows(
  transaction: Transaction<LedgerSchema>,
  call: ReservedCall,
  qrCodeId: string,
  page: ScansPage,
  nowMs: number,
): Promise<LandedRows> {
  const { connector } = call
  const state = await lockConnector(transaction, connector)
  const { rows } = page
  const sent = rows.length + (page.setAside?.length ?? 0)
  await settleCall(transaction, call, { outcome: 'ok', httpStatus: 200, rows: sent, nowMs }, state)
  const scannedMs = await insertScans(transaction, connector, rows, nowMs)
  const landed = scannedMs.length
  const profile = await learnProfile(transaction, state, page.profile)
  const isOrderNew = page.profile.order === false && profileOf(state).order !== false
  if (page.profile.from === false || isOrderNew) {
    await joinHistories(transaction, connector, { fromFirstPage: isOrderNew })
  }
  const newRows = page.isDescending ? rows.slice(0, landed) : rows.slice(rows.length - landed)
  await addHourCounts(
    transaction,
    state,
    newRows.map(({ scanned_at }) => Date.parse(scanned_at)),
    nowMs,
  )
  const known = await readKnownCode(transaction, { connector, id: qrCodeId })
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

/** What was scanned before the connector was set up is history: how long it took to land is no measure. */
export function lagsOfNews(
  { connected_at_ms: connectedMs }: ConnectorState,
  scannedMs: readonly number[],
  nowMs: number,
): number[] {
  if (connectedMs === null) return []
  return scannedMs.filter((timeMs) => timeMs >= connectedMs).map((timeMs) => Math.max(nowMs - timeMs, 0))
}

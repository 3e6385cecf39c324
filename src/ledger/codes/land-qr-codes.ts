import type { Selectable, Transaction } from 'kysely'
import type { ApiProfile } from '../../model/api-profile.ts'
import type { QrCode } from '../../streams/qr-codes.ts'
import type { SetAsideRow } from '../../model/set-aside-row.ts'
import { settleCall, type ReservedCall } from '../calls/calls.ts'
import { lockConnector } from '../connector/connector-state.ts'
import { readDayShape } from '../calls/hour-counts.ts'
import { learnProfile, profileOf } from '../connector/profile.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import type { ListPassKind, ListPassTable } from '../connector/connector-tables.ts'
import { keepSetAside, removeSetAside } from '../scans/set-aside.ts'
import { readErased } from '../erasure/erasures.ts'
import { upsertCodes } from './upsert-codes.ts'

/** The progress of a list pass after a page. */
export interface ListProgress {
  kind: ListPassKind
  /** The next page; null if the pass is complete. */
  nextPage: number | null
  /** Highest `last_scanned_at` (epoch ms) on the pass's first page. */
  highMs: number | null
  /** When the pass started. */
  startedMs: number
  /** What the page revealed about the API. */
  profile: Partial<ApiProfile>
  /** Malformed rows of the page. */
  setAside?: readonly SetAsideRow[]
}

/**
 * Lands a page of the list: the codes, which of them have scans to collect, the pass's progress, and the call.
 *
 * @returns the codes that are new or changed
 */
export async function landQrCodes(
  ledger: Ledger,
  call: ReservedCall,
  rows: readonly QrCode[],
  progress: ListProgress,
  nowMs: number,
): Promise<number> {
  const { connector } = call
  return ledger.transaction().execute(async (transaction) => {
    const state = await lockConnector(transaction, connector)
    const setAside = progress.setAside ?? []
    const sent = rows.length + setAside.length
    await settleCall(transaction, call, { outcome: 'ok', httpStatus: 200, rows: sent, nowMs }, state)
    const shape = readDayShape(state, nowMs)
    const tellsTime = progress.profile.lastScannedAt ?? profileOf(state).lastScannedAt ?? false
    const { startedMs } = progress
    const changed = await upsertCodes(transaction, { state, shape, tellsTime, startedMs, nowMs }, rows)
    const key = { connector, stream: 'qr_codes', qrCodeId: '' } as const
    const malformedIds = setAside.map(({ id }) => id).filter((id) => id !== null)
    const erased = await readErased(transaction, connector, malformedIds)
    const malformed = setAside.filter(({ id }) => id === null || !erased.has(id))
    await keepSetAside(transaction, key, malformed, nowMs)
    const ids = rows.map(({ id }) => id)
    await removeSetAside(transaction, key, ids)
    await learnProfile(transaction, state, progress.profile)
    await transaction
      .updateTable('list_passes')
      .set({
        ...passAfter(progress),
        updated_watermark: newestUpdate(rows, state.updated_watermark),
      })
      .where('connector', '=', connector)
      .execute()
    if (state.connected_at_ms === null) await noteConnected(transaction, connector, progress.startedMs)
    return changed
  })
}

/** Stores when the connector was set up: older scans are its history. */
async function noteConnected(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  connectedAtMs: number,
): Promise<void> {
  await transaction
    .updateTable('connectors')
    .set({ connected_at_ms: connectedAtMs })
    .where('connector', '=', connector)
    .execute()
}

function passAfter({ kind, nextPage, highMs, startedMs }: ListProgress): Partial<Selectable<ListPassTable>> {
  if (nextPage !== null) {
    return {
      list_pass_kind: kind,
      list_pass_page: nextPage,
      list_pass_high_ms: highMs,
      list_pass_started_ms: startedMs,
    }
  }
  return {
    list_pass_kind: null,
    list_pass_page: 1,
    list_pass_high_ms: null,
    list_pass_started_ms: null,
    ...(kind !== 'updated' && {
      list_watermark_ms: highMs === null ? null : Math.min(highMs, startedMs),
      listed_at_ms: startedMs,
    }),
    ...(kind !== 'scanned' && { changes_listed_at_ms: startedMs }),
    ...(kind === 'full' && { full_listed_at_ms: startedMs }),
  }
}

/** The newest `updated_at` of all codes, as the API writes it, because its clock is not ours. */
function newestUpdate(rows: readonly QrCode[], known: string | null): string | null {
  const times = rows.map(({ updated_at }) => updated_at).filter((time) => time !== null)
  return [...times, ...(known === null ? [] : [known])].reduce<string | null>(
    (newest, time) => (newest !== null && Date.parse(newest) >= Date.parse(time) ? newest : time),
    null,
  )
}

import type { Selectable, Transaction } from 'kysely'
import type { Analytics } from '../../model/analytics.ts'
import type { AnalyticsBreakdown } from '../../streams/analytics-breakdown.ts'
import type { AnalyticsDaily } from '../../streams/analytics-daily.ts'
import { settleCall, type ReservedCall } from '../calls/calls.ts'
import { readKnownCode } from '../codes/known-codes.ts'
import { lockConnector } from '../connector/connector-state.ts'
import { searchDays } from './search-days.ts'
import type { Ledger, LedgerSchema, QrCodeTable } from '../base/schema.ts'
import { clearSetAside, keepSetAside } from './set-aside.ts'
import { storedId } from '../base/stored-id.ts'

type Tx = Transaction<LedgerSchema>
type AnalyticsStream = 'analytics_daily' | 'analytics_breakdown'

/**
 * Lands a code's analytics: the rows that changed, and which of its days contain scans that we lack. Analytics
 * of the past serve only that search: nobody uses their breakdowns.
 *
 * @returns changed rows, by stream
 */
export async function landAnalytics(
  ledger: Ledger,
  call: ReservedCall,
  analytics: Analytics,
  { isSearch, nowMs }: { isSearch: boolean; nowMs: number },
): Promise<Record<AnalyticsStream, number>> {
  const { connector } = call
  return ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    await settleCall(transaction, call, {
      outcome: 'ok',
      httpStatus: 200,
      nowMs,
      rows: analytics.series.length + analytics.breakdowns.length + (analytics.setAside?.length ?? 0),
    })
    const code = await readKnownCode(transaction, { connector, id: analytics.qr_code_id })
    // It was erased while the call was in flight.
    if (code === null) return { analytics_daily: 0, analytics_breakdown: 0 }
    const upsert = (stream: AnalyticsStream, rows: readonly (AnalyticsDaily | AnalyticsBreakdown)[]) =>
      upsertRows(transaction, stream, code, rows, nowMs)
    await settleShares(transaction, { connector, analytics, isSearch }, nowMs)
    const changed = {
      analytics_daily: await upsert('analytics_daily', dailyRows(analytics)),
      analytics_breakdown: 0,
    }
    if (!isSearch) {
      changed.analytics_breakdown = await upsert('analytics_breakdown', breakdownRows(analytics))
      await transaction
        .updateTable('qr_codes')
        .set({
          analytics_at_ms: nowMs,
          analytics_scans: code.landed_scans + code.pending + (code.history?.pending ?? 0),
        })
        .where('connector', '=', connector)
        .where('id', '=', code.id)
        .execute()
    }
    await searchDays(transaction, code, analytics, nowMs)
    return changed
  })
}

/**
 * Malformed parts of the newest response replace those of the previous one. A response about the past, in a
 * search for late scans, covers only its own days.
 */
async function settleShares(
  transaction: Tx,
  { connector, analytics, isSearch }: { connector: string; analytics: Analytics; isSearch: boolean },
  nowMs: number,
): Promise<void> {
  for (const stream of ['analytics_daily', 'analytics_breakdown'] as const) {
    if (isSearch && stream === 'analytics_breakdown') continue
    const key = { connector, stream, qrCodeId: analytics.qr_code_id }
    const rows = analytics.setAside?.filter((row) => row.stream === stream) ?? []
    if (!isSearch) await clearSetAside(transaction, key)
    await keepSetAside(transaction, key, rows, nowMs)
  }
}

function dailyRows({ qr_code_id, series }: Analytics): AnalyticsDaily[] {
  return series
    .filter(({ scans }) => scans > 0)
    .map(({ date, scans, unique_scans }) => ({
      id: `${qr_code_id}/${date}`,
      qr_code_id,
      date,
      scans,
      unique_scans,
    }))
}

function breakdownRows({ qr_code_id, from, to, breakdowns }: Analytics): AnalyticsBreakdown[] {
  return breakdowns.map(({ dimension, name, scans }) => ({
    id: `${qr_code_id}/${dimension}/${name}`,
    qr_code_id,
    dimension,
    name,
    scans,
    first_day: from,
    last_day: to,
  }))
}

/**
 * Writes the rows that are new or differ, each at the next position of its stream. A name that has disappeared
 * counts 0.
 */
async function upsertRows(
  transaction: Tx,
  stream: AnalyticsStream,
  { connector, id: qrCodeId }: Selectable<QrCodeTable>,
  rows: readonly (AnalyticsDaily | AnalyticsBreakdown)[],
  nowMs: number,
): Promise<number> {
  const known = await transaction
    .selectFrom(stream)
    .select(['id', 'row'])
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
    .execute()
  const knownById = new Map(known.map(({ id, row }) => [id, row]))
  const listed = new Set(rows.map(({ id }) => storedId(id)))
  const gone = known
    .filter(({ id }) => stream === 'analytics_breakdown' && !listed.has(id))
    .map(({ row }) => ({ ...(JSON.parse(row) as AnalyticsBreakdown), scans: 0 }))
  // If a response contains a row twice, the later one counts.
  const byId = new Map([...rows, ...gone].map((row) => [storedId(row.id), JSON.stringify(row)]))
  const changed = [...byId]
    .map(([id, row]) => ({ id, row }))
    .filter(({ id, row }) => knownById.get(id) !== row)
  if (changed.length === 0) return 0
  const column = `${stream}_seq` as const
  const state = await transaction
    .updateTable('positions')
    .set((eb) => ({ [column]: eb(column, '+', changed.length) }))
    .where('connector', '=', connector)
    .returning(`${stream}_seq as last`)
    .executeTakeFirstOrThrow()
  await transaction
    .insertInto(stream)
    .values(
      changed.map(({ id, row }, index) => ({
        connector,
        id,
        row,
        qr_code_id: qrCodeId,
        landed_at_ms: nowMs,
        seq: state.last - changed.length + 1 + index,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['connector', 'id']).doUpdateSet((eb) => ({
        seq: eb.ref('excluded.seq'),
        row: eb.ref('excluded.row'),
        landed_at_ms: eb.ref('excluded.landed_at_ms'),
      })),
    )
    .execute()
  return changed.length
}

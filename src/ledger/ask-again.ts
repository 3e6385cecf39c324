import type { Transaction } from 'kysely'
import { dayMs } from '../budget/day-shape.ts'
import { lockConnector } from './connector-state.ts'
import { dayOf, fromTheFirstScan, listGapRanges } from './gaps.ts'
import type { Ledger, LedgerSchema } from './schema.ts'

/** A person's sync that has just asked does not ask once more. */
const shortestWaitMs = 10_000

/**
 * Lists the days of scans that were set aside, so that they are read again and land once the API sends them correctly: after a day,
 * then after twice as long each time. A person's sync asks at once.
 */
export async function askForSetAside(
  ledger: Ledger,
  connector: string,
  { nowMs, isManual }: { nowMs: number; isManual: boolean },
): Promise<void> {
  const kept = await ledger
    .selectFrom('set_aside')
    .innerJoin('qr_codes', (join) =>
      join
        .onRef('qr_codes.connector', '=', 'set_aside.connector')
        .onRef('qr_codes.id', '=', 'set_aside.qr_code_id'),
    )
    .select(['qr_code_id', 'row_key', 'scanned_at_ms', 'near_ms', 'first_seen_ms', 'asked_at_ms'])
    .where('set_aside.connector', '=', connector)
    .where('stream', '=', 'scans')
    .where('near_ms', 'is not', null)
    .where('deleted', '=', 0)
    .where('collected_at_ms', 'is not', null)
    .where('asked_at_ms', '<=', nowMs - (isManual ? shortestWaitMs : dayMs))
    .execute()
  const due = kept.filter(
    ({ first_seen_ms: firstMs, asked_at_ms: askedMs }) => isManual || nowMs - askedMs >= askedMs - firstMs,
  )
  if (due.length === 0) return
  await ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    for (const row of due) {
      const { qr_code_id: qrCodeId, row_key: rowKey } = row
      const days = await daysOf(transaction, { connector, ...row }, nowMs)
      await listGapRanges(transaction, { connector, id: qrCodeId }, [
        { ...days, offsetMinutes: 0, isNeighbour: false },
      ])
      await transaction
        .updateTable('set_aside')
        .set({ asked_at_ms: nowMs })
        .where((eb) => eb.and({ connector, stream: 'scans', qr_code_id: qrCodeId, row_key: rowKey }))
        .execute()
    }
  })
}

interface KeptScan {
  connector: string
  qr_code_id: string
  scanned_at_ms: number | null
  near_ms: number | null
}

/** A scan without a time that can be read lies between the landed ones that are beside it. */
async function daysOf(
  transaction: Transaction<LedgerSchema>,
  { connector, qr_code_id: qrCodeId, scanned_at_ms: scannedMs, near_ms: nearMs }: KeptScan,
  nowMs: number,
): Promise<{ day: string; toDay: string }> {
  if (scannedMs !== null) return { day: dayOf(scannedMs), toDay: dayOf(scannedMs) }
  const landed = transaction
    .selectFrom('scans')
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
  const before = await landed
    .select((eb) => eb.fn.max('scanned_at_ms').as('ms'))
    .where('scanned_at_ms', '<', nearMs ?? 0)
    .executeTakeFirst()
  const after = await landed
    .select((eb) => eb.fn.min('scanned_at_ms').as('ms'))
    .where('scanned_at_ms', '>', nearMs ?? 0)
    .executeTakeFirst()
  const beforeMs = before?.ms ?? null
  return {
    day: beforeMs === null ? fromTheFirstScan : dayOf(beforeMs),
    toDay: dayOf(after?.ms ?? nowMs),
  }
}

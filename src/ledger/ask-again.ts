import type { Transaction } from 'kysely'
import { dayMs } from '../budget/day-shape.ts'
import { lockConnector } from './connector-state.ts'
import { countLandedBetween } from './due-codes.ts'
import { dayOf, fromTheFirstScan, listGapRanges } from './gaps.ts'
import type { Ledger, LedgerSchema } from './schema.ts'

type Tx = Transaction<LedgerSchema>

/** One page: days with fewer scans between them are read in one go. */
const scansPerCall = 100
/** Of one code, at a time: the others come next time. */
const mostRanges = 10
/** What has only just come is not asked for once more. */
const justMs = 10_000
/** Where no row tells a time, all scans of a code are read; of a code with more than these, that costs too much. */
const mostScans = 1_000

interface KeptScan {
  qr_code_id: string
  row_key: string
  scanned_at_ms: number | null
  near_ms: number | null
  first_seen_ms: number
  asked_at_ms: number
  asked_sync_id: string | null
}

/** First and last day, and the rows that are looked for there. */
interface Range {
  day: string
  toDay: string
  rowKeys: string[]
  /** When the first of them was last asked for. */
  askedAtMs: number
}

/**
 * Lists the days of scans that were set aside, so that they are read again and land once the API sends them correctly. The planner
 * asks for a code's a day after it has last sent or been asked for such a row, then after twice as long each time. A person's sync
 * asks at once, and once.
 *
 * @param options.syncId of the manual sync; null where the planner asks
 */
export async function askForSetAside(
  ledger: Ledger,
  connector: string,
  { nowMs, syncId }: { nowMs: number; syncId: string | null },
): Promise<void> {
  const kept = await ledger
    .selectFrom('set_aside')
    .innerJoin('qr_codes', (join) =>
      join
        .onRef('qr_codes.connector', '=', 'set_aside.connector')
        .onRef('qr_codes.id', '=', 'set_aside.qr_code_id'),
    )
    .select(['qr_code_id', 'row_key', 'scanned_at_ms', 'near_ms', 'first_seen_ms'])
    .select(['asked_at_ms', 'asked_sync_id'])
    .where('set_aside.connector', '=', connector)
    .where('stream', '=', 'scans')
    .where('deleted', '=', 0)
    .where('collected_at_ms', 'is not', null)
    .orderBy('asked_at_ms')
    .execute()
  for (const rows of Map.groupBy(kept, ({ qr_code_id: id }) => id).values()) {
    const due = syncId === null ? dueByPlan(rows, nowMs) : dueInSync(rows, syncId, nowMs)
    if (due.length > 0)
      await ledger.transaction().execute(async (transaction) => {
        await lockConnector(transaction, connector)
        await ask(transaction, connector, due, { nowMs, syncId })
      })
  }
}

/** While the API goes on sending rows that do not fit, to ask for older ones is in vain. */
function dueByPlan(rows: readonly KeptScan[], nowMs: number): readonly KeptScan[] {
  const askedMs = Math.max(...rows.map(({ asked_at_ms: atMs }) => atMs))
  const newestMs = Math.max(...rows.map(({ first_seen_ms: atMs }) => atMs))
  return nowMs - askedMs >= Math.max(dayMs, askedMs - newestMs) ? rows : []
}

function dueInSync(rows: readonly KeptScan[], syncId: string, nowMs: number): readonly KeptScan[] {
  return rows.filter((row) => row.asked_sync_id !== syncId && row.asked_at_ms <= nowMs - justMs)
}

async function ask(
  transaction: Tx,
  connector: string,
  due: readonly KeptScan[],
  { nowMs, syncId }: { nowMs: number; syncId: string | null },
): Promise<void> {
  const [{ qr_code_id: qrCodeId } = { qr_code_id: '' }] = due
  const ranges: Range[] = []
  for (const row of due) {
    const days = await daysOf(transaction, connector, row, nowMs)
    if (days !== null) ranges.push({ ...days, rowKeys: [row.row_key], askedAtMs: row.asked_at_ms })
  }
  const all = await joined(transaction, connector, qrCodeId, ranges)
  const chosen = all.toSorted((a, b) => a.askedAtMs - b.askedAtMs).slice(0, mostRanges)
  await listGapRanges(
    transaction,
    { connector, id: qrCodeId },
    chosen.map(({ day, toDay }) => ({ day, toDay, offsetMinutes: 0, isNeighbour: false })),
  )
  // A manual sync that has asked for some of them is done with all.
  const asked = syncId === null ? chosen.flatMap(({ rowKeys }) => rowKeys) : due.map((row) => row.row_key)
  if (asked.length === 0) return
  await transaction
    .updateTable('set_aside')
    .set({ asked_at_ms: nowMs, asked_sync_id: syncId })
    .where((eb) => eb.and({ connector, stream: 'scans', qr_code_id: qrCodeId }))
    .where('row_key', 'in', asked)
    .execute()
}

/** In the order of their days, those together that one page is likely to bring. */
async function joined(
  transaction: Tx,
  connector: string,
  qrCodeId: string,
  ranges: readonly Range[],
): Promise<Range[]> {
  const result: Range[] = []
  for (const range of ranges.toSorted((a, b) => (a.day < b.day ? -1 : 1))) {
    const last = result.at(-1)
    const isNear =
      last !== undefined &&
      (range.day <= last.toDay ||
        (await countLandedBetween(transaction, connector, qrCodeId, {
          fromMs: Date.parse(last.toDay) + dayMs,
          toMs: Date.parse(range.day),
        })) < scansPerCall)
    if (last === undefined || !isNear) {
      result.push({ ...range })
      continue
    }
    if (range.toDay > last.toDay) last.toDay = range.toDay
    last.rowKeys.push(...range.rowKeys)
    last.askedAtMs = Math.min(last.askedAtMs, range.askedAtMs)
  }
  return result
}

/** A scan without a time that can be read lies between the landed ones that are beside it. */
async function daysOf(
  transaction: Tx,
  connector: string,
  { qr_code_id: qrCodeId, scanned_at_ms: scannedMs, near_ms: nearMs }: KeptScan,
  nowMs: number,
): Promise<{ day: string; toDay: string } | null> {
  if (scannedMs !== null) return { day: dayOf(scannedMs), toDay: dayOf(scannedMs) }
  if (nearMs === null) {
    const landed = await countLandedBetween(transaction, connector, qrCodeId, { fromMs: null, toMs: null })
    return landed > mostScans ? null : { day: fromTheFirstScan, toDay: dayOf(nowMs) }
  }
  const landed = transaction
    .selectFrom('scans')
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
  const before = await landed
    .select((eb) => eb.fn.max('scanned_at_ms').as('ms'))
    .where('scanned_at_ms', '<', nearMs)
    .executeTakeFirst()
  const after = await landed
    .select((eb) => eb.fn.min('scanned_at_ms').as('ms'))
    .where('scanned_at_ms', '>', nearMs)
    .executeTakeFirst()
  const beforeMs = before?.ms ?? null
  return {
    day: beforeMs === null ? fromTheFirstScan : dayOf(beforeMs),
    toDay: dayOf(after?.ms ?? nowMs),
  }
}

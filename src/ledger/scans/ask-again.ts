import { dayMs } from '../../model/durations.ts'
import type { Transaction } from 'kysely'
import { lockConnector } from '../connector/connector-state.ts'
import { countLandedBetween } from '../codes/due-codes.ts'
import { dayOf, fromTheFirstScan, listGapRanges } from './gaps.ts'
import { prepared } from '../base/prepared.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

type Tx = Transaction<LedgerSchema>

/** One page. Ranges with fewer scans between them are merged. */
const scansPerCall = 100
/** Of one code at a time. The others follow next time. */
const mostRanges = 10
/** A manual sync does not request a row again that arrived this recently. */
const justMs = 10_000
/** If no row of the page has a time, all scans of the code are read again. With more scans than these, that costs too much. */
const mostScans = 1_000

interface CodeKey {
  connector: string
  qrCodeId: string
}

interface KeptScan {
  row_key: string
  scanned_at_ms: number | null
  near_ms: number | null
  first_seen_ms: number
  asked_at_ms: number
  asked_sync_id: string | null
}

/** First and last day, and the rows to find there. */
interface Range {
  day: string
  toDay: string
  rowKeys: string[]
  /** When the first of them was last requested. */
  askedAtMs: number
}

/**
 * Lists the days of scans that were set aside. The search for late scans then reads these days again, and the
 * scans land once the API sends them correctly. The planner requests a code's scans a day after such a row was
 * last sent or requested, and doubles that time with each request. A manual sync requests them at once, and
 * only once.
 *
 * @param options.syncId of the manual sync; null for the planner
 */
export async function askForSetAside(
  ledger: Ledger,
  connector: string,
  { nowMs, syncId }: { nowMs: number; syncId: string | null },
): Promise<void> {
  const kept = await selectKept(ledger, { connector })
  for (const [qrCodeId, rows] of Map.groupBy(kept, ({ qr_code_id: id }) => id)) {
    const due = syncId === null ? dueByPlan(rows, nowMs) : dueInSync(rows, syncId, nowMs)
    if (due.length > 0) {
      await ledger.transaction().execute(async (transaction) => {
        await lockConnector(transaction, connector)
        await ask(transaction, { connector, qrCodeId }, due, { nowMs, syncId })
      })
    }
  }
}

const selectKept = prepared<{ connector: string }, KeptScan & { qr_code_id: string }>((ledger, place) =>
  ledger
    .selectFrom('set_aside')
    .innerJoin('qr_codes', (join) =>
      join
        .onRef('qr_codes.connector', '=', 'set_aside.connector')
        .onRef('qr_codes.id', '=', 'set_aside.qr_code_id'),
    )
    .select(['qr_code_id', 'row_key', 'scanned_at_ms', 'near_ms', 'first_seen_ms'])
    .select(['asked_at_ms', 'asked_sync_id'])
    .where('set_aside.connector', '=', place('connector'))
    .where('stream', '=', 'scans')
    .where('deleted', '=', 0)
    .where('collected_at_ms', 'is not', null)
    .orderBy('asked_at_ms')
    .compile(),
)

/** While the API still sends new malformed rows, it is too early to request older ones. */
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
  code: CodeKey,
  due: readonly KeptScan[],
  { nowMs, syncId }: { nowMs: number; syncId: string | null },
): Promise<void> {
  const { connector, qrCodeId } = code
  const ranges: Range[] = []
  for (const row of due) {
    const days = await daysOf(transaction, code, row, nowMs)
    if (days !== null) ranges.push({ ...days, rowKeys: [row.row_key], askedAtMs: row.asked_at_ms })
  }
  const all = await joined(transaction, code, ranges)
  const chosen = all.toSorted((a, b) => a.askedAtMs - b.askedAtMs).slice(0, mostRanges)
  await listGapRanges(
    transaction,
    { connector, id: qrCodeId },
    chosen.map(({ day, toDay }) => ({ day, toDay, offsetMinutes: 0, isNeighbour: false })),
  )
  // A manual sync that has requested some of them counts all of them as requested.
  const asked = syncId === null ? chosen.flatMap(({ rowKeys }) => rowKeys) : due.map((row) => row.row_key)
  if (asked.length === 0) return
  await transaction
    .updateTable('set_aside')
    .set({ asked_at_ms: nowMs, asked_sync_id: syncId })
    .where((eb) => eb.and({ connector, stream: 'scans', qr_code_id: qrCodeId }))
    .where('row_key', 'in', asked)
    .execute()
}

/** Merges ranges that are so close that one page probably contains both; in the order of their days. */
async function joined(
  transaction: Tx,
  { connector, qrCodeId }: CodeKey,
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

/** A scan without a readable time lies between the landed scans next to it. */
async function daysOf(
  transaction: Tx,
  { connector, qrCodeId }: CodeKey,
  { scanned_at_ms: scannedMs, near_ms: nearMs }: KeptScan,
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

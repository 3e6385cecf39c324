import { dayMs } from '../model/durations.ts'
import { sql } from 'kysely'
import type { Period } from '../budget/windows.ts'
import { readMonth } from '../ledger/calls/months.ts'
import type { CallOutcome, Ledger } from '../ledger/base/schema.ts'

/** The outcomes that the API counts: a refused call costs nothing, and some calls were never sent. */
const countedOutcomes: readonly CallOutcome[] = ['pending', 'ok', 'failed']

export interface CallSums {
  /** Calls that the API counted, as far as we can know. */
  calls: number
  /** Rows that they fetched. */
  rows: number
  /** Calls that were answered 429, which costs nothing. */
  refused: number
  /** Calls that were counted, and fetched nothing. */
  failed: number
}

export interface Usage {
  /** By endpoint and purpose, the most calls first. */
  purposes: (CallSums & { endpoint: string; purpose: string })[]
  total: CallSums
  /** Counted calls of each day since the period began; days without calls are left out. */
  callsByDay: Map<number, number>
  /** Calls that count in the month: ours, and those of others that the API has reported. */
  month: { calls: number; others: number }
}

/** Returns where the calls of a period went. */
export async function readUsage(ledger: Ledger, connector: string, period: Period): Promise<Usage> {
  const day = sql<number>`cast((sent_at_ms - ${sql.lit(period.startMs)}) / ${sql.lit(dayMs)} as integer)`
  const sums = await ledger
    .selectFrom('calls')
    .select((eb) => [
      ...(['endpoint', 'purpose'] as const),
      day.as('day'),
      eb.fn.countAll<number>().filterWhere('outcome', 'in', countedOutcomes).as('calls'),
      eb.fn.countAll<number>().filterWhere('outcome', '=', 'refused').as('refused'),
      eb.fn.countAll<number>().filterWhere('outcome', '=', 'failed').as('failed'),
      eb.fn.coalesce(eb.fn.sum<number>('rows'), sql.lit(0)).as('rows'),
    ])
    .where('connector', '=', connector)
    .where('sent_at_ms', '>=', period.startMs)
    .where('sent_at_ms', '<', period.endMs)
    .where('outcome', '!=', 'not_sent')
    .groupBy(['endpoint', 'purpose', day])
    .execute()
  const usage: Usage = {
    purposes: [],
    total: { calls: 0, rows: 0, refused: 0, failed: 0 },
    callsByDay: new Map(),
    month: await readMonth(ledger, connector, period.key),
  }
  for (const { endpoint, purpose, day, ...counts } of sums) {
    let row = usage.purposes.find((known) => known.endpoint === endpoint && known.purpose === purpose)
    if (row === undefined) {
      row = { endpoint, purpose, calls: 0, rows: 0, refused: 0, failed: 0 }
      usage.purposes.push(row)
    }
    add(row, counts)
    add(usage.total, counts)
    usage.callsByDay.set(day, (usage.callsByDay.get(day) ?? 0) + counts.calls)
  }
  usage.purposes.sort((a, b) => b.calls - a.calls)
  return usage
}

function add(sums: CallSums, { calls, rows, refused, failed }: CallSums): void {
  sums.calls += calls
  sums.rows += rows
  sums.refused += refused
  sums.failed += failed
}

export interface CodeUsage {
  id: string
  name: string | null
  calls: number
  rows: number
}

/** Returns the codes with the most calls in a period. */
export async function readTopCodes(
  ledger: Ledger,
  connector: string,
  period: Period,
  limit: number,
): Promise<CodeUsage[]> {
  const codes = await ledger
    .selectFrom('calls')
    .innerJoin('qr_codes', (join) =>
      join.onRef('qr_codes.connector', '=', 'calls.connector').onRef('qr_codes.id', '=', 'calls.qr_code_id'),
    )
    .select((eb) => [
      ...(['qr_codes.id', 'qr_codes.row'] as const),
      eb.fn.countAll<number>().as('calls'),
      eb.fn.coalesce(eb.fn.sum<number>('calls.rows'), sql.lit(0)).as('rows'),
    ])
    .where('calls.connector', '=', connector)
    .where('sent_at_ms', '>=', period.startMs)
    .where('sent_at_ms', '<', period.endMs)
    .where('outcome', 'in', countedOutcomes)
    .groupBy(['qr_codes.id', 'qr_codes.row'])
    .orderBy('calls', 'desc')
    .orderBy('qr_codes.id')
    .limit(limit)
    .execute()
  return codes.map(({ row, ...code }) => ({
    ...code,
    name: (JSON.parse(row) as { name: string | null }).name,
  }))
}

import type { Transaction } from 'kysely'
import { countByHour, daysByHour, dayShapeOf, evenDay, type DayShape } from '../../budget/day-shape.ts'
import type { ConnectorState } from '../connector/connector-state.ts'
import { prepared } from '../base/prepared.ts'
import type { LedgerSchema } from '../base/schema.ts'

/** Landed scans by hour of the UTC day, and since when they are counted (epoch ms). */
interface HourCounts {
  sinceMs: number
  counts: number[]
}

function readHourCounts({ hour_counts: counts }: Pick<ConnectorState, 'hour_counts'>): HourCounts | null {
  return counts === null ? null : (JSON.parse(counts) as HourCounts)
}

/** @returns at which hours of the UTC day people scan, estimated from landed scans */
export function readDayShape(state: Pick<ConnectorState, 'hour_counts'>, nowMs: number): DayShape {
  const known = readHourCounts(state)
  return known === null ? evenDay : dayShapeOf(known.counts, daysByHour(known.sinceMs, nowMs))
}

/** Counts landed scans by hour of the day. */
export async function addHourCounts(
  transaction: Transaction<LedgerSchema>,
  state: ConnectorState,
  scannedAtMs: readonly number[],
  nowMs: number,
): Promise<void> {
  if (scannedAtMs.length === 0) return
  const known = readHourCounts(state)
  const first = scannedAtMs.reduce((least, time) => Math.min(least, time), Infinity)
  const sinceMs = Math.min(known?.sinceMs ?? state.connected_at_ms ?? first, first)
  const counts = countByHour(known?.counts ?? [], scannedAtMs, nowMs)
  const hourCounts = JSON.stringify({
    sinceMs,
    counts: counts.map((count) => Math.round(count * 1000) / 1000),
  })
  await keepHourCounts(transaction, { connector: state.connector, hourCounts })
}

const keepHourCounts = prepared<{ connector: string; hourCounts: string }, unknown>((ledger, place) =>
  ledger
    .updateTable('plans')
    .set({ hour_counts: place('hourCounts') })
    .where('connector', '=', place('connector'))
    .compile(),
)

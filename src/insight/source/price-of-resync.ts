import { dayMs } from '../../model/durations.ts'
import type { Budget } from '../../budget/allowance.ts'
import type { ConnectorState } from '../../ledger/connector/connector-state.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import { readAllowance } from '../../ledger/calls/read-allowance.ts'
import { rowsPerPage } from '../../model/api-profile.ts'

export interface ResyncPrice {
  /** The most calls that it needs: one for every hundred scans, and one for unknown scans. */
  calls: number
  /** Calls that the month has left for us. */
  left: number
  /** When the month has calls again, epoch ms. */
  monthEndsMs: number
  landed: number
}

/** Returns the price in calls of reading the scans of some days of a code again. Makes no call. */
export async function readPriceOfResync(
  ledger: Ledger,
  state: ConnectorState,
  budget: Budget,
  { qrCodeId, day, toDay }: { qrCodeId: string; day: string; toDay: string },
  nowMs: number,
): Promise<ResyncPrice> {
  const { landed } = await ledger
    .selectFrom('scans')
    .select((eb) => eb.fn.countAll<number>().as('landed'))
    .where('connector', '=', state.connector)
    .where('qr_code_id', '=', qrCodeId)
    .where('scanned_at_ms', '>=', Date.parse(day))
    .where('scanned_at_ms', '<', Date.parse(toDay) + dayMs)
    .executeTakeFirstOrThrow()
  const daily = await ledger
    .selectFrom('analytics_daily')
    .select('row')
    .where('connector', '=', state.connector)
    .where('qr_code_id', '=', qrCodeId)
    .execute()
  const counted = daily
    .map(({ row }) => JSON.parse(row) as { date: string; scans: number })
    .filter(({ date }) => date >= day && date <= toDay)
    .reduce((sum, { scans }) => sum + scans, 0)
  const { left, period } = await readAllowance(ledger, state, budget, nowMs)
  const calls = Math.ceil(Math.max(landed, counted) / rowsPerPage) + 1
  return { calls, left, monthEndsMs: period.endMs, landed }
}

import type { Ledger } from '../../ledger/base/schema.ts'
import type { ConnectorState } from '../../ledger/connector/connector-state.ts'
import { readHistories } from '../../ledger/codes/known-codes.ts'
import { dayMs } from '../../model/durations.ts'
import { toTime, toTimeOrNull } from '../../model/to-time.ts'
import type { ScansPerDay } from '../../report/report-data.ts'
import type { CodeData, ScansData, UpToDate } from '../../report/scans/scans-data.ts'
import { holdEndsMs, readHold } from '../read-hold.ts'
import { readSyncStanding } from '../read-standing.ts'
import { readAudience, startOfDays } from './read-audience.ts'
import { readCode, readCodes } from './read-codes.ts'

/** The account whose scans are shown. */
export interface ShownAccount {
  ledger: Ledger
  state: ConnectorState
  /** Our part of the month's calls (`budget.share`). */
  share: number
}

/** The days to show, today included. */
export interface ShownPeriod {
  days: number
  nowMs: number
}

/** Returns who scanned, when and with which device over a period, without a call. */
export async function readScansData(account: ShownAccount, period: ShownPeriod): Promise<ScansData> {
  const { ledger, state } = account
  const { connector } = state
  const read = await readAudience(ledger, { connector, ...period })
  const upToDate = await readUpToDate(account, period.nowMs)
  return {
    connector,
    made_at: toTime(period.nowMs),
    up_to_date: upToDate,
    scans: toScansPerDay(read.byDay, period, upToDate.waiting_scans),
    codes: await readCodes(ledger, connector, read, period.nowMs),
    audience: read.audience,
  }
}

/** Returns the same for one code; null if the ledger does not know it. */
export async function readCodeData(
  account: ShownAccount,
  codeId: string,
  period: ShownPeriod,
): Promise<CodeData | null> {
  const { ledger, state } = account
  const { connector } = state
  const read = await readAudience(ledger, { connector, codeId, ...period })
  const code = await readCode(ledger, connector, codeId, read)
  if (code === null) return null
  const pending = await countPending(ledger, connector, codeId)
  return {
    connector,
    made_at: toTime(period.nowMs),
    up_to_date: await readUpToDate(account, period.nowMs),
    code,
    scans: toScansPerDay(read.byDay, period, pending),
    audience: read.audience,
  }
}

/** Returns how up to date the ledger is, and why it is not further. */
export async function readUpToDate({ ledger, state, share }: ShownAccount, nowMs: number): Promise<UpToDate> {
  const { waitingScans } = await readSyncStanding(ledger, state.connector, nowMs)
  const histories = await readHistories(ledger, state.connector)
  const older = histories.values().reduce((sum, { pending }) => sum + pending, 0)
  const hold = await readHold(ledger, state, share, nowMs)
  // A full minute is over before anybody could read about it.
  const waits = hold === null || hold.reason === 'minute' ? null : hold
  return {
    listed_at: toTimeOrNull(state.listed_at_ms),
    waiting_scans: waitingScans - older,
    older_scans: older,
    waits: waits && { reason: waits.reason, until: toTime(holdEndsMs(waits)) },
  }
}

async function countPending(ledger: Ledger, connector: string, codeId: string): Promise<number> {
  const code = await ledger
    .selectFrom('qr_codes')
    .select('pending')
    .where('connector', '=', connector)
    .where('id', '=', codeId)
    .executeTakeFirst()
  return code?.pending ?? 0
}

function toScansPerDay(
  byDay: ReadonlyMap<number, number>,
  { days, nowMs }: ShownPeriod,
  waiting: number,
): ScansPerDay {
  const sinceMs = startOfDays(nowMs, days)
  return {
    days: Array.from({ length: days }, (_, index) => ({
      day: toTime(sinceMs + index * dayMs).slice(0, 10),
      scans: byDay.get(sinceMs / dayMs + index) ?? 0,
    })),
    waiting,
  }
}

import { holdLease } from '../../activities/sync/hold-lease.ts'
import { readGapDay } from '../../activities/sync/read-gap-day.ts'
import { Slice } from '../../activities/sync/slice.ts'
import { untilDeleted } from '../../activities/sync/until-deleted.ts'
import type { ActivityDeps } from '../../activities/deps.ts'
import type { Config } from '../config/schema.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { recordAction } from '../ledger/connector/audit-trail.ts'
import type { Actor } from '../ledger/connector/audit-tables.ts'
import { listGapRanges } from '../ledger/scans/gaps.ts'
import { readGapSearch } from '../ledger/scans/read-gap-search.ts'
import { createSourceDeps } from './create-activity-deps.ts'
import { failAsTheApi } from './fail-as-the-api.ts'

/** Days of one code, both inclusive, such as `2026-03-14`. */
export interface ResyncRange {
  qrCodeId: string
  day: string
  toDay: string
}

export interface Resynced {
  /** Calls that it made. */
  calls: number
  /** Scans that the ledger did not have. */
  landed: number
  /** Whether the days were read completely. The next syncs read the rest. */
  isDone: boolean
  /**
   * Until when no call may be made, if that is why it stopped: the calls are spent, or the API asked for a
   * pause.
   */
  waitsUntilMs: number | null
}

/**
 * Reads the scans of some days of a code again, and lands missing ones; the others stay as they are. It waits
 * for the minute and for other syncs, and makes at most the given number of calls.
 *
 * @throws ConnectorError of the API
 */
export async function resync(
  config: Config,
  ledger: Ledger,
  range: ResyncRange,
  { mostCalls, onProgress, actor }: { mostCalls: number; onProgress: (text: string) => void; actor: Actor },
): Promise<Resynced> {
  const deps = await createSourceDeps(config, ledger)
  try {
    await ledger.transaction().execute(async (transaction) => {
      const code = { connector: config.connector, id: range.qrCodeId }
      const { day, toDay } = range
      await recordAction(transaction, config.connector, 'resync', actor, {
        qrCodeId: range.qrCodeId,
        details: `${day} to ${toDay}, at most ${mostCalls} calls`,
      })
      await listGapRanges(transaction, code, [{ day, toDay, offsetMinutes: 0, isNeighbour: false }])
    })
    const sum: Resynced = { calls: 0, landed: 0, isDone: false, waitsUntilMs: null }
    while (!sum.isDone && sum.waitsUntilMs === null && sum.calls < mostCalls) {
      onProgress(`Reading ${range.day} to ${range.toDay} again: ${sum.calls} calls, ${sum.landed} new scans`)
      await readSlice(deps, range, mostCalls, sum)
    }
    return sum
  } finally {
    await deps.api.close()
  }
}

const sliceMs = 3_000

/** Reads pages for a short time, as the only sync of the connector. */
async function readSlice(
  deps: ActivityDeps,
  { qrCodeId, day }: ResyncRange,
  mostCalls: number,
  sum: Resynced,
): Promise<void> {
  const { signal } = new AbortController()
  const daysLeft = async () =>
    (await readGapSearch(deps.ledger, deps.connector, qrCodeId)).days.find((days) => days.day === day)
  const { wait, calls, landed } = await holdLease(deps, { signal, isManual: true }, async (held) => {
    const slice = new Slice(held, sliceMs, mostCalls - sum.calls)
    const days = await daysLeft()
    if (days === undefined) return slice.done()
    try {
      await untilDeleted(deps, slice, qrCodeId, () => readGapDay(deps, slice, days, { keptBack: 0 }))
    } catch (error) {
      slice.pieceEnded(error, deps.clock.now())
    }
    return slice.more()
  })
  sum.calls += calls
  sum.landed += landed
  sum.isDone = (await daysLeft()) === undefined
  if (sum.isDone) return
  // A failure is reported at once, because nothing here retries it.
  if (wait === null) await failAsTheApi(deps)
  else if (wait.reason !== 'minute' && wait.reason !== 'other_sync') sum.waitsUntilMs = wait.untilMs
  else await deps.clock.sleep(Math.max(wait.untilMs - deps.clock.now(), 200))
}

import { dayMs } from '../../src/model/durations.ts'
import { readCode } from '../../src/ledger/codes/due-codes.ts'
import { readConnector } from '../../src/ledger/connector/connector-state.ts'
import { dayOf } from '../../src/ledger/scans/gaps.ts'
import { landAnalytics } from '../../src/ledger/scans/land-analytics.ts'
import { readGapSearch } from '../../src/ledger/scans/read-gap-search.ts'
import { callSucceeded } from './call-target.ts'
import type { ActivityDeps } from '../deps.ts'
import { meteredCall } from './metered-call.ts'
import { readGapDay } from './read-gap-day.ts'
import type { Slice } from './slice.ts'
import { untilDeleted } from './until-deleted.ts'

/** The longest range of days that one call may request. */
const daysPerCall = 366

/**
 * Makes one /analytics call: for the last year of a code or, when searching late scans, for the year up to an
 * earlier day.
 */
export async function readAnalytics(
  deps: ActivityDeps,
  slice: Slice,
  qrCodeId: string,
  { keptBack, untilDay }: { keptBack: number; untilDay: string | null },
): Promise<void> {
  const { clock, connector, ledger, observer } = deps
  const today = dayOf(clock.now())
  const to = untilDay ?? today
  const from = dayOf(Date.parse(to) - (daysPerCall - 1) * dayMs)
  await untilDeleted(deps, slice, qrCodeId, async () => {
    const purpose = untilDay === null ? 'analytics' : 'late scans'
    const callPurpose = { endpoint: 'GET /qr-codes/{id}/analytics', purpose, qrCodeId } as const
    const { call, answer } = await meteredCall(deps, { ...callPurpose, keptBack }, () =>
      deps.api.analytics(qrCodeId, { from, to }),
    )
    const landed = await landAnalytics(ledger, call, answer, { isSearch: to !== today, nowMs: clock.now() })
    await callSucceeded(deps, callPurpose, true)
    slice.countCalls(1)
    for (const stream of ['analytics_daily', 'analytics_breakdown'] as const) {
      slice.countLanded(landed[stream])
      observer.landed({ connector, stream, rows: landed[stream] })
    }
  })
}

/**
 * Continues the search for a code's late scans: reads the days again whose counts differ, or searches for such
 * days.
 */
export async function searchLateScans(
  deps: ActivityDeps,
  slice: Slice,
  qrCodeId: string,
  { keptBack }: { keptBack: number },
): Promise<void> {
  const read = () => readGapSearch(deps.ledger, deps.connector, qrCodeId)
  let search = await read()
  const { untilDay } = search
  if (search.days.length === 0 && untilDay !== null) {
    await readAnalytics(deps, slice, qrCodeId, { keptBack, untilDay })
    return
  }
  // The scans of one range of days decide whether the next range still needs to be read.
  for (let [next] = search.days; next !== undefined && !slice.isOver; [next] = search.days) {
    const range = next
    await untilDeleted(deps, slice, qrCodeId, () => readGapDay(deps, slice, range, { keptBack }))
    if (await isGone(deps, qrCodeId)) return
    search = await read()
    // The days are not finished: their call failed, or the slice is over.
    if (search.days.some(({ day }) => day === range.day)) return
  }
}

async function isGone({ ledger, connector }: ActivityDeps, qrCodeId: string): Promise<boolean> {
  return (await readCode(ledger, await readConnector(ledger, connector), qrCodeId)) === null
}

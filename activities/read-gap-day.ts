import { isLastPage } from '../src/api/pagination.ts'
import { dayMs } from '../src/budget/day-shape.ts'
import { readConnector } from '../src/ledger/connector-state.ts'
import { countLandedBetween } from '../src/ledger/due-codes.ts'
import { landGapDay, type GapDay } from '../src/ledger/land-gap-day.ts'
import { lagsOfNews } from '../src/ledger/land-scans.ts'
import { profileOf } from '../src/ledger/profile.ts'
import type { ApiProfile } from '../src/model/api-profile.ts'
import { callSucceeded } from './call-target.ts'
import type { SliceResult } from './contract.ts'
import type { ActivityDeps } from './deps.ts'
import { meteredCall } from './metered-call.ts'
import { failsOfStall, PageProgress } from './page-progress.ts'

const scansAskedFor = 100

/** Reads the scans of a day of a code again; where it stops, the next attempt goes on. */
export async function readGapDay(
  deps: ActivityDeps,
  gapDay: GapDay,
  { keptBack, mustStop }: { keptBack: number; mustStop: () => boolean },
  result: SliceResult,
): Promise<void> {
  const { ledger, connector, clock } = deps
  const { qrCodeId } = gapDay
  const fromMs = Date.parse(gapDay.day)
  const toMs = fromMs + dayMs
  const state = await readConnector(ledger, connector)
  const profile = profileOf(state)
  let page = gapDay.page > 1 ? gapDay.page : await firstPage(deps, gapDay, profile)
  const progress = new PageProgress()
  // The ledger stays with the page after which nothing came any more.
  let reached = page
  for (let isLast = false; !isLast && !mustStop(); page++) {
    const callPurpose = { endpoint: 'GET /qr-codes/{id}/scans', purpose: 'late scans', qrCodeId } as const
    const { call, answer } = await meteredCall(deps, { ...callPurpose, keptBack }, () =>
      deps.api.listScans(qrCodeId, {
        page,
        perPage: scansAskedFor,
        order: 'asc',
        from: new Date(fromMs).toISOString(),
        to: new Date(toMs).toISOString(),
      }),
    )
    // An API that ignores `from` and `to` goes on to other days.
    const times = answer.rows.map(({ scanned_at }) => Date.parse(scanned_at))
    const end = times.at(-1) ?? fromMs
    const isPast = end > (times[0] ?? end) ? end >= toMs : end < fromMs
    isLast = isLastPage(answer) || isPast
    const rows = answer.rows.filter((_, index) => isWithin(times[index] ?? 0, fromMs, toMs))
    const setAside = answer.setAside.filter(({ timeMs }) => timeMs == null || isWithin(timeMs, fromMs, toMs))
    const why = isLast ? null : progress.next(answer)
    reached = why === null ? page + 1 : reached
    const nowMs = clock.now()
    const place = { ...gapDay, page: reached - 1 }
    const late = await landGapDay(ledger, call, place, rows, isLast, nowMs, setAside)
    result.landed += late.length
    result.calls += 1
    const lagsMs = lagsOfNews(state, late, nowMs)
    deps.observer.landed({ connector, stream: 'scans', rows: late.length, lagsMs })
    if (why === null) await callSucceeded(deps, callPurpose, isLast)
    else if (await failsOfStall(deps, callPurpose, { why, page: reached, sentAtMs: call.sentAtMs })) return
  }
}

const isWithin = (timeMs: number, fromMs: number, toMs: number) => timeMs >= fromMs && timeMs < toMs

/** Where `from` is not to be had, the pages before the day hold at least what is landed of the days before, or after. */
async function firstPage(
  { ledger, connector }: ActivityDeps,
  { qrCodeId, day }: GapDay,
  { from, order, scansPerPage }: ApiProfile,
): Promise<number> {
  if (from !== false) return 1
  const startMs = Date.parse(day)
  const span = order === false ? { fromMs: startMs + dayMs, toMs: null } : { fromMs: null, toMs: startMs }
  const landed = await countLandedBetween(ledger, connector, qrCodeId, span)
  return Math.floor(landed / (scansPerPage ?? scansAskedFor)) + 1
}

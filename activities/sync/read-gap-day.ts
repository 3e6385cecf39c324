import { isLastPage, type Page } from '../../src/source/pagination.ts'
import { readConnector } from '../../src/ledger/connector/connector-state.ts'
import { countLandedBetween } from '../../src/ledger/codes/due-codes.ts'
import { landGapDay } from '../../src/ledger/scans/land-gap-day.ts'
import { lagsOfNews } from '../../src/ledger/scans/land-rows.ts'
import { profileOf } from '../../src/ledger/connector/profile.ts'
import { timesOf, type GapDay } from '../../src/ledger/scans/read-gap-search.ts'
import { hasSetAside } from '../../src/ledger/scans/set-aside.ts'
import { rowsPerPage, type ApiProfile } from '../../src/model/api-profile.ts'
import type { Scan } from '../../src/streams/scans.ts'
import { callSucceeded } from './call-target.ts'
import type { ActivityDeps } from '../deps.ts'
import { meteredCall } from './metered-call.ts'
import { failsOfStall, PageProgress } from './page-progress.ts'
import type { Slice } from './slice.ts'

/** Reads the scans of some days of a code again. If it stops, the next attempt continues there. */
export async function readGapDay(
  deps: ActivityDeps,
  slice: Slice,
  gapDay: GapDay,
  { keptBack }: { keptBack: number },
): Promise<void> {
  const { ledger, connector, clock } = deps
  const { qrCodeId } = gapDay
  const times = timesOf(gapDay)
  const { toMs } = times
  const fromMs = times.fromMs ?? -Infinity
  const state = await readConnector(ledger, connector)
  const profile = profileOf(state)
  let page = gapDay.page > 1 ? gapDay.page : await firstPage(deps, gapDay, profile)
  const progress = new PageProgress()
  // The ledger stores the last page that made progress.
  let reached = page
  let isLast = false
  while (!isLast && !slice.isOver) {
    const callPurpose = { endpoint: 'GET /qr-codes/{id}/scans', purpose: 'late scans', qrCodeId } as const
    const { call, answer } = await meteredCall(deps, { ...callPurpose, keptBack }, () =>
      deps.api.listScans(qrCodeId, {
        page,
        perPage: rowsPerPage,
        order: 'asc',
        ...(times.fromMs !== null && { from: new Date(times.fromMs).toISOString() }),
        to: new Date(toMs).toISOString(),
      }),
    )
    // An API that ignores `from` and `to` continues with other days.
    const scannedMs = answer.rows.map(({ scanned_at }) => Date.parse(scanned_at))
    const end = scannedMs.at(-1) ?? fromMs
    const isPast = end > (scannedMs[0] ?? end) ? end >= toMs : end < fromMs
    isLast =
      isLastPage(answer) || isPast || (page === 1 && (await isAllLanded(deps, gapDay, answer, profile)))
    const rows = answer.rows.filter((_, index) => isWithin(scannedMs[index] ?? 0, fromMs, toMs))
    const setAside = answer.setAside.filter(({ timeMs }) => timeMs == null || isWithin(timeMs, fromMs, toMs))
    const why = isLast ? null : progress.next(answer)
    reached = why === null ? page + 1 : reached
    const nowMs = clock.now()
    const at = { ...gapDay, page: reached - 1 }
    // False if reading stops early because the other pages have landed or are of other days.
    const isWhole = page === 1 && isLastPage(answer)
    const { late, isOver } = await landGapDay(ledger, call, at, { rows, setAside, isLast, isWhole }, nowMs)
    isLast ||= isOver
    slice.countLanded(late.length)
    slice.countCalls(1)
    const lagsMs = lagsOfNews(state, late, nowMs)
    deps.observer.landed({ connector, stream: 'scans', rows: late.length, lagsMs })
    if (why === null) await callSucceeded(deps, callPurpose, isLast)
    else if (await failsOfStall(deps, callPurpose, { why, page: reached, sentAtMs: call.sentAtMs })) return
    page += 1
  }
}

/**
 * Whether everything has landed, so that reading all scans again is unnecessary: the API counts as many scans
 * as have landed.
 */
async function isAllLanded(
  { ledger, connector }: ActivityDeps,
  gapDay: GapDay,
  { total }: Page<Scan>,
  profile: ApiProfile,
): Promise<boolean> {
  const { fromMs, toMs } = timesOf(gapDay)
  if (fromMs !== null || total === null || profile.from === false) return false
  // It is unknown whether the count includes the rows that were set aside.
  if (await hasSetAside(ledger, { connector, stream: 'scans', qrCodeId: gapDay.qrCodeId })) return false
  return total === (await countLandedBetween(ledger, connector, gapDay.qrCodeId, { fromMs, toMs }))
}

const isWithin = (timeMs: number, fromMs: number, toMs: number) => timeMs >= fromMs && timeMs < toMs

/**
 * If the API ignores `from`, the pages before these days contain at least the landed scans of earlier (or, in
 * reverse order, later) days.
 */
async function firstPage(
  { ledger, connector }: ActivityDeps,
  gapDay: GapDay,
  { from, order, scansPerPage }: ApiProfile,
): Promise<number> {
  const { fromMs, toMs } = timesOf(gapDay)
  if (from !== false) return 1
  if (fromMs === null && order !== false) return 1
  const span = order === false ? { fromMs: toMs, toMs: null } : { fromMs: null, toMs: fromMs }
  const landed = await countLandedBetween(ledger, connector, gapDay.qrCodeId, span)
  return Math.floor(landed / (scansPerPage ?? rowsPerPage)) + 1
}

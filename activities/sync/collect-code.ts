import { isLastPage, type Page } from '../../src/source/pagination.ts'
import { rowsPerCall } from '../../src/budget/price/fetch-rule.ts'
import { readConnector } from '../../src/ledger/connector/connector-state.ts'
import { countLandedBetween, type DueCode } from '../../src/ledger/codes/due-codes.ts'
import { holdsNewScans } from '../../src/ledger/scans/insert-scans.ts'
import type { ScansPage } from '../../src/ledger/scans/land-rows.ts'
import { landScans } from '../../src/ledger/scans/land-scans.ts'
import { profileOf } from '../../src/ledger/connector/profile.ts'
import { rowsPerPage, type ApiProfile } from '../../src/model/api-profile.ts'
import type { Scan } from '../../src/streams/scans.ts'
import { callSucceeded } from './call-target.ts'
import type { ActivityDeps } from '../deps.ts'
import { meteredCall } from './metered-call.ts'
import { failsOfStall, PageProgress } from './page-progress.ts'
import type { Slice } from './slice.ts'
import { untilDeleted } from './until-deleted.ts'

export interface CollectOptions {
  keptBack: number
  /** `all` collects to the last scan. `full pages` stops if the next page may not be full: the rest may not be worth a call yet. */
  extent: 'all' | 'full pages'
}

/**
 * Collects a code's scans page by page. Each page lands with its cursor before the next one is requested. Pages that make no
 * progress end the collection as a failure of the code.
 *
 * @throws CallsSpent, ApiError
 */
export async function collectCode(
  deps: ActivityDeps,
  slice: Slice,
  dueCode: DueCode,
  { keptBack, extent }: CollectOptions,
): Promise<void> {
  let code = dueCode
  const progress = new PageProgress()
  // How many pages to read beyond the cursor: the cursor does not move while pages make no progress.
  let ahead = 0
  // A page after one with new rows is not compared with the ledger: that saves a query for each page.
  let hadNewRows = false
  await untilDeleted(deps, slice, code.id, async () => {
    let profile = profileOf(await readConnector(deps.ledger, deps.connector))
    for (;;) {
      const start = code.cursor.page > 1 ? code.cursor.page : await firstPage(deps, code, profile)
      const pageNumber = start + ahead
      const from = profile.from === false ? null : code.cursor.from
      const callPurpose = purposeOf(code)
      const { call, answer } = await meteredCall(deps, { ...callPurpose, keptBack }, () =>
        deps.api.listScans(code.id, {
          page: pageNumber,
          perPage: rowsPerPage,
          order: 'asc',
          ...(from !== null && { from }),
          ...(code.untilMs !== null && { to: new Date(code.untilMs).toISOString() }),
        }),
      )
      const page = readPage(answer, code, profile)
      const isAscending = !page.isDescending && (page.profile.order ?? profile.order) === true
      const stall = page.isLast
        ? null
        : await whyStalled(deps, code, answer, { from, isAscending, hadNewRows }, progress)
      // If this page shows that the API ignores `from`, skip the pages that have already landed.
      const skippedTo = await firstPage(deps, code, { ...profile, ...page.profile })
      const nextPage = stall === null ? Math.max(page.page + 1, skippedTo) : start
      const nowMs = deps.clock.now()
      const landed = await landScans(deps.ledger, call, code, { ...page, nextPage }, nowMs, deps.settingsOf)
      slice.countCalls(1)
      slice.countLanded(landed.landed)
      hadNewRows = landed.landed > 0
      const { connector, observer } = deps
      observer.landed({ connector, stream: 'scans', rows: landed.landed, lagsMs: landed.lagsMs })
      if (stall === null) await callSucceeded(deps, callPurpose, page.isLast)
      else if (await failsOfStall(deps, callPurpose, { why: stall, page: start, sentAtMs: call.sentAtMs })) {
        return
      }
      ahead = stall === null ? 0 : ahead + 1
      if (landed.cursor === null || page.isLast || slice.isOver) return
      if (extent === 'full pages' && landed.pending < rowsPerCall) return
      code = { ...code, cursor: landed.cursor }
      profile = landed.profile
    }
  })
}

/** The purpose of a call for a code's scans. A history has its own failures, which do not delay the code's new scans. */
export function purposeOf({ id, isHistory }: DueCode) {
  return {
    endpoint: 'GET /qr-codes/{id}/scans',
    purpose: isHistory ? 'history' : 'scans',
    qrCodeId: id,
  } as const
}

/** @returns why a page makes no progress, or null if it does */
async function whyStalled(
  { ledger, connector }: ActivityDeps,
  code: DueCode,
  page: Page<Scan>,
  { from, isAscending, hadNewRows }: { from: string | null; isAscending: boolean; hadNewRows: boolean },
  progress: PageProgress,
): Promise<string | null> {
  const stall = progress.next(page)
  if (stall !== null || hadNewRows || page.page === 1 || page.rows.length === 0 || page.setAside.length > 0) {
    return stall
  }
  // An earlier slice may have landed rows that this slice sees for the first time.
  if (await holdsNewScans(ledger, connector, code.id, page.rows)) return null
  const fromMs = from === null ? null : Date.parse(from)
  const landed = await countLandedBetween(ledger, connector, code.id, { fromMs, toMs: code.untilMs })
  // If the pages before this one held more different rows than are landed, this page could still lead to new rows.
  const before =
    (page.page - 1 - (isAscending ? shiftedPages.ascending : shiftedPages.otherwise)) * page.perPage
  return before < landed ? null : `page ${page.page} holds only scans that are landed already`
}

/**
 * By how many pages rows may shift during a collection because others are added. If the oldest come first, only late rows shift
 * others; otherwise every new row does.
 */
const shiftedPages = { ascending: 1, otherwise: 10 }

/**
 * Returns the page to start at. If the API ignores `from` but returns the oldest scans first, the first pages hold scans that have
 * already landed, and are skipped. Landed scans of the cursor's own millisecond are not counted: another scan of that
 * millisecond may have been inserted before them.
 */
async function firstPage(
  { ledger, connector }: ActivityDeps,
  code: DueCode,
  profile: ApiProfile,
): Promise<number> {
  const { from, order, scansPerPage } = profile
  if (from !== false || order === false || code.cursor.from === null) return 1
  const known = await countLandedBetween(ledger, connector, code.id, {
    fromMs: null,
    toMs: Date.parse(code.cursor.from),
  })
  return Math.floor(known / (scansPerPage ?? rowsPerPage)) + 1
}

/** Derives the page's order and position from its rows, because an API may ignore the requested order or `from`. */
function readPage(page: Page<Scan>, code: DueCode, profile: ApiProfile): Omit<ScansPage, 'nextPage'> {
  const { rows, setAside, total, page: number, perPage } = page
  const fromMs = code.cursor.from === null ? null : Date.parse(code.cursor.from)
  const times = rows.map(({ scanned_at }) => Date.parse(scanned_at))
  const direction = Math.sign((times.at(-1) ?? 0) - (times[0] ?? 0))
  const isDescending = direction === 0 ? profile.order === false : direction < 0
  const isBelowFrom = fromMs !== null && times.some((time) => time < fromMs)
  const ignoresFrom = profile.from === false || isBelowFrom
  // An API that ignores `to` continues with new scans, which have a cursor of their own.
  const isPast = code.untilMs !== null && !isDescending && (times.at(-1) ?? 0) >= code.untilMs
  const isLast = isLastPage(page) || (isDescending && isBelowFrom) || isPast
  const shown: Partial<ApiProfile> = {
    totals: total !== null,
    scansPerPage: perPage,
    ...(direction !== 0 && { order: !isDescending }),
    ...(profile.from !== false &&
    fromMs !== null &&
    rows.length > 0 &&
    (isBelowFrom || isLast || !isDescending)
      ? { from: !isBelowFrom }
      : {}),
  }
  const behind =
    total === null ? null : Math.max(total - (number - 1) * perPage - rows.length - setAside.length, 0)
  return {
    rows,
    setAside,
    page: number,
    isLast,
    isDescending,
    profile: shown,
    // With all scans, newest first, it is unknown how many of the remaining ones are new.
    remaining: ignoresFrom && isDescending ? null : behind,
  }
}

import { ApiError } from '../src/api/api-error.ts'
import { isLastPage, paginate, type Page } from '../src/api/pagination.ts'
import type { ReservedCall } from '../src/ledger/calls.ts'
import { readDueCodes, type DueCode } from '../src/ledger/due-codes.ts'
import { landScans } from '../src/ledger/land-scans.ts'
import { markDeleted } from '../src/ledger/mark-deleted.ts'
import type { Scan } from '../src/model/scan.ts'
import type { SliceResult } from './contract.ts'
import type { ActivityDeps } from './deps.ts'
import { CallsSpent, meteredCall } from './metered-call.ts'

const scansPerPage = 100
/** Codes collected side by side: enough to keep a distant API busy, few enough to lose little in a crash. */
const lanes = 8
/** A slice this long is worth its place in the workflow's history, and lets deliveries begin while a long one goes on. */
const sliceMs = 3_000

/**
 * Collects due codes for a slice of time, page by page; each page is landed with its cursor, so that whoever comes next
 * goes on behind it. Stops between pages only: a call that was paid is landed, also when the worker is told to stop.
 */
export async function collectScans(deps: ActivityDeps, signal: AbortSignal): Promise<SliceResult> {
  const result: SliceResult = { calls: 0, landed: 0, isDone: false, wait: null }
  const endsAtMs = Date.now() + sliceMs
  const failures: unknown[] = []
  const mustStop = () =>
    failures.length > 0 || result.wait !== null || signal.aborted || Date.now() >= endsAtMs

  while (!mustStop()) {
    const codes = await readDueCodes(deps.ledger, deps.connector, 1_000)
    if (codes.length === 0) return { ...result, isDone: true }
    const collectNext = async (): Promise<void> => {
      while (!mustStop()) {
        const code = codes.shift()
        if (code === undefined) return
        await collectCode(deps, code, result, mustStop)
      }
    }
    // A lane that fails stops the others between pages, never in the middle of one.
    const lane = () => collectNext().catch((error: unknown) => failures.push(error))
    await Promise.all(Array.from({ length: lanes }, lane))
  }
  if (failures.length > 0) throw failures[0]
  return result
}

async function collectCode(
  deps: ActivityDeps,
  code: DueCode,
  result: SliceResult,
  mustStop: () => boolean,
): Promise<void> {
  const pages = paginate((page) => fetchPage(deps, code, page), code.cursor.page)
  try {
    for await (const page of pages) {
      const isLast = isLastPage(page)
      const { landed, cursor } = await landScans(deps.ledger, page.call, code, page.rows, isLast, Date.now())
      result.calls += 1
      result.landed += landed
      if (cursor === null || mustStop()) return
      code.cursor = cursor
    }
  } catch (error) {
    if (error instanceof CallsSpent) result.wait = error.wait
    else if (error instanceof ApiError && error.apiCode === 'NOT_FOUND') {
      result.calls += 1
      await markDeleted(deps.ledger, deps.connector, code.id)
    } else throw error
  }
}

/** A page of scans and the call that brought it, still to be settled. */
type PaidPage = Page<Scan> & { call: ReservedCall }

async function fetchPage(deps: ActivityDeps, code: DueCode, page: number): Promise<PaidPage> {
  const { from } = code.cursor
  const purpose = { endpoint: 'GET /qr-codes/{id}/scans', purpose: 'scans', qrCodeId: code.id } as const
  const { call, answer } = await meteredCall(deps, purpose, () =>
    deps.api.listScans(code.id, {
      page,
      perPage: scansPerPage,
      order: 'asc',
      ...(from !== null && { from }),
    }),
  )
  return { ...answer, call }
}

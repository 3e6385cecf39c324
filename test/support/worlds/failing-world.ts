import { ApiError } from '../../../src/source/api-error.ts'
import type { ErrorCode } from '../../../src/model/connector-error.ts'
import { ModelApi } from '../source/model-api.ts'
import { hourMs, planMonth, type PlannedMonth } from './planned-month.ts'

export const startMs = Date.parse('2026-11-01T00:00:00Z')
export const minuteMs = 60_000

export const fails = (code: ErrorCode, message = 'no') =>
  new ApiError(code, message, { retry: 'backoff', endpoint: 'GET /qr-codes/{id}/scans' })

export interface World {
  api: ModelApi
  month: PlannedMonth
  brokenId: string
  /** The times of calls for the broken code's scans or analytics. */
  callsOfBroken: number[]
  /** The longest time from scan to landing, over all codes except the broken one. */
  longestLagMs(): Promise<number>
}

/** An account of codes that are scanned at intervals, with a freshness of a minute by default. */
export async function world({
  codes = 20,
  everyMs = 20_000,
  freshnessMs = minuteMs,
  hasAnalytics = false,
}: Partial<{
  codes: number
  everyMs: number
  freshnessMs: number
  hasAnalytics: boolean
}> = {}): Promise<World> {
  const api = new ModelApi()
  Object.assign(api, { perPage: 100 })
  for (let index = 0; index < codes; index++) api.addCode()
  const month = await planMonth(api, {
    startMs,
    hasAnalytics,
    settingsOf: () => ({ priority: 1, targetMs: freshnessMs }),
  })
  let nextMs = startMs + everyMs
  api.beforeCall = () => {
    for (; nextMs <= month.now(); nextMs += everyMs) {
      for (const code of api.codes) api.addScan(code, nextMs, `${code.id}-${nextMs}`)
    }
  }
  const brokenId = api.codes.at(Math.min(3, codes - 1))?.id ?? ''
  return {
    api,
    month,
    brokenId,
    callsOfBroken: [],
    async longestLagMs() {
      const rows = await month.deps.ledger
        .selectFrom('scans')
        .select(['scanned_at_ms', 'landed_at_ms'])
        .where('qr_code_id', '!=', brokenId)
        .execute()
      const landed = rows.map((row) => row.landed_at_ms - row.scanned_at_ms)
      const ids = new Set(api.scans.filter(({ qr_code_id: id }) => id !== brokenId).map(({ id }) => id))
      // Scans that have not landed yet have been waiting until now.
      const landedIds = await month.deps.ledger.selectFrom('scans').select('id').execute()
      for (const { id } of landedIds) ids.delete(id)
      const waiting = api.scans.filter(({ id }) => ids.has(id))
      return Math.max(0, ...landed, ...waiting.map((scan) => month.now() - Date.parse(scan.scanned_at)))
    },
  }
}

export function breaks(error: () => ApiError, tookMs = 0) {
  return ({ api, month, brokenId, callsOfBroken }: World) => {
    const fail = async () => {
      api.beforeCall()
      api.calls.push('broken')
      callsOfBroken.push(month.now())
      await month.deps.clock.sleep(tookMs)
      throw error()
    }
    const { listScans, analytics } = api
    api.listScans = (id, query) => (id === brokenId ? fail() : listScans(id, query))
    api.analytics = (id, query) => (id === brokenId ? fail() : analytics(id, query))
  }
}

/** Returns the first page whatever page is requested, and always announces more. */
export function ignoresPages({ api, month, brokenId, callsOfBroken }: World): void {
  const code = api.codes.find(({ id }) => id === brokenId)
  if (code) {
    for (let index = 0; index < 150; index++) {
      api.addScan(code, startMs - hourMs + index, `${brokenId}-${index}`)
    }
  }
  const { listScans } = api
  api.listScans = async (id, query) => {
    if (id !== brokenId) return listScans(id, query)
    callsOfBroken.push(month.now())
    const page = await listScans(id, { ...query, page: 1 })
    return { ...page, page: query.page, total: null, totalPages: 1_000_000 }
  }
}

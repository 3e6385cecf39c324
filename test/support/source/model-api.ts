import type { ApiClient } from '../../../src/source/client.ts'
import type { Page } from '../../../src/source/pagination.ts'
import { analyticsDimensions } from '../../../src/model/analytics.ts'
import type { QrCode } from '../../../src/streams/qr-codes.ts'
import type { Scan } from '../../../src/streams/scans.ts'

const dayMs = 86_400_000
const fieldOf = {
  device: 'device_type',
  os: 'os',
  browser: 'browser',
  country: 'country',
  city: 'city',
} as const

/**
 * The API's rules about order, pages and `from` in memory, for property tests that need thousands of small
 * worlds. Its pages are small, so that a few scans create many edges.
 */
export class ModelApi implements ApiClient {
  readonly codes: QrCode[] = []
  readonly scans: Scan[] = []
  /** Runs before and after each call; throws if the caller is to die. */
  beforeCall: () => void = () => undefined
  afterCall: () => void = () => undefined
  calls: string[] = []
  hasCounts = true
  hasTimes = true
  hasTotals = true
  sortsByLastScan = true
  honoursFrom = true
  honoursOrder = true
  honoursUpdatedSince = true
  plan = 'advanced'
  perMonth = 100_000
  /** Calls of this month by all users of the account. */
  callsThisMonth = 0
  perPage = 3
  /** How many hours its days begin before UTC days. */
  dayOffsetHours = 0
  /** It returns no scans from before this time, although it counts them. */
  logBegins = ''
  /** Scans that it sends in an unreadable form, by id: which parts are readable. */
  readonly unfit = new Map<string, { id: boolean; time: boolean }>()

  addCode(): QrCode {
    // Ids in another order, so that neither they nor the times of creation look like the list's order.
    const id = `code-${(this.codes.length * 7) % 10}-${this.codes.length}`
    const createdAt = new Date(this.codes.length * 1000).toISOString()
    const code: QrCode = {
      id,
      name: id,
      type: 'url',
      destination_url: null,
      short_url: null,
      status: 'active',
      render_customizations: null,
      scan_count: 0,
      last_scanned_at: null,
      created_at: createdAt,
      updated_at: createdAt,
      deleted_at: null,
      extra: null,
    }
    this.codes.push(code)
    return code
  }

  /** Deletes a code or renames it, like its owner. */
  change(code: QrCode, atMs: number, change: { name: string } | 'delete'): void {
    code.updated_at = new Date(atMs).toISOString()
    if (change === 'delete') Object.assign(code, { deleted_at: code.updated_at, status: 'deleted' })
    else code.name = change.name
  }

  addScan(code: QrCode, atMs: number, id: string): void {
    const scannedAt = new Date(atMs).toISOString()
    this.scans.push({
      id,
      qr_code_id: code.id,
      scanned_at: scannedAt,
      device_type: null,
      os: null,
      browser: null,
      language: null,
      referrer: null,
      is_unique: null,
      country: null,
      region: null,
      city: null,
      extra: null,
    })
    code.scan_count = (code.scan_count ?? 0) + 1
    if (code.last_scanned_at === null || code.last_scanned_at < scannedAt) code.last_scanned_at = scannedAt
  }

  me: ApiClient['me'] = () =>
    this.#call('me', () => ({
      account_id: 'a',
      email: null,
      plan: this.plan,
      usage: {
        dynamic_qr_count: null,
        dynamic_qr_limit: null,
        api_calls_this_month: this.callsThisMonth,
        api_calls_monthly_limit: this.perMonth,
      },
    }))

  listQrCodes: ApiClient['listQrCodes'] = ({ page, sort, updatedSince, includeDeleted }) =>
    this.#call('list', () => {
      const byLastScan = sort === '-last_scanned_at' && this.sortsByLastScan && this.hasTimes
      const key = (code: QrCode) => code.last_scanned_at ?? ''
      const since = this.honoursUpdatedSince ? (updatedSince ?? '') : ''
      const listed = this.codes.filter(
        (code) => (includeDeleted === true || code.deleted_at === null) && (code.updated_at ?? '') >= since,
      )
      const sorted = byLastScan ? listed.sort((a, b) => key(b).localeCompare(key(a))) : listed
      const told = sorted.map((code) => ({
        ...code,
        ...(!this.hasCounts && { scan_count: null }),
        ...(!this.hasTimes && { last_scanned_at: null }),
      }))
      return this.#page(told, page)
    })

  listScans: ApiClient['listScans'] = (qrCodeId, { page, from = '', to = '9', order }) =>
    this.#call('scans', () => {
      const isAscending = order === 'asc' && this.honoursOrder
      const isWithin = ({ scanned_at }: Scan) => scanned_at >= from && scanned_at < to
      const rows = this.scans
        .filter((scan) => scan.qr_code_id === qrCodeId && scan.scanned_at >= this.logBegins)
        .filter((scan) => !this.honoursFrom || isWithin(scan))
        .sort(isAscending ? byTime : (a, b) => byTime(b, a))
      return this.#setAside(this.#page(rows, page))
    })

  analytics: ApiClient['analytics'] = (qrCodeId, { from, to }) =>
    this.#call('analytics', () => {
      const days: string[] = []
      for (let at = Date.parse(from); at <= Date.parse(to); at += dayMs) {
        days.push(new Date(at).toISOString().slice(0, 10))
      }
      const dayOf = ({ scanned_at }: Scan) =>
        this.dayOffsetHours === 0
          ? scanned_at.slice(0, 10)
          : new Date(Date.parse(scanned_at) + this.dayOffsetHours * 3_600_000).toISOString().slice(0, 10)
      const byDay = Map.groupBy(
        this.scans.filter((scan) => scan.qr_code_id === qrCodeId),
        dayOf,
      )
      const scans = days.flatMap((date) => byDay.get(date) ?? [])
      // Its scans do not say whether they are unique.
      const scansOf = (date: string) => byDay.get(date)?.length ?? 0
      const breakdowns = analyticsDimensions.flatMap((dimension) =>
        [...Map.groupBy(scans, (scan) => scan[fieldOf[dimension]] ?? 'Unknown')].map(([name, those]) => ({
          dimension,
          name,
          scans: those.length,
        })),
      )
      return {
        qr_code_id: qrCodeId,
        from,
        to,
        total_scans: scans.length,
        unique_scans: null,
        breakdowns,
        series: days.map((date) => ({ date, scans: scansOf(date), unique_scans: null })),
      }
    })

  isAlive = () => Promise.resolve(true)
  close = () => Promise.resolve()
  clockSkewMs = () => null
  takeShapes = () => []

  #page<T>(rows: T[], page: number): Page<T> {
    const { perPage } = this
    return {
      rows: structuredClone(rows.slice((page - 1) * perPage, page * perPage)),
      setAside: [],
      page,
      perPage,
      total: this.hasTotals ? rows.length : null,
      totalPages: this.hasTotals ? Math.ceil(rows.length / perPage) : null,
    }
  }

  #setAside(page: Page<Scan>): Page<Scan> {
    const setAside = page.rows.flatMap((scan, index) => {
      const readable = this.unfit.get(scan.id)
      if (readable === undefined) return []
      const id = readable.id ? scan.id : null
      const timeMs = readable.time ? Date.parse(scan.scanned_at) : null
      const others = [...page.rows.slice(0, index).toReversed(), ...page.rows.slice(index + 1)]
      const beside = others.find(({ id }) => this.unfit.get(id)?.time ?? true)
      const nearMs = timeMs ?? (beside === undefined ? null : Date.parse(beside.scanned_at))
      return [{ id, timeMs, nearMs, json: JSON.stringify(scan), reason: 'unfit' }]
    })
    return { ...page, setAside, rows: page.rows.filter(({ id }) => !this.unfit.has(id)) }
  }

  #call<T>(name: string, answer: () => T): Promise<T> {
    this.beforeCall()
    this.calls.push(name)
    this.callsThisMonth++
    const result = answer()
    this.afterCall()
    return Promise.resolve(result)
  }
}

/** The API's order: by time, and within a millisecond by id. */
function byTime(a: Scan, b: Scan): number {
  if (a.scanned_at !== b.scanned_at) return a.scanned_at < b.scanned_at ? -1 : 1
  if (a.id === b.id) return 0
  return a.id < b.id ? -1 : 1
}

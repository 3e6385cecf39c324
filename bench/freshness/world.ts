import type { ApiClient } from '../../src/source/client.ts'
import type { Page } from '../../src/source/pagination.ts'
import type { Analytics } from '../../src/model/analytics.ts'
import type { QrCode } from '../../src/streams/qr-codes.ts'
import type { Scan } from '../../src/streams/scans.ts'
import { randomFrom } from '../../test/support/random-from.ts'

export const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Shares of a day's scans by UTC hour, as in the reference API's seed. */
const byHour = [6, 4, 3, 2, 2, 4, 10, 22, 38, 48, 56, 68, 80, 72, 60, 58, 64, 78, 90, 92, 76, 52, 30, 14]

export interface World {
  startMs: number
  endMs: number
  /** Times of each code's scans, in order. */
  scans: Float64Array[]
}

/** Makes a month of scans: codes by Zipf's law, days and nights. The same seed makes the same world. */
export function makeWorld(scans: number, codes: number, seed: number): World {
  const random = randomFrom(seed)
  const startMs = Date.parse('2026-11-01T00:00:00Z')
  const endMs = Date.parse('2026-12-01T00:00:00Z')
  const codeOf = pickBy(Array.from({ length: codes }, (_, index) => 1 / (index + 1)))
  const hourOf = pickBy(byHour)
  const days = (endMs - startMs) / dayMs
  const times: number[][] = Array.from({ length: codes }, () => [])
  for (let scan = 0; scan < scans; scan++) {
    const hour = Math.floor(random() * days) * 24 + hourOf(random())
    times[codeOf(random())]?.push(Math.floor(startMs + (hour + random()) * hourMs))
  }
  return { startMs, endMs, scans: times.map((each) => Float64Array.from(each).sort()) }
}

function pickBy(weights: readonly number[]): (at: number) => number {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  let before = 0
  const bounds = weights.map((weight) => (before += weight / sum))
  return (at) => Math.max(countBelow(bounds, at), 0)
}

/** Counts the sorted values below a bound. */
export function countBelow(values: ArrayLike<number>, bound: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((values[middle] ?? Infinity) < bound) low = middle + 1
    else high = middle
  }
  return low
}

/** The API of a world, as of `now`. It counts its calls, and those beyond either window of the Pro plan. */
export class WorldApi implements ApiClient {
  readonly calls: Record<string, number> = {}
  beyond = 0
  readonly #world: World
  readonly #now: () => number
  readonly #hasCounts: boolean
  readonly #perMonth: number
  readonly #recent: number[] = []
  #total = 0

  constructor(world: World, now: () => number, hasCounts: boolean, perMonth: number) {
    this.#world = world
    this.#now = now
    this.#hasCounts = hasCounts
    this.#perMonth = perMonth
  }

  me: ApiClient['me'] = () => {
    this.#count('GET /me')
    return Promise.resolve({
      account_id: 'a',
      email: null,
      plan: 'pro',
      usage: {
        dynamic_qr_count: null,
        dynamic_qr_limit: null,
        api_calls_this_month: this.#total,
        api_calls_monthly_limit: this.#perMonth,
      },
    })
  }

  listQrCodes: ApiClient['listQrCodes'] = ({ page, perPage, sort, updatedSince }) => {
    this.#count('GET /qr-codes')
    const { scans, startMs } = this.#world
    const at = this.#now()
    const codes = scans.map((times, index): QrCode => {
      const count = countBelow(times, at + 1)
      const last = count === 0 ? null : new Date(times[count - 1] ?? 0).toISOString()
      const made = new Date(startMs - (index + 1) * 1_000).toISOString()
      return {
        id: idOf(index),
        name: null,
        type: null,
        destination_url: null,
        short_url: null,
        status: 'active',
        render_customizations: null,
        created_at: made,
        updated_at: made,
        deleted_at: null,
        extra: null,
        scan_count: this.#hasCounts ? count : null,
        last_scanned_at: this.#hasCounts ? last : null,
      }
    })
    const listed = updatedSince === undefined ? codes : codes.slice(0, 1)
    const key = (code: QrCode) => code.last_scanned_at ?? ''
    if (sort === '-last_scanned_at' && this.#hasCounts) {
      listed.sort((a, b) => Number(key(a) < key(b)) - Number(key(a) > key(b)))
    }
    return Promise.resolve(
      pageOf(listed.slice((page - 1) * perPage, page * perPage), page, perPage, listed.length),
    )
  }

  listScans: ApiClient['listScans'] = (qrCodeId, { page, perPage, from }) => {
    this.#count('GET /qr-codes/{id}/scans')
    const index = indexOf(qrCodeId)
    const times = this.#world.scans[index] ?? new Float64Array()
    const first = from === undefined ? 0 : countBelow(times, Date.parse(from))
    const end = countBelow(times, this.#now() + 1)
    const start = Math.min(first + (page - 1) * perPage, end)
    const rows: Scan[] = []
    for (let at = start; at < Math.min(start + perPage, end); at++) {
      rows.push({
        id: `${index}-${at}`,
        qr_code_id: qrCodeId,
        scanned_at: new Date(times[at] ?? 0).toISOString(),
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
    }
    return Promise.resolve(pageOf(rows, page, perPage, end - first))
  }

  analytics: ApiClient['analytics'] = (qrCodeId, { from, to }): Promise<Analytics> => {
    this.#count('GET /qr-codes/{id}/analytics')
    const times = this.#world.scans[indexOf(qrCodeId)] ?? new Float64Array()
    const end = countBelow(times, this.#now() + 1)
    const series: Analytics['series'] = []
    for (let dayMsStart = this.#world.startMs; dayMsStart <= Date.parse(to); dayMsStart += dayMs) {
      const scans =
        Math.min(countBelow(times, dayMsStart + dayMs), end) - Math.min(countBelow(times, dayMsStart), end)
      series.push({ date: new Date(dayMsStart).toISOString().slice(0, 10), scans, unique_scans: null })
    }
    return Promise.resolve({
      qr_code_id: qrCodeId,
      from,
      to,
      total_scans: end,
      unique_scans: null,
      series,
      breakdowns: [],
    })
  }

  close = () => Promise.resolve()
  isAlive = () => Promise.resolve(true)
  clockSkewMs = () => null
  takeShapes = () => []

  #count(endpoint: string): void {
    const at = this.#now()
    this.calls[endpoint] = (this.calls[endpoint] ?? 0) + 1
    this.#total++
    this.#recent.push(at)
    while (at - (this.#recent[0] ?? at) >= 60_000) this.#recent.shift()
    if (this.#total > this.#perMonth || this.#recent.length > 60) this.beyond++
  }
}

const idOf = (index: number) => `code-${index}`
const indexOf = (id: string) => Number(id.slice('code-'.length))

function pageOf<T>(rows: T[], page: number, perPage: number, total: number): Page<T> {
  return { rows, setAside: [], page, perPage, total, totalPages: Math.ceil(total / perPage) }
}

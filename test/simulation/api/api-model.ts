import { CallWindows, type ApiLimits } from './call-windows.ts'
import type { Random } from '../machines/random.ts'

const dayMs = 86_400_000

/** What openapi.yaml allows an API to leave out or ignore. */
export const optionalFeatures = [
  'scan_count',
  'last_scanned_at',
  'totals',
  'sort',
  'order',
  'from',
  'updated_since',
] as const
export type OptionalFeature = (typeof optionalFeatures)[number]

export interface CodeOfApi {
  id: string
  name: string
  createdMs: number
  updatedMs: number
  deletedMs: number | null
  /** Whether it was deleted; it may have been restored since. */
  wasDeleted?: boolean
  /** By time and id. */
  scans: ScanOfApi[]
  /** How much lower its count is than its scans, because statistics were reset. */
  forgotten: number
}

/** Several codes share a product. */
export const productOf = ({ id }: Pick<CodeOfApi, 'id'>) => `product-${id.slice(0, 1)}`
export const campaignOf = ({ id }: Pick<CodeOfApi, 'id'>) => `Campaign ${id.slice(1, 2)}`

export interface ScanOfApi {
  id: string
  timeMs: number
  /** When the API got it. */
  arrivedMs: number
  json: string
  /** Whether the API has sent it in a malformed form for a time. */
  wasOdd?: boolean
  /** Whether it arrived after its time. */
  wasLate?: boolean
  /** Whether the code had a later one when it arrived. */
  wasBehind?: boolean
}

export interface ApiAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/**
 * The API of openapi.yaml as a connector sees it: the same pages, orders, limits and errors as the reference
 * API, without a server. `api-model.test.ts` compares the two.
 */
export class ApiModel {
  readonly codes: CodeOfApi[] = []
  readonly scanIds = new Set<string>()
  readonly limits: ApiLimits
  readonly without: ReadonlySet<OptionalFeature>
  readonly windows: CallWindows
  /** How many hours its days begin before UTC days. */
  dayOffsetHours = 0
  readonly key: string
  readonly #random: Random
  readonly #now: () => number

  constructor(given: {
    limits: ApiLimits
    without: ReadonlySet<OptionalFeature>
    key: string
    random: Random
    now: () => number
  }) {
    this.limits = given.limits
    this.without = given.without
    this.key = given.key
    this.#random = given.random
    this.#now = given.now
    this.windows = new CallWindows(given.limits, given.now)
  }

  addCode(atMs: number): CodeOfApi {
    const number = this.codes.length + 1
    const code = {
      id: this.#random.uuid(),
      name: `Code ${number}`,
      createdMs: atMs,
      updatedMs: atMs,
      deletedMs: null,
      scans: [],
      forgotten: 0,
    }
    this.codes.push(code)
    return code
  }

  addScan(code: CodeOfApi, timeMs: number): ScanOfApi {
    const id = this.#random.uuid()
    const row = {
      id,
      qr_code_id: code.id,
      scanned_at: isoOf(timeMs),
      device_type: this.#random.pick(['mobile', 'tablet', 'desktop']),
      os: this.#random.pick(['iOS', 'Android', null]),
      browser: this.#random.pick(['Safari', 'Chrome', null]),
      language: 'en',
      referrer: null,
      is_unique: this.#random.chance(0.7),
    }
    const scan: ScanOfApi = { id, timeMs, arrivedMs: this.#now(), json: JSON.stringify(row) }
    let at = code.scans.length
    while (at > 0 && isAfter(code.scans[at - 1], scan)) at--
    code.scans.splice(at, 0, scan)
    this.scanIds.add(id)
    return scan
  }

  /** Checks whether a call is accepted. @returns null if it is, and counts it */
  admit(authorization: string | undefined): ApiAnswer | null {
    if (authorization !== `Bearer ${this.key}`) {
      return this.fault(401, 'UNAUTHORIZED', 'The API key is missing, malformed or revoked.')
    }
    const refusal = this.windows.admit({ isOurs: true })
    if (refusal === null) return null
    const seconds = Math.ceil((refusal.untilMs - this.#now()) / 1000)
    return this.fault(
      429,
      `RATE_LIMITED_${refusal.window.toUpperCase()}`,
      `The ${refusal.window} is spent.`,
      {
        'retry-after': String(seconds),
      },
    )
  }

  /** The answer to an accepted call. */
  answer(target: string): ApiAnswer {
    const { pathname, searchParams } = new URL(target, 'https://api.test')
    const path = pathname.replace('/api/v1', '')
    if (path === '/me') return this.#data(this.#account())
    if (path === '/qr-codes') return this.#listCodes(searchParams)
    const [, id = '', list] = /^\/qr-codes\/([^/]+)\/(scans|analytics)$/.exec(path) ?? []
    const code = this.codes.find((each) => each.id === id && each.deletedMs === null)
    if (code === undefined) return this.fault(404, 'NOT_FOUND', 'There is no such QR code.')
    return list === 'scans' ? this.#listScans(code, searchParams) : this.#analyse(code, searchParams)
  }

  fault(status: number, code: string, error: string, headers: Record<string, string> = {}): ApiAnswer {
    return this.#reply(status, JSON.stringify({ success: false, error, code }), headers)
  }

  #account(): object {
    return {
      account_id: 'account-1',
      email: 'owner@example.com',
      plan: this.limits.plan,
      usage: {
        dynamic_qr_count: this.codes.length,
        dynamic_qr_limit: 250,
        api_calls_this_month: this.windows.callsThisMonth,
        api_calls_monthly_limit: this.limits.perMonth,
      },
    }
  }

  #listCodes(query: URLSearchParams): ApiAnswer {
    const withDeleted = query.get('include_deleted') === 'true'
    const since = this.without.has('updated_since') ? null : query.get('updated_since')
    const sinceMs = since === null ? -Infinity : Date.parse(since)
    const listed = this.codes.filter(
      ({ deletedMs, updatedMs }) => (withDeleted || deletedMs === null) && updatedMs >= sinceMs,
    )
    const isByScan = query.get('sort') === '-last_scanned_at'
    const sorted =
      isByScan && !this.without.has('sort') && !this.without.has('last_scanned_at')
        ? listed.toSorted((a, b) => lastScanMs(b) - lastScanMs(a))
        : listed.toSorted((a, b) => b.createdMs - a.createdMs)
    return this.#page(
      sorted.map((code) => JSON.stringify(this.#codeRow(code, withDeleted))),
      query,
    )
  }

  #codeRow(code: CodeOfApi, withDeleted: boolean): object {
    const lastMs = lastScanMs(code)
    return {
      id: code.id,
      name: code.name,
      type: 'url',
      destination_url: `https://example.com/${code.id.slice(0, 4)}?utm_source=print&product=${productOf(code)}`,
      // A field that openapi.yaml does not have.
      campaign: campaignOf(code),
      short_url: `https://q.test/${code.id.slice(0, 8)}`,
      status: code.deletedMs === null ? 'active' : 'deleted',
      render_customizations: {},
      ...(!this.without.has('scan_count') && { scan_count: Math.max(code.scans.length - code.forgotten, 0) }),
      ...(!this.without.has('last_scanned_at') && { last_scanned_at: lastMs === 0 ? null : isoOf(lastMs) }),
      created_at: isoOf(code.createdMs),
      updated_at: isoOf(code.updatedMs),
      ...(withDeleted && { deleted_at: code.deletedMs === null ? null : isoOf(code.deletedMs) }),
    }
  }

  #listScans(code: CodeOfApi, query: URLSearchParams): ApiAnswer {
    const bound = (name: string, otherwise: number) => {
      const text = this.without.has('from') ? null : query.get(name)
      return text === null ? otherwise : Date.parse(text)
    }
    const fromMs = bound('from', -Infinity)
    const toMs = bound('to', Infinity)
    const within = code.scans.filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs)
    const isAscending = query.get('order') === 'asc' && !this.without.has('order')
    const ordered = isAscending ? within : within.toReversed()
    return this.#page(
      ordered.map(({ json }) => json),
      query,
    )
  }

  #analyse(code: CodeOfApi, query: URLSearchParams): ApiAnswer {
    const from = query.get('from') ?? ''
    const to = query.get('to') ?? ''
    const offsetMs = this.dayOffsetHours * 3_600_000
    const byDay = new Map<string, number>()
    for (let day = Date.parse(from); day <= Date.parse(to); day += dayMs) {
      byDay.set(isoOf(day).slice(0, 10), 0)
    }
    let total = 0
    for (const { timeMs } of code.scans) {
      const day = isoOf(timeMs + offsetMs).slice(0, 10)
      const before = byDay.get(day)
      if (before === undefined) continue
      byDay.set(day, before + 1)
      total++
    }
    return this.#data({
      qr_code_id: code.id,
      from,
      to,
      total_scans: total,
      unique_scans: total,
      series: [...byDay].map(([date, scans]) => ({ date, scans, unique_scans: scans })),
      devices: [{ name: 'mobile', scans: total }],
      operating_systems: [],
      browsers: [],
    })
  }

  #page(rows: string[], query: URLSearchParams): ApiAnswer {
    const page = Number(query.get('page') ?? 1)
    const perPage = Number(query.get('per_page') ?? 20)
    const shown = rows.slice((page - 1) * perPage, page * perPage)
    const pagination = {
      page,
      per_page: perPage,
      ...(!this.without.has('totals') && {
        total: rows.length,
        total_pages: Math.ceil(rows.length / perPage),
      }),
    }
    return this.#reply(
      200,
      `{"success":true,"data":[${shown.join(',')}],"pagination":${JSON.stringify(pagination)}}`,
    )
  }

  #data(data: object): ApiAnswer {
    return this.#reply(200, JSON.stringify({ success: true, data }))
  }

  #reply(status: number, body: string, headers: Record<string, string> = {}): ApiAnswer {
    const date = new Date(this.#now()).toUTCString()
    return { status, body, headers: { 'content-type': 'application/json', date, ...headers } }
  }
}

function lastScanMs({ scans }: CodeOfApi): number {
  return scans.at(-1)?.timeMs ?? 0
}

function isAfter(a: ScanOfApi | undefined, b: ScanOfApi): boolean {
  return a !== undefined && (a.timeMs > b.timeMs || (a.timeMs === b.timeMs && a.id > b.id))
}

function isoOf(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

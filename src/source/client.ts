import type { Account } from '../model/account.ts'
import type { Analytics } from '../model/analytics.ts'
import type { AnswerShape } from '../model/answer-shape.ts'
import type { Mask } from '../streams/mask.ts'
import type { QrCode } from '../streams/qr-codes.ts'
import type { Scan } from '../streams/scans.ts'
import type { SetAsideRow } from '../model/set-aside-row.ts'
import type { Page } from './pagination.ts'
import { readAnalyticsLists } from './read-analytics-lists.ts'
import { ShapeNotes } from './note-shape.ts'
import { readRows } from './read-rows.ts'
import type { ReadRows } from './read-rows.ts'
import { accountAnswer, analyticsAnswer, qrCodeRow, qrCodesAnswer, scanRow, scansAnswer } from './schemas.ts'
import type { Pagination } from './schemas.ts'
import { listOf, toAccount, toAnalytics, toQrCode, toScan } from './to-model.ts'
import { createTransport } from './transport.ts'
import type { TransportOptions } from './transport.ts'

export interface ApiClientOptions extends TransportOptions {
  /** Applied to every answer before anything else uses it. */
  mask?: Mask
}

interface CallOptions {
  /** Aborts the call, which then rejects with the signal's reason. The API may have counted it anyway. */
  signal?: AbortSignal
}

interface PageQuery {
  /** From 1. */
  page: number
  /** 1 to 100. */
  perPage: number
}

interface QrCodesQuery extends PageQuery {
  sort?: 'created_at' | '-created_at' | '-last_scanned_at'
  includeDeleted?: boolean
  /** RFC 3339. */
  updatedSince?: string
}

interface ScansQuery extends PageQuery {
  /** By (`scanned_at`, `id`); the API's default is `desc`. */
  order?: 'asc' | 'desc'
  /** RFC 3339, inclusive. */
  from?: string
  /** RFC 3339, exclusive. */
  to?: string
}

interface AnalyticsQuery {
  /** The first UTC day, such as `2026-03-14`, inclusive. */
  from: string
  /** The last UTC day, inclusive; the range has at most 366 days. */
  to: string
}

/**
 * The QRCodeStack API. Each method sends exactly one HTTP request, and never retries: calls count, so the caller reserves each
 * one. A failed call throws an `ApiError`.
 *
 * @see https://qrcodestack.com/api-docs
 */
export interface ApiClient {
  me(options?: CallOptions): Promise<Account>
  listQrCodes(query: QrCodesQuery, options?: CallOptions): Promise<Page<QrCode>>
  listScans(qrCodeId: string, query: ScansQuery, options?: CallOptions): Promise<Page<Scan>>
  analytics(qrCodeId: string, query: AnalyticsQuery, options?: CallOptions): Promise<Analytics>
  /**
   * Checks whether the API itself answers a path, with a request without the key. A live API refuses it with its own JSON (401).
   * The request belongs to no account, so it costs no call. A maintenance page, a proxy's error or a timeout means false. Never
   * rejects.
   *
   * @param path such as `/qr-codes`
   */
  isAlive(path: string): Promise<boolean>
  /**
   * How far this host's clock was ahead of the API's at the last response (negative: behind); null before the
   * first.
   */
  clockSkewMs(): number | null
  /** @returns the fields of each response since the last call of this method, without values */
  takeShapes(): AnswerShape[]
  /** Waits for the calls in flight, then closes the connections. */
  close(): Promise<void>
}

/** @throws ConnectorError CONFIG_INVALID for a key that no header can carry */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const transport = createTransport(options)
  const { mask } = options
  const shapes = new ShapeNotes()

  return {
    async me({ signal } = {}) {
      const { answer } = await transport.get(accountAnswer, { endpoint: 'GET /me', path: '/me', signal })
      shapes.note('me', [answer.data])
      shapes.note('me.usage', [answer.data.usage])
      return toAccount(answer.data)
    },

    async listQrCodes(query, { signal } = {}) {
      const { answer, body, echo } = await transport.get(qrCodesAnswer, {
        endpoint: 'GET /qr-codes',
        path: '/qr-codes',
        query: {
          page: query.page,
          per_page: query.perPage,
          sort: query.sort,
          include_deleted: query.includeDeleted,
          updated_since: query.updatedSince,
        },
        signal,
      })
      // Deleted codes may have fields that other codes do not have.
      shapes.note('qr_codes', answer.data, query.includeDeleted === true ? 'with deleted' : '')
      const read = readRows(qrCodeRow, { body, path: ['data'], parsed: answer.data, echo })
      return toPage({ rows: read.rows.map(toQrCode), setAside: read.setAside }, query, answer.pagination)
    },

    async listScans(qrCodeId, query, { signal } = {}) {
      const { answer, body, echo } = await transport.get(scansAnswer, {
        endpoint: 'GET /qr-codes/{id}/scans',
        path: `/qr-codes/${encodeURIComponent(qrCodeId)}/scans`,
        query: {
          page: query.page,
          per_page: query.perPage,
          order: query.order,
          from: query.from,
          to: query.to,
        },
        signal,
      })
      shapes.note('scans', answer.data, qrCodeId)
      const hides = (field: string) => mask?.hides(field) ?? false
      const read = readRows(scanRow, { body, path: ['data'], parsed: answer.data, echo, hides })
      const rows = read.rows.map((row) => toScan(row, qrCodeId))
      const scans = mask === undefined ? rows : rows.map((row) => mask.scan(row))
      const setAside = read.setAside.map((row) => masked(row, mask))
      return toPage({ rows: scans, setAside }, query, answer.pagination)
    },

    async analytics(qrCodeId, { from, to }, { signal } = {}) {
      const { answer, body, echo } = await transport.get(analyticsAnswer, {
        endpoint: 'GET /qr-codes/{id}/analytics',
        path: `/qr-codes/${encodeURIComponent(qrCodeId)}/analytics`,
        query: { from, to },
        signal,
      })
      shapes.note('analytics', [answer.data], qrCodeId)
      shapes.note('analytics_daily', answer.data.series ?? [], qrCodeId)
      const shares = Object.values(listOf).flatMap((name) => answer.data[name] ?? [])
      shapes.note('analytics_breakdown', shares, qrCodeId)
      const lists = readAnalyticsLists(answer.data, { body, echo, mask })
      const analytics = toAnalytics(answer.data, { qrCodeId, from, to }, lists)
      return mask?.analytics(analytics) ?? analytics
    },

    isAlive: (path) => transport.isAlive(path),

    clockSkewMs: () => transport.clockSkewMs(),

    takeShapes: () => shapes.take(),

    close: () => transport.close(),
  }
}

function masked(row: SetAsideRow, mask: Mask | undefined): SetAsideRow {
  return mask === undefined || row.json === null ? row : { ...row, ...mask.text(row.json) }
}

function toPage<T>(
  { rows, setAside }: ReadRows<T>,
  { page, perPage }: PageQuery,
  pagination: Pagination,
): Page<T> {
  return {
    rows,
    setAside,
    page,
    perPage: pagination?.per_page ?? perPage,
    total: pagination?.total ?? null,
    totalPages: pagination?.total_pages ?? null,
  }
}

import type { FastifyInstance } from 'fastify'
import { validationFailed } from '../http/api-error.ts'
import { callerOf, type Context } from '../context.ts'
import { sendPage } from '../http/json-reply.ts'
import { querySchema } from '../contract/openapi.ts'
import { hasGeolocation } from '../plans.ts'
import type { QrCodeRow } from '../store/qr-codes.ts'
import type { ScanTable } from '../store/scans.ts'
import { parseTimestamp } from '../timestamps.ts'
import { findQrCode } from './qr-codes.ts'

interface ScansQuery {
  from?: string
  to?: string
  order: 'asc' | 'desc'
  page: number
  per_page: number
}

export function addScans(api: FastifyInstance, context: Context): void {
  const { store, without } = context
  const route = { config: { operationId: 'listScans' }, schema: { querystring: querySchema('listScans') } }

  api.get<{ Params: { id: string }; Querystring: ScansQuery }>(
    '/qr-codes/:id/scans',
    route,
    (request, reply) => {
      const account = callerOf(request)
      const { page, per_page: perPage, from, to } = request.query
      const order = without.has('order') ? 'desc' : request.query.order
      const bounds = toBounds(without.has('from') ? {} : { from, to })
      const code = findQrCode(context, account.id, request.params.id)

      const log = positionsBetween(store.scans, code, bounds)
      const total = log.end - log.start
      const skipped = Math.min((page - 1) * perPage, total)
      const size = Math.min(perPage, total - skipped)
      const start = order === 'asc' ? log.start + skipped : log.end - skipped - size
      const rows = store.scans.slice(code, start, start + size, hasGeolocation(account.plan))
      return sendPage(reply, order === 'asc' ? rows : rows.reverse(), { page, perPage, total }, without)
    },
  )
}

interface Bounds {
  from: number | null
  to: number | null
}

/** Returns the positions of the scans between two times in the code's log, counted from its oldest scan. */
function positionsBetween(
  scans: ScanTable,
  code: QrCodeRow,
  { from, to }: Bounds,
): { start: number; end: number } {
  return {
    start: from === null ? 0 : scans.countBefore(code.number, from),
    end: to === null ? code.scan_count : scans.countBefore(code.number, to),
  }
}

function toBounds(query: { from?: string | undefined; to?: string | undefined }): Bounds {
  const from = query.from === undefined ? null : toMoment('from', query.from)
  const to = query.to === undefined ? null : toMoment('to', query.to)
  if (from !== null && to !== null && to < from) throw validationFailed({ to: ['must not be before from'] })
  return { from, to }
}

function toMoment(name: string, text: string): number {
  const moment = parseTimestamp(text)
  if (moment === null) throw validationFailed({ [name]: ['must be a time that exists'] })
  return moment
}

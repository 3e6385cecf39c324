import type { FastifyInstance } from 'fastify'
import { validationFailed } from '../http/api-error.ts'
import { callerOf, type Context } from '../context.ts'
import { sendData } from '../http/json-reply.ts'
import { querySchema } from '../contract/openapi.ts'
import { hasGeolocation } from '../plans.ts'
import type { ScanSums } from '../store/scan-sums.ts'
import { dayMs, toDay } from '../timestamps.ts'
import { findQrCode } from './qr-codes.ts'

interface AnalyticsQuery {
  from?: string
  to?: string
}

const defaultDays = 30
const maxDays = 366
// Earlier days have no four-digit year.
const firstDay = Date.parse('0000-01-01')

export function addAnalytics(api: FastifyInstance, context: Context): void {
  const { store, now } = context
  const operationId = 'getQrCodeAnalytics'
  const route = { config: { operationId }, schema: { querystring: querySchema(operationId) } }

  api.get<{ Params: { id: string }; Querystring: AnalyticsQuery }>(
    '/qr-codes/:id/analytics',
    route,
    (request, reply) => {
      const account = callerOf(request)
      const days = toDays(request.query, now())
      const code = findQrCode(context, account.id, request.params.id)
      const end = days.to + dayMs
      const series = toSeries(store.sums, code.number, days)
      const clients = store.sums.byClient(code.number, days.from, end)
      const places = hasGeolocation(account.plan) ? store.sums.byPlace(code.number, days.from, end) : null
      return sendData(reply, {
        qr_code_id: code.id,
        from: toDay(days.from),
        to: toDay(days.to),
        total_scans: series.reduce((sum, day) => sum + day.scans, 0),
        unique_scans: series.reduce((sum, day) => sum + day.unique_scans, 0),
        series,
        devices: toShares(clients.map(({ client, scans }) => [client.device_type, scans])),
        operating_systems: toShares(clients.map(({ client, scans }) => [client.os, scans])),
        browsers: toShares(clients.map(({ client, scans }) => [client.browser, scans])),
        ...(places && {
          countries: toShares(places.map(({ place, scans }) => [place.country, scans])),
          cities: toShares(places.map(({ place, scans }) => [place.city, scans])),
        }),
      })
    },
  )
}

/** Returns the start of the first and of the last day, both inclusive. */
function toDays(query: AnalyticsQuery, now: number): { from: number; to: number } {
  const to = query.to === undefined ? now - (now % dayMs) : Date.parse(query.to)
  const from =
    query.from === undefined ? Math.max(to - (defaultDays - 1) * dayMs, firstDay) : Date.parse(query.from)
  if (to < from) {
    const isToGiven = query.to !== undefined
    throw validationFailed(
      isToGiven ? { to: ['must not be before from'] } : { from: ['must not be after today'] },
    )
  }
  if (to - from >= maxDays * dayMs) {
    throw validationFailed({ from: [`must be at most ${maxDays - 1} days before to`] })
  }
  return { from, to }
}

function toSeries(sums: ScanSums, code: number, days: { from: number; to: number }) {
  const series = []
  for (let day = days.from; day <= days.to; day += dayMs) {
    series.push({ date: toDay(day), ...sums.between(code, day, day + dayMs) })
  }
  return series
}

/** Largest first, then by name. */
function toShares(counts: [name: string | null, scans: number][]): { name: string; scans: number }[] {
  const sums = new Map<string, number>()
  for (const [name, scans] of counts) sums.set(name ?? 'Unknown', (sums.get(name ?? 'Unknown') ?? 0) + scans)
  return [...sums]
    .map(([name, scans]) => ({ name, scans }))
    .sort((a, b) => b.scans - a.scans || (a.name < b.name ? -1 : 1))
}

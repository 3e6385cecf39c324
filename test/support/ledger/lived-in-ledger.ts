import { periodOf } from '../../../src/budget/windows.ts'
import type { Forecast } from '../../../src/budget/forecast/forecast.ts'
import { keepForecast } from '../../../src/ledger/connector/forecasts.ts'
import type { CallTable, Ledger } from '../../../src/ledger/base/schema.ts'
import { landCodes } from './filled-ledger.ts'
import { codeOf, scanOf } from './landed-rows.ts'
import { randomFrom } from '../random-from.ts'

const connector = 'test'
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const rowsAtOnce = 1_000

export interface LivedIn {
  nowMs: number
  /** The names of its codes, the most scanned first. */
  names: readonly (string | null)[]
  /** How many days ago it was set up. */
  days: number
  scansPerDay: number
}

/** Fills the ledger of a connector `test` like months of use: scans, calls, a forecast; each code is complete. */
export async function liveIn(ledger: Ledger, { nowMs, names, days, scansPerDay }: LivedIn): Promise<void> {
  const random = randomFrom(7)
  const startMs = Math.floor(nowMs / dayMs) * dayMs - (days - 1) * dayMs
  await ledger
    .updateTable('accounts')
    .set({ plan: 'pro', calls_per_minute: 100_000, calls_per_month: 5_000 })
    .execute()
  await ledger.updateTable('connectors').set({ connected_at_ms: startMs }).execute()
  const scans = Array.from({ length: days }, (_, day) => {
    const dayStartMs = startMs + day * dayMs
    const share = Math.min((nowMs - dayStartMs) / dayMs, 1)
    const isWeekend = [0, 6].includes(new Date(dayStartMs).getUTCDay())
    const count = Math.round(scansPerDay * share * (isWeekend ? 0.45 : 1) * (0.8 + 0.4 * random()))
    return Array.from({ length: count }, () => dayStartMs + Math.floor(random() * dayMs * share))
  })
    .flat()
    .map((scannedMs, index) => ({
      scannedMs,
      seq: index + 1,
      // A few codes have most of the scans.
      code: Math.floor(names.length * random() ** 3),
      landedMs: Math.min(scannedMs + Math.exp(6.5 + 2 * normal(random)) * 1_000, nowMs),
    }))
  const scansOf = new Map<number, number[]>()
  for (const { code, scannedMs } of scans) scansOf.set(code, [...(scansOf.get(code) ?? []), scannedMs])
  for (let first = 0; first < names.length; first += 100) {
    await landCodes(
      ledger,
      names.slice(first, first + 100).map((name, index) => {
        const times = scansOf.get(first + index) ?? []
        const last = times.length === 0 ? null : new Date(Math.max(...times)).toISOString()
        return { ...codeOf(first + index), name, scan_count: times.length, last_scanned_at: last }
      }),
      nowMs,
    )
  }
  for (let first = 0; first < scans.length; first += rowsAtOnce) {
    await ledger
      .insertInto('scans')
      .values(
        scans.slice(first, first + rowsAtOnce).map(({ seq, code, scannedMs, landedMs }) => ({
          connector,
          seq,
          id: `scan-${seq}`,
          qr_code_id: `code-${code}`,
          row: JSON.stringify(scanOf({ id: `scan-${seq}`, qr_code_id: `code-${code}` })),
          scanned_at_ms: scannedMs,
          landed_at_ms: Math.round(landedMs),
        })),
      )
      .execute()
  }
  await ledger.updateTable('positions').set({ scans_seq: scans.length }).execute()
  await ledger
    .updateTable('qr_codes')
    .set((eb) => ({
      landed_scans: eb.fn.coalesce('listed_scan_count', eb.lit(0)),
      pending: 0,
      due_since_ms: null,
      gap: 0,
    }))
    .execute()
  await spendCalls(ledger, nowMs, random)
}

/** A number with the normal distribution. */
const normal = (random: () => number) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

async function spendCalls(ledger: Ledger, nowMs: number, random: () => number): Promise<void> {
  const month = periodOf(nowMs, null)
  await ledger.deleteFrom('calls').execute()
  const calls: Omit<CallTable, 'id' | 'outcome'>[] = []
  for (let atMs = month.startMs; atMs < nowMs; atMs += (dayMs / 150) * (0.5 + random())) {
    const [endpoint, purpose] = pick(random())
    const times = {
      sent_at_ms: Math.floor(atMs),
      settled_at_ms: Math.floor(atMs),
      window_until_ms: Math.floor(atMs),
    }
    calls.push({
      connector,
      endpoint,
      purpose,
      qr_code_id: null,
      ...times,
      http_status: 200,
      rows: 20,
      retry_after_ms: null,
    })
  }
  for (let first = 0; first < calls.length; first += rowsAtOnce) {
    await ledger
      .insertInto('calls')
      .values(calls.slice(first, first + rowsAtOnce).map((call) => ({ ...call, outcome: 'ok' })))
      .execute()
  }
  const counted = { calls: calls.length + 40, others: 40 }
  await ledger.deleteFrom('months').execute()
  await ledger
    .insertInto('months')
    .values({ connector, month: month.key, ...counted })
    .execute()
  const planned = {
    identify: 60,
    list: 700,
    catalogue: 90,
    scans: 3_300,
    history: 0,
    analytics: 250,
    others: 60,
  }
  const forecast: Partial<Forecast> = { calls: planned, mean_lag_h: 0.9, p50_lag_h: 0.2, p95_lag_h: 4 }
  await keepForecast(ledger, connector, month.key, {
    madeAtMs: month.startMs,
    forecast: forecast as Forecast,
  })
}

function pick(chance: number): [endpoint: string, purpose: string] {
  if (chance < 0.75) return ['GET /qr-codes/{id}/scans', 'scans']
  if (chance < 0.92) return ['GET /qr-codes', 'list']
  return chance < 0.97 ? ['GET /qr-codes/{id}/analytics', 'analytics'] : ['GET /me', 'identify']
}

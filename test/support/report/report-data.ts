import type { CodeScans, RefusedRow, ReportData, Difference } from '../../../src/report/report-data.ts'

const dayMs = 24 * 3_600_000
const startOf = (index: number, first: string) => new Date(Date.parse(first) + index * dayMs).toISOString()
const dayOf = (index: number, first: string) => startOf(index, first).slice(0, 10)

/** Half-way through November: 100 calls a day, forecast and actual; a scan of each code a day; everything works. */
export function reportDataOf(given: Partial<ReportData> = {}): ReportData {
  const codes = [codeScansOf(0), codeScansOf(1)]
  return {
    connector: 'acme',
    plan: 'pro',
    made_at: '2026-11-16T12:00:00.000Z',
    calls: {
      month_starts_at: '2026-11-01T00:00:00.000Z',
      month_ends_at: '2026-12-01T00:00:00.000Z',
      calls_per_month: 5_000,
      calls_this_month: 1_550,
      calls_of_others: 0,
      days: Array.from({ length: 16 }, (_, index) => ({
        starts_at: startOf(index, '2026-11-01'),
        calls: index === 15 ? 50 : 100,
      })),
      forecast: {
        made_at: '2026-11-01T00:00:00.000Z',
        calls_left: 5_000,
        calls_in_30_days: 3_000,
        history_calls: 0,
        first_analytics_calls: 0,
      },
      purposes: [{ purpose: 'scans', calls: 1_550, forecast: 1_550 }],
    },
    lags: {
      since: '2026-10-17T12:00:00.000Z',
      scans: 40,
      mean_lag_h: 0.5,
      p50_lag_h: 0.2,
      p95_lag_h: 2,
      buckets: [
        { up_to_h: 0.25, scans: 25 },
        { up_to_h: 1, scans: 10 },
        { up_to_h: 3, scans: 5 },
        { up_to_h: null, scans: 0 },
      ],
      forecast: null,
    },
    scans: {
      days: Array.from({ length: 30 }, (_, index) => ({ day: dayOf(index, '2026-10-18'), scans: 2 })),
      waiting: 0,
    },
    codes: {
      since: '2026-10-18T00:00:00.000Z',
      codes,
      total: { codes: 2, recent_scans: 60, landed_scans: 80 },
      left_out: { codes: 0, recent_scans: 0, landed_scans: 0 },
    },
    destinations: [
      {
        name: 'warehouse',
        type: 'duckdb',
        streams: [
          {
            stream: 'scans',
            watermark: 80,
            last_position: 80,
            rows_behind: 0,
            delivered_rows: 80,
            delivered_at: '2026-11-16T11:45:00.000Z',
            refused_rows: 0,
          },
        ],
      },
    ],
    rejects: { rows: 0, reasons: [], latest: [] },
    completeness: {
      codes: 2,
      complete_codes: 2,
      landed_scans: 80,
      missing: { pending: 0, late: 0, not_handed_out: 0, gone_with_code: 0, unexplained: 0 },
      differences: [],
    },
    ...given,
  }
}

export function codeScansOf(index: number, given: Partial<CodeScans> = {}): CodeScans {
  return {
    id: `code-${index}`,
    name: `Menu ${index}`,
    deleted: false,
    recent_scans: 30,
    recent_unique_scans: 25,
    previous_scans: 20,
    landed_scans: 40,
    last_scanned_at: '2026-11-16T11:00:00.000Z',
    destination_url: 'https://example.com/menu?utm_campaign=spring',
    short_url: 'https://qrst.example/m',
    ...given,
  }
}

export function differenceOf(given: Partial<Difference> = {}): Difference {
  return {
    id: 'code-1',
    name: 'Menu',
    deleted: false,
    listed: 10,
    landed: 9,
    pending: 0,
    late: 0,
    searched_at: null,
    fallen: 0,
    fell_at: null,
    late_search_at: null,
    not_handed_out: 0,
    gone_with_code: 0,
    set_aside: 0,
    unexplained: 1,
    ...given,
  }
}

export function refusedRowOf(given: Partial<RefusedRow> = {}): RefusedRow {
  return {
    destination: 'warehouse',
    stream: 'scans',
    id: 'scan-1',
    reason: 'no such code',
    attempts: 1,
    rejected_at: '2026-11-16T11:45:00.000Z',
    ...given,
  }
}

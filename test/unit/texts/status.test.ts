import { describe, expect, it } from 'vitest'
import type { Status } from '../../../src/cli/read-status.ts'
import { describeConnectors } from '../../../src/cli/views/describe-connectors.ts'
import { describeAttention, describeStatus, problems } from '../../../src/cli/views/describe-status.ts'

const atMs = Date.parse('2026-11-28T12:00:00Z')
const hoursAgo = (hours: number) => new Date(atMs - hours * 3_600_000).toISOString()

const destination = {
  name: 'warehouse',
  type: 'duckdb',
  rowsBehind: 0,
  completeAtMs: atMs - 60_000,
  refused: 0,
  waitingKeys: 0,
  waitingKeysDueAtMs: null,
  refill: null,
  run: null,
  failures: [],
}

/** A connector that is well. */
const well: Status = {
  connector: 'acme',
  plan: 'pro',
  at: new Date(atMs).toISOString(),
  last_sync_at: hoursAgo(1),
  budget: {
    calls_this_month: 1_200,
    calls_per_month: 5_000,
    month_ends_at: '2026-12-01T00:00:00.000Z',
    counted_at: hoursAgo(2),
    paused_until: null,
    gate: null,
    calls_per_minute: 60,
    calls_per_minute_limit: 60,
  },
  freshness: {
    waiting_scans: 0,
    waiting_since: null,
    listed_at: hoursAgo(3),
    landed: { scans: 40, mean_lag_h: 0.2, p50_lag_h: 0.1, p95_lag_h: 1 },
    next_look_at: null,
  },
  codes_without_analytics: 0,
  history: { codes: 0, scans: 0, calls: 0, calls_this_month: 0, ends_at: null, paused_since: null },
  destinations: [destination],
  open_erasures: [],
  set_aside_rows: 0,
  lost_scans: 0,
  used_up: null,
  sync_failure: null,
  clock: null,
  failing: { failures: [], outages: [] },
  config: null,
  source_changes: [],
  temporal_error: null,
  has_worker: true,
  schedule: { isPaused: false, note: null, nextRunAtMs: atMs + 60_000 } as Status['schedule'],
  syncs: [],
}
const waiting = { ...well.freshness, waiting_scans: 65, waiting_since: hoursAgo(4) }

describe('status', () => {
  it('says of each statement as of when it is true', () => {
    const [head = '', budget, freshness, landed, sync, schedule] = describeStatus(well).split('\n')
    // What has no time of its own was read at this time.
    expect(head).toBe('acme on pro, as of 2026-11-28 12:00 UTC')
    expect(budget).toMatch(/ 1,200 of 5,000 calls this month; calls of others as of 2026-11-28 10:00 UTC$/)
    expect(freshness).toBe('Freshness  all scans are landed that the API had listed by 2026-11-28 09:00 UTC')
    expect(landed).toContain('40 scans landed in the last 7 days')
    expect(sync).toBe('Sync       last successful 2026-11-28 11:00 UTC; none is running')
    expect(schedule).toBe('Schedule   next run 2026-11-28 12:01 UTC')
    expect(describeStatus({ ...well, freshness: waiting })).toContain(
      '65 scans wait, the oldest since 2026-11-28 08:00 UTC, as the API had listed by 2026-11-28 09:00 UTC',
    )
  })

  it('says how many keys wait for a record, until when, and how not to wait', () => {
    const dueAtMs = atMs + 1_800_000
    const keysOf = (waitingKeys: number, waitingKeysDueAtMs: number | null) =>
      describeStatus({
        ...well,
        destinations: [{ ...destination, name: 'crm', waitingKeys, waitingKeysDueAtMs }],
      })
        .split('\n')
        .at(-1)
    const now = '"qrsync deliver -d crm" does it now'
    expect(keysOf(195, dueAtMs)).toBe(
      `195 keys wait for a record in crm; the first sync after 2026-11-28 12:30 UTC looks them up again, ${now}`,
    )
    expect(keysOf(1, null)).toBe(`1 key waits for a record in crm; the next sync looks it up again, ${now}`)
    expect(keysOf(0, null)).toContain('┘')
    expect(problems({ ...well, destinations: [{ ...destination, waitingKeys: 195 }] })).toEqual([])
  })

  it('says of each destination up to when it is complete', () => {
    const behind = { ...destination, name: 'crm', rowsBehind: 12 }
    const shown = describeStatus({ ...well, destinations: [destination, behind] })
    expect(shown).toMatch(/│ Destination +│ Type +│ State +│ Complete as of +│ Rows behind +│/)
    expect(shown).toMatch(/│ warehouse +│ duckdb +│ complete +│ now +│ +0 │/)
    expect(shown).toMatch(/│ crm +│ duckdb +│ behind +│ 2026-11-28 11:59 UTC +│ +12 │/)
  })

  it('marks that no worker runs, and says what the mark means for the exit code', () => {
    const idle = { ...well, has_worker: false }
    expect(problems(idle)).toEqual([
      'Worker: none is running: nothing is fetched, delivered or retried until you start one with "qrsync up"',
    ])
    expect(problems({ ...idle, schedule: null }), 'before the first start').toEqual([])
    expect(describeAttention(1, false)).toBe(
      'The line with "!" needs attention: with --check, this command exits with 3.',
    )
    expect(describeAttention(2, true)).toBe('The 2 lines with "!" need attention.')
    expect(describeAttention(0, false)).toBeNull()
  })

  it('says that analytics are still to come', () => {
    expect(describeStatus({ ...well, codes_without_analytics: 250 })).toContain(
      '\nAnalytics  those of 250 codes are still to come: later syncs fetch them, because scans go first\n',
    )
    expect(describeStatus(well)).not.toContain('Analytics')
  })

  it('claims nothing about Temporal while that does not answer', () => {
    const away = { ...well, temporal_error: 'no server answers', has_worker: null, schedule: null }
    const shown = describeStatus(away)
    expect(shown).toContain('not known whether one is running')
    expect(shown).toContain('Schedule   not known')
    expect(problems(away)).toEqual(['Temporal: no server answers'])
  })

  it('reports changed fields of the API, and marks missing ones as problems', () => {
    const change = (field: string, kind: 'new' | 'missing' | 'type') => ({
      field,
      change: kind,
      noticed_at: hoursAgo(5),
      text: `${field} is ${kind}.`,
    })
    const changes = [
      change('scans.campaign', 'new'),
      change('scans.is_unique', 'type'),
      change('scans.city', 'missing'),
    ]
    const shown = describeStatus({ ...well, source_changes: changes }).split('\n')
    expect(shown[0]).toBe('! API: since 2026-11-28 07:00 UTC: scans.city is missing.')
    expect(shown.filter((line) => line.startsWith('API '))).toEqual([
      'API        since 2026-11-28 07:00 UTC: scans.campaign is new.',
      'API        since 2026-11-28 07:00 UTC: scans.is_unique is type.',
    ])
  })
})

it('status of a folder is a table with a line for each connector, problems first', () => {
  const usedUp = { reason: 'month', until: '2026-12-01T00:00:00.000Z' } as const
  const seen = [
    well,
    { ...well, connector: 'globex', freshness: waiting, used_up: usedUp },
    { connector: 'initech', error: { code: 'LEDGER_UNAVAILABLE', message: 'The ledger is locked.' } },
  ]
  const lines = describeConnectors(seen).split('\n')
  expect(lines.filter((line) => line.startsWith('!'))).toEqual([
    "! globex: The month's calls are used up until 2026-12-01 00:00 UTC; 65 scans are waiting",
    '! initech: LEDGER_UNAVAILABLE: The ledger is locked.',
  ])
  expect(lines[2]).toMatch(/^3 connectors, as of \d{4}-\d\d-\d\d \d\d:\d\d UTC$/)
  const cells = lines
    .filter((line) => line.startsWith('│'))
    .map((line) =>
      line
        .split('│')
        .map((cell) => cell.trim())
        .slice(1, -1),
    )
  expect(cells).toEqual([
    ['Connector', 'State', 'Last sync', 'Complete as of', 'Scans waiting', 'Calls', 'Of'],
    ['acme', 'ok', '2026-11-28 11:00 UTC', 'now', '0', '1,200', '5,000'],
    ['globex', '! 1', '2026-11-28 11:00 UTC', 'now', '65', '1,200', '5,000'],
    ['initech', 'not known', '–', '–', '–', '–', '–'],
  ])
})

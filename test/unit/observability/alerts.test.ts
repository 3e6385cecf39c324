import { describe, expect, it } from 'vitest'
import { conditionsOf } from '../../../src/observability/alerts/conditions.ts'
import type { Vitals } from '../../../src/observability/vitals.ts'
import { connector, destination, hourMs, minuteMs, startMs } from '../../support/ledger/vitals-world.ts'

const month = { key: '2026-11', startMs: Date.parse('2026-11-01'), endMs: Date.parse('2026-12-01') }
const well: Vitals = {
  months: [
    {
      connector,
      callsPerMonth: 5_000,
      spent: 1_500,
      others: 0,
      planned: 1_500,
      month,
      syncedAtMs: startMs,
      syncDueMs: startMs,
      syncFailure: null,
      clockSkewMs: 1_000,
      pausedSinceMs: null,
      pauseText: null,
    },
  ],
  waiting: [{ connector, codes: 250, scans: 0, lostScans: 0, codesBeyondTarget: 0 }],
  backlogs: [
    {
      connector,
      destination,
      rowsBehind: 0,
      oldestLandedMs: null,
      deliveredAtMs: startMs,
      gatherMs: 0,
    },
  ],
  rejects: [],
  streamFailures: [],
  failing: [{ connector, codes: 0, codesSinceMs: null, outages: [], outageSinceMs: null }],
  setAside: [{ connector, rows: 0 }],
  targetChanges: [],
  sourceChanges: [],
  configLoads: [],
}
const [standing, waiting, backlog] = [well.months[0], well.waiting[0], well.backlogs[0]]
if (!standing || !waiting || !backlog) throw new Error('not there')

const namesOf = (vitals: Partial<Vitals>, nowMs = startMs, on: { condition: string }[] = []) =>
  conditionsOf(
    { ...well, ...vitals },
    on.map((alert) => ({ connector, destination: '', beganAtMs: startMs, ...alert })),
    nowMs,
  ).map(({ condition }) => condition)

describe('the conditions that alert', () => {
  it('are none if everything works', () => {
    expect(namesOf({})).toEqual([])
  })

  it('include an API, or codes, that fail for ten minutes', () => {
    const failing = (given: Partial<Vitals['failing'][number]>) => ({
      failing: [{ connector, codes: 0, codesSinceMs: null, outages: [], outageSinceMs: null, ...given }],
    })
    const out = failing({
      outages: [{ what: 'the API', code: 'API_UNAVAILABLE' }],
      outageSinceMs: startMs - 10 * minuteMs,
    })
    expect(namesOf(out)).toEqual(['API failing'])
    expect(namesOf(out, startMs - 1)).toEqual([])
    const codes = failing({ codes: 2, codesSinceMs: startMs - 10 * minuteMs })
    expect(namesOf(codes)).toEqual(['codes failing'])
    expect(namesOf(codes, startMs - 1)).toEqual([])
  })

  it('include a pause of ten minutes that the API asked for', () => {
    const paused = {
      months: [
        { ...standing, pausedSinceMs: startMs - 10 * minuteMs, pauseText: "The month's calls are used up." },
      ],
    }
    expect(namesOf(paused)).toEqual(['calls paused'])
    expect(namesOf(paused, startMs - 1)).toEqual([])
  })

  it('include scans that the API counts and does not return', () => {
    expect(namesOf({ waiting: [{ ...waiting, lostScans: 2 }] })).toEqual(['scans missing'])
  })

  it('include a destination that changed', () => {
    const change = { connector, destination, before: 'HubSpot account 1', now: 'HubSpot account 2' }
    expect(namesOf({ targetChanges: [change] })).toEqual(['destination changed'])
  })

  it('include rows of the API that are set aside', () => {
    expect(namesOf({ setAside: [{ connector, rows: 2 }] })).toEqual(['rows set aside'])
  })

  it('include a budget more than a tenth of the month ahead of its pace, until it is within a twentieth', () => {
    const spent = (calls: number) => ({ months: [{ ...standing, spent: calls }] })
    const on = [{ condition: 'budget ahead of pace' }]
    expect(namesOf(spent(2_000))).toEqual([])
    expect(namesOf(spent(2_001))).toEqual(['budget ahead of pace'])
    expect(namesOf(spent(1_751), startMs, on)).toEqual(['budget ahead of pace'])
    expect(namesOf(spent(1_750), startMs, on)).toEqual([])
  })

  it('include a sync that is an hour overdue, but not one that waits until a named time', () => {
    expect(namesOf({}, startMs + hourMs)).toEqual([])
    expect(namesOf({}, startMs + hourMs + 1)).toEqual(['sync overdue'])
    const waits = { months: [{ ...standing, syncDueMs: startMs + 24 * hourMs }] }
    expect(namesOf(waits, startMs + 24 * hourMs)).toEqual([])
  })

  it('include a sync that cannot continue: at once, and not as overdue later', () => {
    const failed = { months: [{ ...standing, syncFailure: 'API_KEY_REJECTED' }] }
    expect(namesOf(failed)).toEqual(['sync failed'])
    expect(namesOf(failed, startMs + 2 * hourMs)).toEqual(['sync failed'])
  })

  it('include a clock that is wrong by a minute', () => {
    const skewed = (clockSkewMs: number) => ({ months: [{ ...standing, clockSkewMs }] })
    expect(namesOf(skewed(59_999))).toEqual([])
    expect(namesOf(skewed(-60_000))).toEqual(['clock wrong'])
  })

  it('include a missed freshness target', () => {
    expect(namesOf({ waiting: [{ ...waiting, codesBeyondTarget: 1 }] })).toEqual(['freshness target missed'])
  })

  it('include a destination with waiting rows that accepts none, but not one that gathers, or one with many rows to write', () => {
    const nowMs = startMs + hourMs
    const at = (given: object) =>
      namesOf({ months: [], backlogs: [{ ...backlog, rowsBehind: 5, ...given }] }, nowMs)
    expect(at({ oldestLandedMs: nowMs - 16 * minuteMs })).toEqual(['destination stuck'])
    expect(at({ oldestLandedMs: nowMs - 14 * minuteMs })).toEqual([])
    expect(at({ oldestLandedMs: nowMs - 16 * minuteMs, gatherMs: 5 * minuteMs })).toEqual([])
    expect(at({ oldestLandedMs: startMs, deliveredAtMs: nowMs - minuteMs })).toEqual([])
    expect(at({ oldestLandedMs: startMs, deliveredAtMs: null })).toEqual(['destination stuck'])
  })

  it('include a stream that a destination has not accepted for a quarter of an hour, while the others continue', () => {
    const failure = {
      connector,
      destination,
      stream: 'scans' as const,
      code: 'DESTINATION_UNAVAILABLE',
      message: 'no such table',
      attempts: 9,
      sinceMs: startMs,
      failedAtMs: startMs,
      retryAtMs: startMs,
    }
    const at = (nowMs: number) => namesOf({ months: [], streamFailures: [failure] }, nowMs)
    expect(at(startMs + 15 * minuteMs)).toEqual([])
    expect(at(startMs + 16 * minuteMs)).toEqual(['stream failing'])
  })

  it('include rows refused in the last hour, once for each destination', () => {
    const reject = { connector, destination, stream: 'scans', rows: 2, lastNewRejectMs: startMs }
    const rejects = [reject, { ...reject, stream: 'qr_codes' }, { ...reject, destination: 'other' }]
    expect(namesOf({ rejects })).toEqual(['rows rejected', 'rows rejected'])
    expect(namesOf({ months: [], rejects }, startMs + hourMs + 1)).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import { collectScans } from '../../../activities/sync/collect-scans.ts'
import type { ActivityDeps } from '../../../activities/deps.ts'
import { followPlan } from '../../../activities/sync/follow-plan.ts'
import { holdLease } from '../../../activities/sync/hold-lease.ts'
import { refreshCatalogue } from '../../../activities/sync/refresh-catalogue.ts'
import { readDifferences } from '../../../src/insight/read-differences.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import type { QrCode } from '../../../src/streams/qr-codes.ts'
import { whyMissing } from '../../../src/report/missing-scans.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { ModelApi } from '../../support/source/model-api.ts'
import { ledgerKinds, temporaryLedger, type LedgerKind } from '../../support/ledger/temporary-ledger.ts'

const { signal } = new AbortController()
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const startMs = Date.parse('2026-11-10T12:00:00Z')

/** One code with 60 scans, spread over the last 40 days, and manual syncs on a clock of its own. */
async function world(kind: LedgerKind = 'sqlite', given: Partial<ModelApi> = {}) {
  const api = new ModelApi()
  Object.assign(api, { perPage: 100, ...given })
  const code = api.addCode()
  code.created_at = new Date(startMs - 50 * dayMs).toISOString()
  let nowMs = startMs
  const scan = (count: number) => {
    for (let index = 0; index < count; index++) api.addScan(code, (nowMs += 1_000), `s-${api.scans.length}`)
  }
  for (let index = 0; index < 60; index++) {
    api.addScan(code, startMs - 40 * dayMs + index * 15.7 * hourMs, `old-${index}`)
  }
  const clock = { now: () => nowMs, sleep: () => Promise.resolve() }
  const deps = activityDeps({ api, ledger: await temporaryLedger(kind), clock, callsPerMinute: 1_000_000 })
  return {
    api,
    code,
    deps,
    scan,
    /** A visit that the API takes for the code's last scan, but neither counts nor lists: that of a bot, for example. */
    visit() {
      code.last_scanned_at = new Date(nowMs).toISOString()
    },
    pass(ms: number) {
      nowMs += ms
    },
    async sync() {
      api.calls = []
      for (const activity of [refreshCatalogue, collectScans]) {
        for (let isDone = false; !isDone;) ({ isDone } = await activity(deps, signal))
      }
      return api.calls.filter((call) => call !== 'me')
    },
    async verify() {
      const { differences, ...totals } = await readDifferences(
        deps.ledger,
        await readConnector(deps.ledger, 'test'),
        nowMs,
      )
      return { ...totals, texts: differences.flatMap((difference) => whyMissing(difference, nowMs)) }
    },
  }
}

const setCount = (code: QrCode, scans: number) => {
  code.scan_count = scans
}

async function landed({ ledger }: ActivityDeps): Promise<string[]> {
  return (await ledger.selectFrom('scans').select('id').execute()).map(({ id }) => id).sort()
}

const idsOf = (api: ModelApi) => api.scans.map(({ id }) => id).sort()

describe.each(ledgerKinds)('a falling count, on %s,', (kind) => {
  it.each([0, 45])(
    'from 60 to %i: qrsync notices and lands the scans after it, and verify reports the fall',
    async (level) => {
      const it = await world(kind)
      await it.sync()
      it.pass(hourMs)
      setCount(it.code, level)
      await it.sync()
      const fall = `the API's count fell by ${60 - level} on 2026-11-10: new scans are counted from there`
      expect(await it.verify()).toMatchObject({ lost_scans: 0, texts: [fall] })
      it.pass(hourMs)
      it.scan(16)
      // The count stays below its old level, or passes it: 16 wait in either case.
      await refreshCatalogue(it.deps, signal)
      expect((await it.verify()).texts).toEqual(['16 with the next call', fall])
      expect(await it.sync()).toEqual(['list', 'scans'])
      expect(await landed(it.deps)).toEqual(idsOf(it.api))
      expect((await it.verify()).texts).toEqual([fall])
      await it.deps.ledger.destroy()
    },
  )

  it('even between two lists, or before scans are collected', async () => {
    const it = await world(kind)
    await it.sync()
    it.pass(hourMs)
    setCount(it.code, 45)
    it.scan(16)
    await it.sync()
    it.pass(hourMs)
    it.scan(5)
    await it.sync()
    expect(await landed(it.deps)).toEqual(idsOf(it.api))
    it.scan(3)
    await refreshCatalogue(it.deps, signal)
    setCount(it.code, 2)
    await collectScans(it.deps, signal)
    it.pass(hourMs)
    it.scan(4)
    await it.sync()
    expect(await landed(it.deps)).toEqual(idsOf(it.api))
    it.pass(hourMs)
    it.scan(7)
    await refreshCatalogue(it.deps, signal)
    expect((await it.verify()).texts[0]).toBe('7 with the next call')
    await it.deps.ledger.destroy()
  })

  it('by as many as were scanned since: the time of the last scan reveals them, once', async () => {
    const it = await world(kind)
    await it.sync()
    it.pass(hourMs)
    it.scan(15)
    setCount(it.code, 60)
    expect(await it.sync()).toEqual(['list', 'scans'])
    expect(await landed(it.deps)).toEqual(idsOf(it.api))
    it.pass(hourMs)
    expect(await it.sync()).toEqual(['list'])
    it.pass(hourMs)
    it.scan(2)
    await it.sync()
    expect(await landed(it.deps)).toEqual(idsOf(it.api))
    await it.deps.ledger.destroy()
  })

  it('by as many as were scanned since, twice before they are requested: they wait until they land', async () => {
    const it = await world(kind)
    await it.sync()
    for (let times = 0; times < 2; times++) {
      it.pass(hourMs)
      it.scan(1)
      setCount(it.code, 60)
      await refreshCatalogue(it.deps, signal)
      expect((await it.verify()).texts).toEqual(['1 with the next call'])
    }
    it.pass(hourMs)
    it.code.name = 'Renamed while its scans wait'
    await refreshCatalogue(it.deps, signal)
    expect((await it.verify()).texts).toEqual(['1 with the next call'])
    expect(await it.sync()).toEqual(['list', 'scans'])
    expect(await landed(it.deps)).toEqual(idsOf(it.api))
    expect((await it.verify()).texts).toEqual([])
    await it.deps.ledger.destroy()
  })

  it('does not explain a last scan that never lands: it costs one call, until a later scan lands', async () => {
    const it = await world(kind)
    await it.sync()
    const calls: string[] = []
    for (let visits = 0; visits < 5; visits++) {
      it.pass(hourMs)
      it.visit()
      calls.push(...(await it.sync()))
    }
    expect(calls.filter((call) => call !== 'list')).toEqual(['scans'])
    it.pass(hourMs)
    it.scan(1)
    await it.sync()
    it.pass(hourMs)
    it.scan(1)
    setCount(it.code, 61)
    await it.sync()
    expect(await landed(it.deps)).toEqual(idsOf(it.api))
    await it.deps.ledger.destroy()
  })

  it.each([true, false])(
    'for a moment: nothing is lost, duplicated or searched for ever (times in the list: %s)',
    async (hasTimes) => {
      const it = await world(kind, { hasTimes })
      await it.sync()
      for (const count of [0, 60, 0, 60]) {
        it.pass(hourMs)
        setCount(it.code, count)
        expect((await it.sync()).length).toBeLessThanOrEqual(4)
      }
      expect(await landed(it.deps)).toEqual(idsOf(it.api))
      expect(await it.verify()).toMatchObject({ complete_codes: 1, lost_scans: 0, texts: [] })
      it.pass(hourMs)
      expect(await it.sync()).toEqual(['list'])
      await it.deps.ledger.destroy()
    },
  )

  it('together with its code: scans that never landed are still known to be lost', async () => {
    const it = await world(kind)
    await it.sync()
    it.pass(hourMs)
    it.scan(10)
    await refreshCatalogue(it.deps, signal)
    setCount(it.code, 0)
    it.api.change(it.code, startMs + 2 * hourMs, 'delete')
    it.pass(hourMs)
    await it.sync()
    expect(await it.verify()).toMatchObject({ lost_scans: 10 })
    await it.deps.ledger.destroy()
  })
})

describe('late scans', () => {
  it('are found by a manual sync, with one call to /analytics and one for their day', async () => {
    const it = await world()
    await it.sync()
    it.pass(hourMs)
    it.api.addScan(it.code, startMs - 9 * dayMs, 'late')
    expect(await it.sync()).toEqual(['list', 'scans', 'analytics', 'scans'])
    expect(await landed(it.deps)).toEqual(idsOf(it.api))
    expect(await it.verify()).toMatchObject({ complete_codes: 1, lost_scans: 0 })
  })

  it.each([20, 500])('are found if they are older than their code: %i days', async (days) => {
    const it = await world()
    await it.sync()
    it.pass(hourMs)
    it.api.addScan(it.code, startMs - 50 * dayMs - days * dayMs, 'imported')
    expect((await it.sync()).length).toBeLessThanOrEqual(5)
    expect(await landed(it.deps)).toEqual(idsOf(it.api))
  })

  it.each([9, -8, 14])(
    'are found if days begin %i hours from UTC; with nothing late, no day is read',
    async (hours) => {
      const it = await world('sqlite', { dayOffsetHours: hours })
      Object.assign(it.deps, { hasAnalytics: true })
      await it.sync()
      for (let index = 0; index < 5; index++) {
        it.scan(3)
        it.pass(dayMs)
        await it.sync()
        await followPlan(it.deps, signal)
      }
      const late = () =>
        it.deps.ledger.selectFrom('calls').select('id').where('purpose', '=', 'late scans').execute()
      expect(await late()).toEqual([])
      for (const hour of [1, 12, 23]) {
        it.pass(hourMs)
        it.api.addScan(it.code, Date.parse('2026-10-20T00:10:00Z') + hour * hourMs, `late-${hour}`)
        await it.sync()
      }
      expect(await landed(it.deps)).toEqual(idsOf(it.api))
      expect((await late()).length).toBeLessThanOrEqual(3 * 4)
    },
  )

  it('a scan log that is shorter than the counts is searched once, and verify reports what is missing', async () => {
    const it = await world('sqlite', { logBegins: new Date(startMs - 30 * dayMs).toISOString() })
    Object.assign(it.deps, { hasAnalytics: true })
    const calls = await it.sync()
    expect(calls.length).toBeLessThanOrEqual(2 + 4)
    const { texts, lost_scans } = await it.verify()
    expect(lost_scans).toBeGreaterThan(0)
    expect(texts).toEqual([`${lost_scans} counted by the API, but a search on 2026-11-10 did not find them`])
    for (let index = 0; index < 5; index++) {
      it.pass(dayMs)
      it.scan(2)
      expect((await it.sync()).filter((call) => call !== 'list')).toEqual(['scans'])
      await followPlan(it.deps, signal)
    }
    it.pass(hourMs)
    it.api.addScan(it.code, startMs - 9 * dayMs, 'late')
    expect(await it.sync()).toEqual(['list', 'scans', 'analytics', 'scans'])
    expect(await it.verify()).toMatchObject({ lost_scans })
  })
})

it('a manual sync that waits for the minute keeps its claim: the planner makes no call meanwhile', async () => {
  const { api, ledger } = { api: new ModelApi(), ledger: await temporaryLedger() }
  const deps = activityDeps({ api, ledger, hasAnalytics: true })
  const run = (isManual: boolean, untilMs: number) =>
    holdLease(deps, { signal, isManual }, () =>
      Promise.resolve({ calls: 0, landed: 0, isDone: false, wait: { reason: 'minute', untilMs } }),
    )
  const untilMs = Date.now() + 60_000
  await run(true, untilMs)
  const { wait } = await run(false, 0)
  expect(wait?.reason).toBe('other_sync')
  expect(wait?.untilMs).toBeGreaterThanOrEqual(untilMs)
  await ledger.destroy()
})

import { describe, expect, it } from 'vitest'
import { collectScans } from '../../../activities/sync/collect-scans.ts'
import { followPlan } from '../../../activities/sync/follow-plan.ts'
import { refreshCatalogue } from '../../../activities/sync/refresh-catalogue.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { readCompleteness } from '../../../src/insight/read-completeness.ts'
import { countSetAside } from '../../../src/ledger/scans/set-aside.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { ModelApi } from '../../support/source/model-api.ts'
import { ledgerKinds, temporaryLedger, type LedgerKind } from '../../support/ledger/temporary-ledger.ts'

const { signal } = new AbortController()
const hourMs = 3_600_000
const startMs = Date.parse('2026-03-10T12:00:00Z')
const connector = 'test'

type Unfit = Record<string, { id: boolean; time: boolean }>

/** One code with scans at equal distances, some of which cannot be read. All are collected, or set aside. */
async function world(kind: LedgerKind, unfit: Unfit, { scans = 288, everyMs = hourMs, callMs = 0 } = {}) {
  const api = new ModelApi()
  Object.assign(api, { perPage: 100 })
  const code = api.addCode()
  for (let index = 0; index < scans; index++) {
    api.addScan(code, startMs - (scans - index) * everyMs, `s-${index}`)
  }
  for (const [id, readable] of Object.entries(unfit)) api.unfit.set(id, readable)
  let nowMs = startMs
  api.afterCall = () => {
    nowMs += callMs
  }
  const clock = { now: () => nowMs, sleep: () => Promise.resolve() }
  const ledger = await temporaryLedger(kind)
  const deps = activityDeps({ api, ledger, clock, callsPerMinute: 1_000_000 })
  let syncs = 0
  const sync = async () => {
    api.calls = []
    syncs += 1
    const ofSync = { ...deps, syncId: `sync-${syncs}` }
    for (const activity of [refreshCatalogue, collectScans]) {
      for (let isDone = false; !isDone;) ({ isDone } = await activity(ofSync, signal))
    }
    return api.calls.filter((call) => call !== 'me')
  }
  await sync()
  return {
    api,
    ledger,
    sync,
    pass(ms: number) {
      nowMs += ms
    },
    /** Calls of its own that the search makes within so many days, in which the planner looks every eight hours. */
    async plannedReads(days: number) {
      const beganMs = nowMs
      for (let look = 0; look < days * 3; look++) {
        nowMs += 8 * hourMs
        await followPlan(deps, signal)
      }
      const calls = ledger.selectFrom('calls').select('id').where('purpose', '=', 'late scans')
      return (await calls.where('sent_at_ms', '>', beganMs).execute()).length
    },
    async standing() {
      const state = await readConnector(ledger, connector)
      const [only] = await readCompleteness(ledger, state, nowMs)
      expect(await countSetAside(ledger, { connector })).toBe(only?.setAside)
      return { landed: only?.landed, setAside: only?.setAside }
    },
  }
}

describe.each(ledgerKinds)('malformed scans far behind the cursor, on %s,', (kind) => {
  it.each([
    { readable: 'wholly but for one field', id: true, time: true },
    { readable: 'but for their time', id: true, time: false },
    { readable: 'but for their id', id: false, time: true },
  ])('land with a manual sync once the API sends them correctly: readable $readable', async (readable) => {
    const it = await world(kind, { 's-0': readable, 's-150': readable })
    expect(await it.standing()).toEqual({ landed: 286, setAside: 2 })
    it.api.unfit.clear()
    it.pass(hourMs)
    expect(await it.sync()).toEqual(['list', 'scans', 'scans'])
    expect(await it.standing()).toEqual({ landed: 288, setAside: 0 })
    it.pass(hourMs)
    expect(await it.sync()).toEqual(['list'])
    await it.ledger.destroy()
  })
})

it('are requested by the planner after a day, then ever less often, and land', async () => {
  const it = await world('sqlite', { 's-20': { id: true, time: true } })
  const reads = await it.plannedReads(60)
  expect(reads).toBeGreaterThanOrEqual(5)
  expect(reads).toBeLessThanOrEqual(7)
  expect(await it.standing()).toEqual({ landed: 287, setAside: 1 })
  it.api.unfit.clear()
  await it.plannedReads(70)
  expect(await it.standing()).toEqual({ landed: 288, setAside: 0 })
  expect(await it.plannedReads(30)).toBe(0)
  await it.ledger.destroy()
})

const dayMs = 24 * hourMs
const unfitScans = (count: number, time: boolean): Unfit =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`s-${index}`, { id: true, time }]))

it('are requested together and once if there are many, however long the answers take', async () => {
  const it = await world('sqlite', unfitScans(120, true), { scans: 120, everyMs: dayMs, callMs: 15_000 })
  expect(await it.standing()).toEqual({ landed: 0, setAside: 120 })
  it.pass(hourMs)
  expect(await it.sync()).toEqual(['list', 'scans', 'scans'])
  it.api.unfit.clear()
  it.pass(hourMs)
  expect(await it.sync()).toEqual(['list', 'scans', 'scans'])
  expect(await it.standing()).toEqual({ landed: 120, setAside: 0 })
  await it.ledger.destroy()
})

it('land too if no page says their time', async () => {
  const it = await world('sqlite', unfitScans(150, false), { scans: 150 })
  it.api.unfit.clear()
  it.pass(hourMs)
  await it.sync()
  expect(await it.standing()).toEqual({ landed: 150, setAside: 0 })
  await it.ledger.destroy()
})

it('are kept if the API still has them, even if it has erased as many other scans', async () => {
  const unfit = { 's-0': { id: true, time: false }, 's-200': { id: true, time: true } }
  const it = await world('sqlite', unfit, { scans: 250, everyMs: 60_000 })
  const { scans, codes } = it.api
  for (const id of ['s-10', 's-11']) {
    scans.splice(
      scans.findIndex((scan) => scan.id === id),
      1,
    )
  }
  const [code] = codes
  if (code !== undefined) code.scan_count = 248
  it.pass(hourMs)
  await it.sync()
  expect((await it.standing()).setAside).toBe(2)
  it.api.unfit.clear()
  it.pass(hourMs)
  await it.sync()
  expect(await it.standing()).toEqual({ landed: 250, setAside: 0 })
  await it.ledger.destroy()
})

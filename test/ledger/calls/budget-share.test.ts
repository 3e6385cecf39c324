import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identify } from '../../../activities/sync/identify.ts'
import { refreshCatalogue } from '../../../activities/sync/refresh-catalogue.ts'
import { allowanceOf, ourCalls } from '../../../src/budget/allowance.ts'
import { planLimits } from '../../../src/budget/windows.ts'
import { sourceSettings } from '../../../src/config/settings/source-settings.ts'
import { reserveCall } from '../../../src/ledger/calls/calls.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { correctMonth, readMonth } from '../../../src/ledger/calls/months.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { ModelApi } from '../../support/source/model-api.ts'
import { dayMs, hourMs, planMonth } from '../../support/worlds/planned-month.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const startMs = Date.parse('2026-11-01T00:00:00Z')
const endMs = Date.parse('2026-12-01T00:00:00Z')
const period = { key: '2026-11', startMs, endMs }
const request = { connector: 'test', endpoint: 'GET /qr-codes', purpose: 'list', timeoutMs: 1_000 }

describe.each(ledgerKinds)('our share of the month, on %s,', (kind) => {
  it('is never exceeded, for any kind of call, however many calls others make in between', async () => {
    const step = fc.record({
      others: fc.integer({ min: 0, max: 8 }),
      keptBack: fc.constantFrom(0, 0, 3),
      inFlight: fc.constantFrom(0, 0, 1, 4),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 1, max: 100 }),
        async (steps, perMonth, percent) => {
          const ledger = await temporaryLedger(kind, { perMinute: 1_000, perMonth })
          const share = percent / 100
          let ours = 0
          let others = 0
          for (const { keptBack, others: more, inFlight } of steps) {
            others += more
            // As in /me: the API counts no call beyond the month.
            const unseen = Math.min(inFlight, ours)
            const counted = Math.min(ours - unseen + others, perMonth)
            await correctMonth(ledger, 'test', '2026-11', { counted, unseen })
            const answer = await reserveCall(ledger, { ...request, share, keptBack, now: () => startMs })
            const room = Math.min(perMonth - counted - unseen, Math.floor(perMonth * share) - ours)
            expect(answer.granted).toBe(room > keptBack)
            if (answer.granted) ours += 1
          }
          expect(ours).toBeLessThanOrEqual(perMonth * share)
          await ledger.destroy()
        },
      ),
      { numRuns: kind === 'sqlite' ? 40 : 4 },
    )
  })

  it('is reported as spent, is checked again hours later, and continues once it is raised', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 10, perMonth: 2 })
    const reserve = (share: number) => reserveCall(ledger, { ...request, share, now: () => startMs })
    expect(await reserve(0.5)).toMatchObject({ granted: true })
    expect(await reserve(0.5)).toEqual({
      granted: false,
      wait: { reason: 'share', untilMs: startMs + 6 * hourMs, goesOnMs: endMs },
    })
    expect(await reserve(1)).toMatchObject({ granted: true })
    expect(await reserve(1)).toMatchObject({ granted: false, wait: { reason: 'month', untilMs: endMs } })
    await ledger.destroy()
  })
})

describe('the calls that a share leaves', () => {
  it('count exactly, in spite of floating point', () => {
    expect(ourCalls(50_050, 0.58)).toBe(29_029)
  })

  const input = fc.record({
    perMonth: fc.integer({ min: 100, max: 100_000 }),
    nowMs: fc.integer({ min: startMs, max: endMs - 1 }),
    share: fc.integer({ min: 1, max: 100 }),
    spare: fc.integer({ min: 0, max: 50 }),
    ours: fc.nat({ max: 100_000 }),
    others: fc.nat({ max: 100_000 }),
    history: fc.double({ min: 0, max: 1, noNaN: true }),
  })

  it('are never more than the share or than the account has left', () => {
    fc.assert(
      fc.property(input, ({ perMonth, nowMs, share, spare, ours, others, history }) => {
        const limit = Math.floor((perMonth * share) / 100)
        const allowance = allowanceOf({
          perMonth,
          nowMs,
          period,
          share: share / 100,
          spare: spare / 100,
          calls: ours + others,
          others,
          historyCalls: Math.floor(ours * history),
        })
        const most = Math.max(Math.min(limit - ours, perMonth - ours - others), 0)
        expect(allowance.left).toBe(most)
        const { forPlan, forPlanNow, forHistory, keptBack } = allowance
        for (const calls of [forPlan, forPlanNow, forHistory]) expect(calls >= 0 && calls <= most).toBe(true)
        expect(keptBack.plan <= keptBack.history && keptBack.plan <= limit * 0.5).toBe(true)
        expect(Number.isFinite(allowance.nextReleaseMs)).toBe(true)
      }),
    )
  })

  it('stay the same as long as others keep to the rest', () => {
    const at = { perMonth: 5_000, share: 0.5, spare: 0, historyCalls: 0, period, nowMs: startMs + 15 * dayMs }
    const forPlan = (others: number) => allowanceOf({ ...at, calls: 1_000 + others, others }).forPlan
    expect([forPlan(0), forPlan(1_000)]).toEqual([1_500, 1_500])
    expect(forPlan(2_000)).toBeLessThan(1_500)
  })
})

describe('a connector with a share', () => {
  it('plans with it, keeps to it in manual syncs too, and continues with the next month', async () => {
    const api = new ModelApi()
    Object.assign(api, { perPage: 100, plan: 'pro', perMonth: 500 })
    for (let index = 0; index < 30; index++) {
      const code = api.addCode()
      for (let at = startMs; at < endMs + 2 * dayMs; at += 7 * hourMs) {
        api.addScan(code, at, `${code.id}-${at}`)
      }
    }
    const month = await planMonth(api, { startMs, budget: { share: 0.4, spare: 0.05 } })
    const halfway = startMs + 15 * dayMs
    await month.runUntil(halfway)
    expect(api.callsThisMonth).toBeGreaterThan(70)
    expect(api.callsThisMonth).toBeLessThan(150)

    // Manual syncs, again and again.
    const { signal } = new AbortController()
    for (;;) {
      const { wait } = await refreshCatalogue(month.deps, signal)
      if (wait?.reason === 'minute') await month.deps.clock.sleep(60_000)
      else if (wait !== null) {
        expect(wait).toMatchObject({ reason: 'share', goesOnMs: endMs })
        break
      }
    }
    expect(api.callsThisMonth).toBe(200)
    const waits = await month.runUntil(endMs - hourMs)
    expect(waits.at(-1)).toMatchObject({ reason: 'share', goesOnMs: endMs })
    expect(api.callsThisMonth).toBe(200)
    api.callsThisMonth = 0
    await month.runUntil(endMs + dayMs)
    expect(api.callsThisMonth).toBeGreaterThan(0)
  })
})

describe('the plan that source.plan names', () => {
  it('must have known limits', () => {
    const { plan } = sourceSettings.shape
    expect(plan.unwrap().options).toEqual(['auto', ...Object.keys(planLimits)])
  })

  it('sets the limits whatever /me returns; /me still counts the calls of others', async () => {
    const api = new ModelApi()
    Object.assign(api, { plan: 'advanced', perMonth: 100_000, callsThisMonth: 700 })
    const deps = activityDeps({ api, ledger: await temporaryLedger(), heldPlan: 'pro' })
    expect(await identify(deps)).toBe(1)
    expect(await readConnector(deps.ledger, 'test')).toMatchObject({
      plan: 'pro',
      calls_per_minute: 60,
      calls_per_month: 5_000,
    })
    const thisMonth = new Date().toISOString().slice(0, 7)
    expect(await readMonth(deps.ledger, 'test', thisMonth)).toMatchObject({ calls: 701, others: 700 })
  })
})

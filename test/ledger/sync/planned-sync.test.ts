import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import type { QrCode } from '../../../src/streams/qr-codes.ts'
import { profileArbitrary } from '../../support/source/api-profiles.ts'
import { ModelApi } from '../../support/source/model-api.ts'
import { dayMs, hourMs, planMonth, type PlannedMonth } from '../../support/worlds/planned-month.ts'

const startMs = Date.parse('2026-11-01T00:00:00Z')
const tenMinutesMs = 10 * 60_000

/** An account of ten codes, each with a scan every eight hours of the month so far. */
function account(): ModelApi {
  const api = new ModelApi()
  Object.assign(api, { perPage: 100, plan: 'pro', perMonth: 5_000 })
  for (let index = 0; index < 10; index++) api.addCode()
  return api
}

/** Scans of a code, spread evenly over a span. */
function scan(api: ModelApi, code: QrCode | undefined, fromMs: number, toMs: number, count: number): void {
  if (code === undefined) throw new Error('no such code')
  for (let index = 0; index < count; index++) {
    const atMs = Math.floor(fromMs + ((index + 0.5) * (toMs - fromMs)) / count)
    api.addScan(code, atMs, `${code.id}-${atMs}-${api.scans.length}`)
  }
}

/** Runs the month hour by hour, so that no scan exists before its time. */
async function live(month: PlannedMonth, untilMs: number, hour: (fromMs: number) => void): Promise<void> {
  while (month.now() < untilMs) {
    const fromMs = month.now()
    await month.runUntil(fromMs + hourMs)
    hour(fromMs)
  }
}

const landedIds = async ({ deps }: PlannedMonth) =>
  (await deps.ledger.selectFrom('scans').select('id').execute()).map(({ id }) => id).sort()
const idsOf = (api: ModelApi) => api.scans.map(({ id }) => id).sort()
const callsFor = async ({ deps }: PlannedMonth, purpose: string) =>
  (await deps.ledger.selectFrom('calls').select('id').where('purpose', '=', purpose).execute()).length
const codeRow = async ({ deps }: PlannedMonth, id: string) =>
  deps.ledger.selectFrom('qr_codes').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

describe('a planned sync', () => {
  it('lands history and new scans, and never exceeds the month', async () => {
    const api = account()
    for (const code of api.codes) scan(api, code, startMs - 30 * dayMs, startMs, 250)
    const month = await planMonth(api, { startMs })
    await live(month, startMs + 5 * dayMs, (fromMs) => {
      for (const code of api.codes) scan(api, code, fromMs, fromMs + hourMs, 1)
    })
    await month.runUntil(startMs + 7 * dayMs)
    expect(await landedIds(month)).toEqual(idsOf(api))
    expect(await callsFor(month, 'history')).toBe(10 * 3)
    expect(api.callsThisMonth).toBeLessThan(5_000 * 0.35)
  })

  it('gives history half of the month, and continues with new scans when that half is spent', async () => {
    const api = account()
    Object.assign(api, { perPage: 10, perMonth: 1_000 })
    const [busy, quiet] = api.codes
    scan(api, busy, startMs - 20 * dayMs, startMs, 9_000)
    const month = await planMonth(api, { startMs })
    await month.runUntil(startMs + 2 * dayMs)
    const history = await callsFor(month, 'history')
    expect(history).toBeGreaterThan(400)
    expect(history).toBeLessThanOrEqual(500)
    scan(api, quiet, month.now() - hourMs, month.now(), 7)
    await month.runUntil(startMs + 5 * dayMs)
    expect((await codeRow(month, quiet?.id ?? '')).landed_scans).toBe(7)
    expect(await callsFor(month, 'history')).toBeLessThanOrEqual(500)
  })

  it('finds a late scan below the cursor, with one /analytics call and one for its day', async () => {
    const api = account()
    for (const code of api.codes) scan(api, code, startMs - 20 * dayMs, startMs, 300)
    const month = await planMonth(api, { startMs })
    await month.runUntil(startMs + dayMs)
    const [code] = api.codes
    if (code) api.addScan(code, startMs - 12 * dayMs, 'late')
    await month.runUntil(startMs + 2 * dayMs)
    expect(await landedIds(month)).toEqual(idsOf(api))
    expect(await callsFor(month, 'late scans')).toBe(2)
    const row = await codeRow(month, code?.id ?? '')
    expect([row.gap, row.gap_accepted]).toEqual([0, 0])
  })

  it('finds it even if the list has no counts, with analytics that it requests anyway', async () => {
    const api = account()
    Object.assign(api, { hasCounts: false, hasTimes: false })
    for (const code of api.codes) scan(api, code, startMs - 20 * dayMs, startMs, 30)
    const month = await planMonth(api, { startMs, hasAnalytics: true })
    await month.runUntil(startMs + 2 * dayMs)
    const [code] = api.codes
    if (code) api.addScan(code, startMs - 12 * dayMs, 'late')
    scan(api, code, startMs + 2 * dayMs, startMs + 2 * dayMs + hourMs, 20)
    await month.runUntil(startMs + 12 * dayMs)
    expect(await landedIds(month)).toEqual(idsOf(api))
  })

  it('searches once for scans that the API counts but does not return, and then stops', async () => {
    const api = account()
    for (const code of api.codes) scan(api, code, startMs - 20 * dayMs, startMs, 30)
    const [code] = api.codes
    if (code) code.scan_count = 33
    const month = await planMonth(api, { startMs })
    await month.runUntil(startMs + 2 * dayMs)
    expect((await codeRow(month, code?.id ?? '')).gap_accepted).toBe(3)
    const searched = await callsFor(month, 'late scans')
    const fetched = await callsFor(month, 'scans')
    await month.runUntil(startMs + 6 * dayMs)
    expect(await callsFor(month, 'late scans')).toBe(searched)
    expect(await callsFor(month, 'scans')).toBe(fetched)
  })

  it('notices codes that are created, renamed and deleted, without reading the whole list', async () => {
    const api = account()
    for (const code of api.codes) scan(api, code, startMs - 20 * dayMs, startMs, 3)
    const month = await planMonth(api, { startMs })
    await month.runUntil(startMs + hourMs)
    const [renamed, deleted] = api.codes
    const created = api.addCode()
    api.change(created, startMs + 2 * hourMs, { name: 'new' })
    if (renamed) api.change(renamed, startMs + 2 * hourMs, { name: 'Poster' })
    if (deleted) api.change(deleted, startMs + 2 * hourMs, 'delete')
    await month.runUntil(startMs + 30 * hourMs)
    expect(JSON.parse((await codeRow(month, renamed?.id ?? '')).row)).toMatchObject({ name: 'Poster' })
    expect(await codeRow(month, deleted?.id ?? '')).toMatchObject({ deleted: 1 })
    expect(await codeRow(month, created.id)).toMatchObject({ deleted: 0 })
    // A new, quiet code that suddenly gets scans is fetched within a few passes of the list.
    scan(api, created, month.now(), month.now() + 1, 20)
    await month.runUntil(month.now() + 2 * hourMs)
    expect((await codeRow(month, created.id)).landed_scans).toBe(20)
  })

  it('requests analytics again only for codes with new scans', async () => {
    const api = account()
    for (const code of api.codes) scan(api, code, startMs - 20 * dayMs, startMs, 30)
    const month = await planMonth(api, { startMs, hasAnalytics: true })
    await month.runUntil(startMs + dayMs)
    expect(await callsFor(month, 'analytics')).toBe(10)
    const [code] = api.codes
    scan(api, code, month.now() - hourMs, month.now(), 40)
    await month.runUntil(startMs + 3 * dayMs)
    expect(await callsFor(month, 'analytics')).toBe(11)
    const daily = await month.deps.ledger.selectFrom('analytics_daily').select('row').execute()
    const counted = daily.reduce((sum, { row }) => sum + (JSON.parse(row) as { scans: number }).scans, 0)
    expect(counted).toBe(api.scans.length)
  })

  it('notices an upgrade when the month is nearly spent, and a downgrade, without a restart', async () => {
    const api = account()
    const month = await planMonth(api, { startMs })
    await month.runUntil(startMs + dayMs)
    const untilNoticed = async (plan: string) => {
      const changedMs = month.now()
      while ((await readConnector(month.deps.ledger, 'test')).plan !== plan) {
        expect(month.now() - changedMs).toBeLessThan(2 * dayMs)
        await month.runUntil(month.now() + tenMinutesMs)
      }
      return month.now() - changedMs
    }
    const limits = async () => {
      const { calls_per_minute, calls_per_month } = await readConnector(month.deps.ledger, 'test')
      return [calls_per_minute, calls_per_month]
    }
    // Others leave less than the spare.
    api.callsThisMonth = 4_900
    await month.runUntil(startMs + 2 * dayMs)
    Object.assign(api, { plan: 'advanced', perMonth: 100_000 })
    // On Pro it requests /me once a day, and every six hours while it has no calls.
    expect(await untilNoticed('advanced')).toBeLessThan(25 * hourMs)
    expect(await limits()).toEqual([600, 100_000])
    Object.assign(api, { plan: 'pro', perMonth: 5_000 })
    // With enough calls it requests /me every hour.
    expect(await untilNoticed('pro')).toBeLessThan(2 * hourMs)
    expect(await limits()).toEqual([60, 5_000])
  })

  it('never uses the spare calls, even if a call finds more pages than planned', async () => {
    const api = account()
    Object.assign(api, { perPage: 10, perMonth: 200 })
    for (const code of api.codes) scan(api, code, startMs - 20 * dayMs, startMs, 1)
    const month = await planMonth(api, { startMs, budget: { share: 1, spare: 0.5 } })
    await month.runUntil(startMs + 6 * hourMs)
    expect(api.callsThisMonth).toBeLessThan(60)
    // More pages than the whole month has calls; the next list reports them.
    const [busy] = api.codes
    scan(api, busy, month.now() - hourMs, month.now(), 3_000)
    await month.runUntil(startMs + 2 * dayMs)
    const spare = Math.floor(200 * 0.5 * (28 / 30))
    // GET /me is not a call of the plan.
    const planned = api.callsThisMonth - (await callsFor(month, 'identify'))
    expect(planned).toBeLessThanOrEqual(200 - spare)
    // It used as many calls as it may.
    expect(planned).toBeGreaterThan(200 - spare - 15)
  })

  it('keeps spare calls for manual syncs, stops when others have spent the month, and continues in the next', async () => {
    const api = account()
    const month = await planMonth(api, { startMs })
    await live(month, startMs + 2 * dayMs, (fromMs) => {
      scan(api, api.codes[0], fromMs, fromMs + hourMs, 2)
    })
    // Others leave less than the spare: the plan has nothing left, and learns that from /me.
    api.callsThisMonth = 4_900
    const before = await callsFor(month, 'scans')
    const waits = await month.runUntil(startMs + 12 * dayMs)
    scan(api, api.codes[0], startMs + 12 * dayMs - hourMs, startMs + 12 * dayMs, 5)
    expect(waits.at(-1)).toMatchObject({ reason: 'month', goesOnMs: Date.parse('2026-12-01T00:00:00Z') })
    expect((await callsFor(month, 'scans')) - before).toBeLessThan(60)
    expect(api.callsThisMonth).toBeLessThan(5_000)
    await month.runUntil(Date.parse('2026-11-30T23:59:00Z'))
    expect(api.callsThisMonth).toBeLessThanOrEqual(5_000)
    api.callsThisMonth = 0
    await month.runUntil(Date.parse('2026-12-02T00:00:00Z'))
    expect(await landedIds(month)).toEqual(idsOf(api))
  })

  it(
    'lands everything within days, whatever the API offers and whichever worker dies, inside both windows',
    { timeout: 600_000 },
    async () => {
      const scanArbitrary = fc.record({
        code: fc.nat({ max: 9 }),
        hour: fc.nat({ max: 71 }),
        count: fc.integer({ min: 1, max: 30 }),
        lateDays: fc.constantFrom(0, 0, 0, 0, 3),
      })
      await fc.assert(
        fc.asyncProperty(
          profileArbitrary,
          fc.array(scanArbitrary, { maxLength: 25 }),
          fc.array(fc.record({ call: fc.nat({ max: 200 }), isAnswered: fc.boolean() }), { maxLength: 10 }),
          async (profile, arrivals, deaths) => {
            const api = account()
            Object.assign(api, profile, { perPage: 20 })
            for (const code of api.codes) scan(api, code, startMs - 20 * dayMs, startMs, 25)
            const month = await planMonth(api, { startMs, hasAnalytics: true })
            const sent: number[] = []
            const die = (isAnswered: boolean) => {
              if (deaths.some((death) => death.call === sent.length && death.isAnswered === isAnswered)) {
                throw new Error('killed')
              }
            }
            api.beforeCall = () => {
              sent.push(month.now())
              die(false)
            }
            api.afterCall = () => {
              die(true)
            }
            await live(month, startMs + 3 * dayMs, (fromMs) => {
              for (const { code, hour, count, lateDays } of arrivals) {
                if (startMs + hour * hourMs === fromMs) {
                  scan(
                    api,
                    api.codes[code],
                    fromMs - lateDays * dayMs,
                    fromMs + hourMs - lateDays * dayMs,
                    count,
                  )
                }
              }
            })
            // If scans have no count, later scans show where to fetch them, and the code's analytics show late
            // ones.
            for (const code of api.codes) {
              scan(api, code, startMs + 3 * dayMs, startMs + 3 * dayMs + hourMs, 10)
            }
            await month.runUntil(startMs + 12 * dayMs)
            expect(await landedIds(month)).toEqual(idsOf(api))
            sent.forEach((at, index) => {
              expect(at - (sent[index - 60] ?? 0)).toBeGreaterThanOrEqual(60_000)
            })
            expect(sent.length).toBeLessThan(5_000)
            await month.deps.ledger.destroy()
          },
        ),
        { numRuns: 2, endOnFailure: true },
      )
    },
  )
})

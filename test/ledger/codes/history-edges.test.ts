import { expect, it } from 'vitest'
import { refreshCatalogue } from '../../../activities/sync/refresh-catalogue.ts'
import { pauseHistory } from '../../../src/ledger/connector/connector-state.ts'
import type { QrCode } from '../../../src/streams/qr-codes.ts'
import { ModelApi } from '../../support/source/model-api.ts'
import { dayMs, hourMs, planMonth, type PlannedMonth } from '../../support/worlds/planned-month.ts'
import { operator } from '../../support/ledger/operator.ts'

const startMs = Date.parse('2026-11-01T00:00:00Z')
const { signal } = new AbortController()

/** A code with scans from before the start, and one without. */
function apiWith(scans: number, settings: Partial<ModelApi>): { api: ModelApi; busy: QrCode } {
  const api = new ModelApi()
  Object.assign(api, settings)
  const busy = api.addCode()
  api.addCode()
  for (let index = 0; index < scans; index++) {
    api.addScan(busy, startMs - 200 * dayMs + index * 3 * hourMs, `old-${index}`)
  }
  return { api, busy }
}

async function landed(month: PlannedMonth): Promise<string[]> {
  const scans = await month.deps.ledger.selectFrom('scans').select('id').execute()
  return scans.map(({ id }) => id)
}

const countNews = async (month: PlannedMonth) =>
  (await landed(month)).filter((id) => id.startsWith('new-')).length

const openHistories = ({ deps }: PlannedMonth) =>
  deps.ledger.selectFrom('code_histories').select('qr_code_id').execute()

async function readList({ deps }: PlannedMonth): Promise<void> {
  while (!(await refreshCatalogue(deps, signal)).isDone);
}

/** A new scan every six hours. */
async function scanOn(api: ModelApi, busy: QrCode, month: PlannedMonth, times: number): Promise<void> {
  for (let time = 1; time <= times; time++) {
    await month.runUntil(startMs + time * 6 * hourMs)
    api.addScan(busy, month.now(), `new-${time}`)
  }
}

it('a history that is paused before its first page delays no new scan', async () => {
  const { api, busy } = apiWith(30, { perMonth: 1_000 })
  const month = await planMonth(api, { startMs })
  await readList(month)
  await pauseHistory(month.deps.ledger, month.deps.connector, startMs, operator)
  await scanOn(api, busy, month, 10)
  await month.runUntil(startMs + 5 * dayMs)
  expect(await countNews(month)).toBe(10)
})

it('a scan in the history whose time is in the future delays no new scan', async () => {
  const { api, busy } = apiWith(1_200, { perMonth: 300 })
  api.addScan(busy, startMs + 300 * dayMs, 'ahead')
  const month = await planMonth(api, { startMs, hasAnalytics: true })
  await scanOn(api, busy, month, 20)
  await month.runUntil(startMs + 10 * dayMs)
  expect(await countNews(month)).toBe(20)
})

it.each([true, false])(
  'a list that lands during the last call of a code loses no scan, counts: %s',
  async (hasCounts) => {
    const { api, busy } = apiWith(5, { hasCounts, perMonth: 1_000 })
    const month = await planMonth(api, { startMs })
    await month.runUntil(startMs + hourMs)
    api.addScan(busy, month.now(), 'new-1')
    const { listScans } = api
    api.listScans = async (id, query) => {
      const answer = await listScans(id, query)
      if (id !== busy.id || api.scans.some((scan) => scan.id === 'new-2')) return answer
      await month.deps.clock.sleep(60_000)
      api.addScan(busy, month.now(), 'new-2')
      await readList(month)
      return answer
    }
    await month.runUntil(startMs + 10 * dayMs)
    expect(await countNews(month)).toBe(2)
  },
)

it('a history that gets its own cursor during a call loses no new scan', async () => {
  const { api, busy } = apiWith(6, { hasCounts: false, perMonth: 1_000 })
  const month = await planMonth(api, { startMs })
  const { listScans } = api
  api.listScans = async (id, query) => {
    const answer = await listScans(id, query)
    if (id !== busy.id || query.page !== 2 || api.scans.some((scan) => scan.id === 'new-1')) return answer
    await month.deps.clock.sleep(60_000)
    api.addScan(busy, month.now(), 'new-1')
    await readList(month)
    return answer
  }
  await month.runUntil(startMs + 10 * dayMs)
  expect(await countNews(month)).toBe(1)
  expect(await openHistories(month)).toEqual([])
})

it.each([
  ['counts, and honours "to"', true, true],
  ['counts, and ignores "to"', true, false],
  ['no counts, and honours "to"', false, true],
  ['no counts, and ignores "to"', false, false],
])(
  'an API that starts to ignore the order loses no history: it has %s',
  async (_name, hasCounts, honoursTo) => {
    const { api, busy } = apiWith(1_200, { perMonth: 300, hasCounts })
    if (!honoursTo) {
      const { listScans } = api
      api.listScans = (id, { to, ...query }) => listScans(id, to === undefined ? query : { ...query })
    }
    const month = await planMonth(api, { startMs, hasAnalytics: true })
    await scanOn(api, busy, month, 8)
    await month.runUntil(startMs + 3 * dayMs)
    expect(await openHistories(month)).toHaveLength(1)
    Object.assign(api, { honoursOrder: false, perMonth: 600 })
    await month.runUntil(Date.parse('2026-11-30T23:59:59Z'))
    api.callsThisMonth = 0
    await month.runUntil(Date.parse('2026-12-06T00:00:00Z'))
    expect((await landed(month)).toSorted()).toEqual(api.scans.map(({ id }) => id).toSorted())
    expect(await openHistories(month)).toEqual([])
  },
)

it('an empty last page causes no second reading', async () => {
  const { api, busy } = apiWith(60, { hasTotals: false, perMonth: 1_000 })
  const month = await planMonth(api, { startMs })
  await month.runUntil(startMs + hourMs)
  const count = () => api.calls.filter((call) => call === 'scans').length
  const before = count()
  api.addScan(busy, month.now(), 'new-1')
  await month.runUntil(startMs + 2 * dayMs)
  expect(await landed(month)).toHaveLength(61)
  expect(count() - before).toBeLessThan(3)
})

it('a code that is restored while its history waits does not count as busy', async () => {
  const { api, busy } = apiWith(1_800, { perMonth: 600 })
  const month = await planMonth(api, { startMs })
  await scanOn(api, busy, month, 4)
  await month.runUntil(startMs + 2 * dayMs)
  const rate = async () => {
    const code = await month.deps.ledger
      .selectFrom('qr_codes')
      .select(['deleted', 'rate_arrivals', 'rate_hours'])
      .where('id', '=', busy.id)
      .executeTakeFirstOrThrow()
    return { isDeleted: code.deleted === 1, perHour: code.rate_arrivals / code.rate_hours }
  }
  const until = async (isDeleted: boolean) => {
    while ((await rate()).isDeleted !== isDeleted) await month.runUntil(month.now() + 3 * hourMs)
  }
  const before = await rate()
  api.change(busy, month.now(), 'delete')
  await until(true)
  Object.assign(busy, {
    deleted_at: null,
    status: 'active',
    updated_at: new Date(month.now()).toISOString(),
  })
  await until(false)
  expect((await rate()).perHour).toBeLessThan(2 * before.perHour)
})

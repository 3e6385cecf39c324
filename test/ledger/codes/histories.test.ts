import { expect, it } from 'vitest'
import { collectScans } from '../../../activities/sync/collect-scans.ts'
import { refreshCatalogue } from '../../../activities/sync/refresh-catalogue.ts'
import { pauseHistory, readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { readFailures } from '../../../src/ledger/failures/failures.ts'
import { readBackfill } from '../../../src/insight/read-backfill.ts'
import { readCompleteness } from '../../../src/insight/read-completeness.ts'
import { fails } from '../../support/worlds/failing-world.ts'
import type { LedgerKind } from '../../support/ledger/temporary-ledger.ts'
import { ModelApi } from '../../support/source/model-api.ts'
import { dayMs, hourMs, planMonth, type PlannedMonth } from '../../support/worlds/planned-month.ts'
import { operator } from '../../support/ledger/operator.ts'

const startMs = Date.parse('2026-11-01T00:00:00Z')
/** The history needs more calls than the month has. */
const scansOfHistory = 1_200
const newsEveryMs = 6 * hourMs

interface World {
  api: ModelApi
  month: PlannedMonth
  /** New scans at their times, `newsEveryMs` apart. */
  news: Map<string, number>
}

/** A busy code with a long history, and one with a short one. */
async function world(kind: LedgerKind = 'sqlite'): Promise<World> {
  const api = new ModelApi()
  Object.assign(api, { perMonth: 300 })
  const [busy, quiet] = [api.addCode(), api.addCode()]
  for (let index = 0; index < scansOfHistory; index++) {
    api.addScan(busy, startMs - 200 * dayMs + index * 3 * hourMs, `old-${index}`)
  }
  for (let index = 0; index < 5; index++) api.addScan(quiet, startMs - (6 - index) * dayMs, `quiet-${index}`)
  const month = await planMonth(api, { startMs, kind, hasAnalytics: true })
  const news = new Map<string, number>()
  let nextMs = startMs + newsEveryMs
  api.beforeCall = () => {
    for (; nextMs <= month.now(); nextMs += newsEveryMs) {
      news.set(`new-${nextMs}`, nextMs)
      api.addScan(busy, nextMs, `new-${nextMs}`)
    }
  }
  return { api, month, news }
}

async function landed({ month }: World): Promise<string[]> {
  const scans = await month.deps.ledger.selectFrom('scans').select('id').orderBy('id').execute()
  return scans.map(({ id }) => id)
}

async function waitingNews(each: World): Promise<string[]> {
  const ids = new Set(await landed(each))
  const oldMs = each.month.now() - dayMs
  return [...each.news].filter(([id, atMs]) => atMs < oldMs && !ids.has(id)).map(([id]) => id)
}

const stateOf = ({ month: { deps } }: World) => readConnector(deps.ledger, deps.connector)

async function manualSync({ month }: World): Promise<void> {
  const { deps } = month
  const { signal } = new AbortController()
  while (!(await refreshCatalogue(deps, signal)).isDone);
  for (let isDone = false; !isDone;) {
    const slice = await collectScans(deps, signal)
    await deps.clock.sleep(Math.max((slice.wait?.untilMs ?? 0) - month.now(), 0))
    isDone = slice.isDone
  }
}

it.each(['sqlite', 'postgres'] as const)(
  'new scans of a code land within a day although its history needs weeks of calls, on %s',
  async (kind) => {
    const own = await world(kind)
    await own.month.runUntil(startMs + 10 * dayMs)
    expect(own.news.size).toBeGreaterThan(35)
    expect(await waitingNews(own)).toEqual([])
    const { deps, now } = own.month
    const backfill = await readBackfill(deps.ledger, await stateOf(own), deps.budget, now())
    const isOld = (id: string) => id.startsWith('old-')
    const old = (await landed(own)).filter(isOld).length
    // It did not start again from the first scan: each call for history fetched a full page.
    expect(backfill).toMatchObject({ codes: 1, scans: scansOfHistory - old })
    const { calls } = await deps.ledger
      .selectFrom('calls')
      .select((eb) => eb.fn.countAll<number>().as('calls'))
      .where('purpose', '=', 'history')
      .executeTakeFirstOrThrow()
    // The quiet code needs two.
    expect(old).toBe((calls - 2) * own.api.perPage)
    const [busy] = await readCompleteness(deps.ledger, await stateOf(own), now())
    expect(busy).toMatchObject({ unexplained: 0, gap: 0 })
  },
)

it('a paused history delays no new scan', async () => {
  const own = await world()
  await own.month.runUntil(startMs + hourMs)
  const { deps } = own.month
  await pauseHistory(deps.ledger, deps.connector, startMs + hourMs, operator)
  const before = (await landed(own)).filter((id) => id.startsWith('old-')).length
  await own.month.runUntil(startMs + 5 * dayMs)
  await manualSync(own)
  expect(own.news.size).toBeGreaterThan(15)
  expect((await landed(own)).filter((id) => id.startsWith('new-')).toSorted()).toEqual(
    [...own.news.keys()].toSorted(),
  )
  expect((await landed(own)).filter((id) => id.startsWith('old-'))).toHaveLength(before)
})

it('a page of history that always fails delays no new scan', async () => {
  const own = await world()
  const { listScans } = own.api
  own.api.listScans = (id, query) =>
    query.from === undefined && query.page > 3
      ? Promise.reject(fails('API_UNAVAILABLE'))
      : listScans(id, query)
  await own.month.runUntil(startMs + 5 * dayMs)
  expect(await waitingNews(own)).toEqual([])
  const { deps, now } = own.month
  expect(await readFailures(deps.ledger, deps.connector, now())).toEqual([
    expect.objectContaining({ endpoint: 'GET /qr-codes/{id}/scans (history)' }),
  ])
})

it.each<[string, (api: ModelApi) => void]>([
  ['as documented', () => undefined],
  [
    'that ignores "to"',
    (api) => {
      const { listScans } = api
      api.listScans = (id, { to, ...query }) => listScans(id, to === undefined ? query : { ...query })
    },
  ],
  ['that ignores "from" and "to"', (api) => Object.assign(api, { honoursFrom: false })],
  ['without times in its list', (api) => Object.assign(api, { hasTimes: false })],
  ['without counts in its list', (api) => Object.assign(api, { hasCounts: false })],
  ['with the newest first', (api) => Object.assign(api, { honoursOrder: false })],
])('everything lands once in the end, late scans included, from an API %s', async (_name, change) => {
  const own = await world()
  change(own.api)
  await own.month.runUntil(startMs + 3 * dayMs)
  const [busy] = own.api.codes
  if (busy === undefined) throw new Error('there is no code')
  // One before the history's cursor, one between the two cursors, one after the newer one.
  own.api.addScan(busy, startMs - 199 * dayMs + 1, 'late-1')
  own.api.addScan(busy, startMs - dayMs + 1, 'late-2')
  own.api.addScan(busy, startMs + dayMs + 1, 'late-3')
  Object.assign(own.api, { perMonth: 10_000 })
  await own.month.runUntil(startMs + 9 * dayMs)
  await manualSync(own)
  await manualSync(own)
  const pages = Math.ceil(own.api.scans.length / own.api.perPage)
  // With the newest first, pages shift during the collection, and the search for late scans reads whole days.
  const most = (own.api.honoursOrder ? 1.2 : 2) * pages
  expect(own.api.calls.filter((call) => call === 'scans').length).toBeLessThan(most)
  const all = own.api.scans.map(({ id }) => id).toSorted()
  expect(await landed(own)).toEqual(all)
  const { count } = await own.month.deps.ledger
    .selectFrom('code_histories')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  expect(count).toBe(0)
})

it('a scan that arrives while the history is read costs only the calls that it needs', async () => {
  const own = await world()
  Object.assign(own.api, { perMonth: 10_000, perPage: 100 })
  await own.month.runUntil(startMs + 2 * hourMs)
  // Everything has landed before the first new scan: one cursor is enough.
  expect(own.api.calls.filter((call) => call === 'scans')).toHaveLength(scansOfHistory / 100 + 1)
})

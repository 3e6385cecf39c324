import { describe, expect, it } from 'vitest'
import { collectScans } from '../../../activities/sync/collect-scans.ts'
import { refreshCatalogue } from '../../../activities/sync/refresh-catalogue.ts'
import { readFailures } from '../../../src/ledger/failures/failures.ts'
import { noteFailedCall, readOutages } from '../../../src/ledger/failures/outages.ts'
import {
  breaks,
  fails,
  ignoresPages,
  minuteMs,
  startMs,
  world,
  type World,
} from '../../support/worlds/failing-world.ts'
import type { ModelApi } from '../../support/source/model-api.ts'
import { dayMs, hourMs } from '../../support/worlds/planned-month.ts'

/** The ways in which a code can be broken: what happens to its calls, and how long that takes. */
const ways: [string, (world: World) => void][] = [
  ['an HTML page', breaks(() => fails('API_RESPONSE_INVALID', 'is not JSON'))],
  ['a 500', breaks(() => fails('API_UNAVAILABLE'))],
  ['a body that drips until the time limit', breaks(() => fails('API_UNAVAILABLE'), 30_000)],
  ['an answer of another shape', breaks(() => fails('API_RESPONSE_INVALID'))],
  ['a body of 500 MB', breaks(() => fails('API_RESPONSE_INVALID', 'is larger than any page'), 2_000)],
  ['an answer that unpacks to too much', breaks(() => fails('API_RESPONSE_INVALID', 'unpacked'))],
  ['a redirect', breaks(() => fails('API_RESPONSE_INVALID', 'redirects to'))],
  ["a 404 that is not the API's", breaks(() => fails('API_UNAVAILABLE', 'not from the API'))],
  ['a connection that is reset', breaks(() => fails('API_UNAVAILABLE'))],
  ['a 422', breaks(() => fails('API_REQUEST_REFUSED'))],
  ['pages that never end', ignoresPages],
]

let control: Promise<number> | undefined

async function controlLagMs(): Promise<number> {
  const healthy = await world()
  await healthy.month.runUntil(startMs + 5 * minuteMs)
  return healthy.longestLagMs()
}

describe('one code out of 20 that answers with', () => {
  it.each(ways)('%s delays no other code, and costs few calls', async (_way, break_) => {
    control ??= controlLagMs()
    const broken = await world()
    break_(broken)
    await broken.month.runUntil(startMs + 5 * minuteMs)
    expect(await broken.longestLagMs()).toBeLessThanOrEqual(2 * (await control))
    const failures = await readFailures(broken.month.deps.ledger, 'test', broken.month.now())
    expect(new Set(failures.map(({ qrCodeId }) => qrCodeId))).toEqual(new Set([broken.brokenId]))
    // Its history and its new scans fail separately.
    expect(broken.callsOfBroken.length).toBeLessThanOrEqual(10 * failures.length)
    expect(await readOutages(broken.month.deps.ledger, 'test', broken.month.now())).toEqual([])
  })

  it.each(ways.filter((_, index) => index === 1 || index === 10))(
    '%s costs at most 30 calls on its first day, and again as many if its new scans fail too',
    async (_way, break_) => {
      const broken = await world({
        codes: 2,
        everyMs: 10 * minuteMs,
        freshnessMs: 10 * minuteMs,
        hasAnalytics: true,
      })
      break_(broken)
      await broken.month.runUntil(startMs + dayMs)
      const failures = await readFailures(broken.month.deps.ledger, 'test', broken.month.now())
      expect(broken.callsOfBroken.length).toBeLessThanOrEqual(30 * failures.length)
      expect(broken.callsOfBroken.length).toBeGreaterThan(3)
    },
  )

  it('a short failure is over within seconds', async () => {
    const { api, month } = await world({ codes: 3 })
    let isBad = true
    const { listScans } = api
    api.listScans = (id, query) => {
      if (!isBad) return listScans(id, query)
      isBad = false
      return Promise.reject(fails('API_UNAVAILABLE'))
    }
    await month.runUntil(startMs + 2 * minuteMs)
    expect(await readFailures(month.deps.ledger, 'test', month.now())).toEqual([])
  })
})

it('one code that fails in two ways is not an outage; two codes are', async () => {
  const { month } = await world({ codes: 3 })
  const { ledger } = month.deps
  const fail = (endpoint: string, qrCodeId: string) =>
    ledger.transaction().execute((transaction) =>
      noteFailedCall(transaction, 'test', {
        target: { endpoint, qrCodeId },
        code: 'API_UNAVAILABLE',
        message: 'down',
        sentAtMs: month.now(),
        nowMs: month.now(),
        syncId: null,
      }),
    )
  await fail('GET /qr-codes/{id}/scans', 'code-1')
  await fail('GET /qr-codes/{id}/scans (late scans)', 'code-1')
  await fail('GET /qr-codes/{id}/analytics', 'code-1')
  expect(await readOutages(ledger, 'test', month.now())).toEqual([])
  await fail('GET /qr-codes/{id}/scans', 'code-2')
  expect(await readOutages(ledger, 'test', month.now())).not.toEqual([])
})

describe('an outage of a day', () => {
  it.each([
    ['as a whole', () => true, false],
    ['of all scans', (call: string) => call === 'scans', false],
    ['of all that the key opens', () => true, true],
  ])('%s costs at most 40 calls, and qrsync notices its end', async (_what, isHit, answersWithoutKey) => {
    const { api, month } = await world({ everyMs: 10 * minuteMs, freshnessMs: 10 * minuteMs })
    await month.runUntil(startMs + hourMs)
    let isOut = true
    let failed = 0
    const guard =
      <Args extends unknown[], Answer>(name: string, call: (...args: Args) => Promise<Answer>) =>
      async (...args: Args) => {
        if (!isOut || !isHit(name)) return call(...args)
        failed += 1
        await month.deps.clock.sleep(50)
        throw fails('API_UNAVAILABLE', 'maintenance')
      }
    api.me = guard('me', api.me)
    api.listQrCodes = guard('list', api.listQrCodes)
    api.listScans = guard('scans', api.listScans)
    api.isAlive = () => Promise.resolve(!isOut || answersWithoutKey)
    await month.runUntil(month.now() + dayMs)
    expect(failed).toBeLessThanOrEqual(40)
    const outages = await readOutages(month.deps.ledger, 'test', month.now())
    expect(outages.length).toBeGreaterThan(0)
    isOut = false
    const endMs = month.now()
    await month.runUntil(endMs + (answersWithoutKey ? 90 : 10) * minuteMs)
    expect(await readOutages(month.deps.ledger, 'test', month.now())).toEqual([])
    await month.runUntil(month.now() + 15 * minuteMs)
    expect(await readFailures(month.deps.ledger, 'test', month.now())).toEqual([])
    const landed = await month.deps.ledger
      .selectFrom('scans')
      .select((eb) => eb.fn.countAll<number>().as('scans'))
      .where('scanned_at_ms', '<=', endMs)
      .executeTakeFirstOrThrow()
    expect(landed.scans).toBe(api.scans.filter((scan) => Date.parse(scan.scanned_at) <= endMs).length)
  })
})

describe('a manual sync', () => {
  const { signal } = new AbortController()

  /** Runs it like the workflow, until it is done. */
  async function syncNow({ month }: World, syncId: string): Promise<void> {
    const deps = { ...month.deps, syncId }
    for (const slice of [refreshCatalogue, collectScans]) {
      for (;;) {
        const { isDone, wait } = await slice(deps, signal)
        if (isDone) break
        if (wait !== null) await deps.clock.sleep(Math.max(wait.untilMs - deps.clock.now(), 1))
      }
    }
  }

  it('fetches everything else and ends; it tries the broken code at most twice, and the next sync once', async () => {
    const broken = await world()
    const { api, month, brokenId, callsOfBroken } = broken
    for (const code of api.codes) api.addScan(code, startMs - hourMs, `${code.id}-first`)
    breaks(() => fails('API_UNAVAILABLE'))(broken)
    await syncNow(broken, 'first')
    expect(callsOfBroken).toHaveLength(2)
    const codes = await month.deps.ledger
      .selectFrom('qr_codes')
      .select('id')
      .where('landed_scans', '=', 0)
      .execute()
    expect(codes).toEqual([{ id: brokenId }])
    await syncNow(broken, 'second')
    expect(callsOfBroken).toHaveLength(3)
  })

  it('retries once what fails and has nothing to fetch, and ends even if two failing codes look like an outage', async () => {
    const broken = await world({ codes: 4 })
    const { api, month } = broken
    await syncNow(broken, 'first')
    const { ledger } = month.deps
    const scans = 'GET /qr-codes/{id}/scans'
    const analytics = 'GET /qr-codes/{id}/analytics'
    const [first, second, third] = api.codes.map(({ id }) => id)
    const targets = [
      { endpoint: scans, qrCodeId: first ?? '' },
      { endpoint: scans, qrCodeId: second ?? '' },
      { endpoint: analytics, qrCodeId: third ?? '' },
    ]
    for (const target of targets) {
      const nowMs = month.now()
      const failed = {
        target,
        code: 'API_UNAVAILABLE',
        message: 'down',
        sentAtMs: nowMs,
        nowMs,
        syncId: null,
      }
      await ledger.transaction().execute((transaction) => noteFailedCall(transaction, 'test', failed))
    }
    const { listScans } = api
    let calls = 0
    api.listScans = (id, query) => {
      calls += 1
      return id === second ? Promise.reject(fails('API_UNAVAILABLE')) : listScans(id, query)
    }
    await syncNow(broken, 'second')
    expect(calls).toBe(2)
    const failures = await readFailures(ledger, 'test', month.now())
    expect(failures).toEqual([expect.objectContaining({ endpoint: scans, qrCodeId: second })])
  })

  it.each([['scans', (api: ModelApi) => Promise.resolve(api)]])(
    'makes at most 3 calls for pages of %s that never end',
    async () => {
      const broken = await world({ codes: 3 })
      for (const code of broken.api.codes) {
        for (let index = 0; index < 150; index++) {
          broken.api.addScan(code, startMs - hourMs + index, `${code.id}-${index}`)
        }
      }
      ignoresPages(broken)
      await syncNow(broken, 'first')
      // The first page is not wasted: it lands.
      expect(broken.callsOfBroken.length).toBeLessThanOrEqual(1 + 3)
      const [failure] = await readFailures(broken.month.deps.ledger, 'test', broken.month.now())
      expect(failure).toMatchObject({ qrCodeId: broken.brokenId, code: 'API_RESPONSE_INVALID' })
      expect(failure?.message).toContain('the pages do not end')
    },
  )

  it('ends a list that repeats its pages, keeps its codes, and lands their scans', async () => {
    const broken = await world({ codes: 3 })
    const { api, month } = broken
    for (const code of api.codes) api.addScan(code, startMs - hourMs, `${code.id}-first`)
    const { listQrCodes } = api
    api.listQrCodes = async (query) => {
      const page = await listQrCodes({ ...query, page: 1 })
      return { ...page, page: query.page, total: null, totalPages: 1_000_000 }
    }
    await syncNow(broken, 'first')
    expect(api.calls.filter((call) => call === 'list').length).toBeLessThanOrEqual(1 + 3)
    const codes = await month.deps.ledger.selectFrom('qr_codes').select('landed_scans').execute()
    expect(codes).toEqual([{ landed_scans: 1 }, { landed_scans: 1 }, { landed_scans: 1 }])
  })

  it('ends a list that contains more codes than it counts', async () => {
    const broken = await world({ codes: 3 })
    const { api, month } = broken
    const { listQrCodes } = api
    api.listQrCodes = async (query) => {
      const page = await listQrCodes({ ...query, page: 1 })
      const rows = page.rows.map((row) => ({ ...row, id: `${row.id}-${query.page}` }))
      return { ...page, rows, page: query.page, perPage: 100, total: 3, totalPages: 1_000_000 }
    }
    await syncNow(broken, 'first')
    expect(api.calls.filter((call) => call === 'list').length).toBeLessThanOrEqual(1 + 3)
    const codes = await month.deps.ledger.selectFrom('qr_codes').select('id').execute()
    expect(codes.length).toBeLessThanOrEqual(12)
  })

  it('continues with the known codes if the list fails, and reports that the list is incomplete', async () => {
    const broken = await world({ codes: 3 })
    const { api, month } = broken
    await syncNow(broken, 'first')
    const code = api.codes[0]
    if (code) api.addScan(code, startMs, 'new')
    await month.deps.ledger.updateTable('qr_codes').set({ due_since_ms: startMs }).execute()
    api.listQrCodes = () => Promise.reject(fails('API_UNAVAILABLE'))
    await syncNow(broken, 'second')
    expect(
      (await month.deps.ledger.selectFrom('scans').select('id').execute()).map(({ id }) => id),
    ).toContain('new')
    const failures = await readFailures(month.deps.ledger, 'test', month.now())
    expect(failures).toEqual([expect.objectContaining({ endpoint: 'GET /qr-codes', qrCodeId: '' })])
  })
})

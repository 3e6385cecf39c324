import { expect, it, vi } from 'vitest'
import { readFailing } from '../../../activities/sync/failing.ts'
import type { SliceResult } from '../../../activities/contract.ts'
import { holdLease } from '../../../activities/sync/hold-lease.ts'
import { identify } from '../../../activities/sync/identify.ts'
import type { ScheduleConfig } from '../../../src/config/settings/schedule-settings.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { readFailures } from '../../../src/ledger/failures/failures.ts'
import { noteFailedCall, readOutages } from '../../../src/ledger/failures/outages.ts'
import { dueMs } from '../../../src/temporal/due-ms.ts'
import { ModelApi } from '../../support/source/model-api.ts'
import { planMonth } from '../../support/worlds/planned-month.ts'
import { fails, minuteMs, startMs, world } from '../../support/worlds/failing-world.ts'

it('if two workers request /me and one gets the answer, the failure of the other is ignored', async () => {
  const { api, month } = await world({ codes: 1 })
  const { me } = api
  const answered = Promise.withResolvers<undefined>()
  let isFirst = true
  api.me = async () => {
    if (!isFirst) return me()
    isFirst = false
    await answered.promise
    throw fails('API_UNAVAILABLE')
  }
  const first = identify(month.deps, 0)
  // Until it is sent.
  await vi.waitFor(() => {
    expect(isFirst).toBe(false)
  })
  await month.deps.clock.sleep(10)
  await identify(month.deps, 0)
  answered.resolve(undefined)
  await first
  expect(await readOutages(month.deps.ledger, 'test', month.now())).toEqual([])
  expect(await readFailures(month.deps.ledger, 'test', month.now())).toEqual([])
})

it('if the only worker gets no answer, it is a failure', async () => {
  const { api, month } = await world({ codes: 1 })
  api.me = () => Promise.reject(fails('API_UNAVAILABLE'))
  await identify(month.deps, 0)
  expect(await readOutages(month.deps.ledger, 'test', month.now())).not.toEqual([])
})

it('a code that was read to its end after it failed no longer fails; one that was not still does', async () => {
  const { api, month } = await world({ codes: 2 })
  await month.runUntil(startMs + minuteMs)
  const { ledger } = month.deps
  const [read, waiting] = api.codes
  const nowMs = month.now()
  for (const code of [read, waiting]) {
    await ledger.transaction().execute((transaction) =>
      noteFailedCall(transaction, 'test', {
        target: { endpoint: 'GET /qr-codes/{id}/scans', qrCodeId: code?.id ?? '' },
        code: 'API_UNAVAILABLE',
        message: 'down',
        sentAtMs: nowMs,
        nowMs,
        syncId: null,
      }),
    )
  }
  await ledger.updateTable('qr_codes').set({ due_since_ms: null, pending: 0, collected_at_ms: 0 }).execute()
  await ledger
    .updateTable('qr_codes')
    .set({ collected_at_ms: nowMs + 1 })
    .where('id', '=', read?.id ?? '')
    .execute()
  // Not before it would be retried.
  expect((await readFailing(month.deps)).failures).toHaveLength(2)
  await month.deps.clock.sleep(minuteMs)
  const { failures } = await readFailing(month.deps)
  expect(failures.map(({ qrCodeId }) => qrCodeId)).toEqual([waiting?.id])
})

it.each([
  ['three codes, one of them scanned', 3, 10 * minuteMs],
  ['a single code', 1, minuteMs],
])(
  'a code that starts to fail while the planner relies on its rate costs few calls: %s',
  async (_what, codes, everyMs) => {
    const api = new ModelApi()
    Object.assign(api, { perPage: 100 })
    for (let index = 0; index < codes; index++) api.addCode()
    const [busy] = api.codes
    if (busy === undefined) throw new Error('there is no code')
    const month = await planMonth(api, { startMs })
    let nextMs = startMs + everyMs
    api.beforeCall = () => {
      for (; nextMs <= month.now(); nextMs += everyMs) api.addScan(busy, nextMs, `scan-${nextMs}`)
    }
    await month.runUntil(startMs + 12 * 60 * minuteMs)
    let calls = 0
    const { listScans } = api
    api.listScans = (id, query) => {
      if (id !== busy.id) return listScans(id, query)
      calls += 1
      return Promise.reject(fails('API_UNAVAILABLE'))
    }
    await month.runUntil(month.now() + 3 * 60 * minuteMs)
    expect(calls).toBeGreaterThan(3)
    expect(calls).toBeLessThanOrEqual(12)
  },
)

it('analytics that arrived after they failed no longer fail; others still do', async () => {
  const { api, month } = await world({ codes: 2 })
  await month.runUntil(startMs + minuteMs)
  const { ledger } = month.deps
  const nowMs = month.now()
  const [came, missing] = api.codes
  for (const code of [came, missing]) {
    await ledger.transaction().execute((transaction) =>
      noteFailedCall(transaction, 'test', {
        target: { endpoint: 'GET /qr-codes/{id}/analytics', qrCodeId: code?.id ?? '' },
        code: 'API_UNAVAILABLE',
        message: 'down',
        sentAtMs: nowMs,
        nowMs,
        syncId: null,
      }),
    )
  }
  await ledger
    .updateTable('qr_codes')
    .set({ analytics_at_ms: nowMs + 1 })
    .where('id', '=', came?.id ?? '')
    .execute()
  await month.deps.clock.sleep(minuteMs)
  const { failures } = await readFailing(month.deps)
  expect(failures.map(({ qrCodeId }) => qrCodeId)).toEqual([missing?.id])
})

it('a manual sync does not change when the next one is due, and a plan with nothing to do leaves that time to the Schedule', async () => {
  const { month } = await world({ codes: 1 })
  const { deps } = month
  const { signal } = new AbortController()
  const laterMs = startMs + 60 * minuteMs
  const quarterMs = 15 * minuteMs
  const hourly = { every: 4 * quarterMs }
  const never = { cron: '0 0 31 2 *', time_zone: 'UTC' }
  const ends = (wait: SliceResult['wait'], isManual: boolean, schedule: ScheduleConfig = hourly) =>
    holdLease({ ...deps, dueMs: dueMs.bind(null, schedule) }, { signal, isManual }, () =>
      Promise.resolve({ calls: 0, landed: 0, isDone: wait === null, wait }),
    )
  const due = async () => (await readConnector(deps.ledger, 'test')).sync_due_ms
  await ends({ reason: 'plan', untilMs: laterMs }, false, never)
  expect(await due()).toBeNull()
  await ends({ reason: 'minute', untilMs: startMs + minuteMs }, false, never)
  expect(await due()).toBe(startMs + minuteMs)
  await ends({ reason: 'plan', untilMs: laterMs }, false, { every: quarterMs })
  expect(await due()).toBe(startMs + quarterMs)
  await ends({ reason: 'plan', untilMs: laterMs }, false)
  expect(await due()).toBe(laterMs)
  await ends({ reason: 'minute', untilMs: startMs + minuteMs }, true)
  await ends(null, true)
  expect(await due()).toBe(laterMs)
})

it('/me that failed when it was requested early is requested again, although the account is known', async () => {
  const { api, month } = await world({ codes: 1, everyMs: 60 * minuteMs, freshnessMs: 60 * minuteMs })
  await month.runUntil(startMs + 10 * minuteMs)
  const { me } = api
  api.me = () => Promise.reject(fails('API_UNAVAILABLE'))
  await identify(month.deps, 0)
  expect(await readOutages(month.deps.ledger, 'test', month.now())).not.toEqual([])
  api.me = me
  await month.runUntil(month.now() + 30 * minuteMs)
  expect(await readOutages(month.deps.ledger, 'test', month.now())).toEqual([])
})

import { expect, it } from 'vitest'
import { readFailing } from '../../activities/failing.ts'
import type { SliceResult } from '../../activities/contract.ts'
import { holdLease } from '../../activities/hold-lease.ts'
import { identify } from '../../activities/identify.ts'
import { readConnector } from '../../src/ledger/connector-state.ts'
import { readFailures } from '../../src/ledger/failures.ts'
import { noteFailedCall, readOutages } from '../../src/ledger/outages.ts'
import { fails, minuteMs, startMs, world } from '../support/failing-world.ts'

it('two workers ask whose key it is: where one has the answer, it is no failure that the other has none', async () => {
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
  const always = () => 0
  const first = identify(month.deps, always)
  await identify(month.deps, always)
  answered.resolve(undefined)
  await first
  expect(await readOutages(month.deps.ledger, 'test', month.now())).toEqual([])
  expect(await readFailures(month.deps.ledger, 'test', month.now())).toEqual([])
})

it('a single worker without an answer is one', async () => {
  const { api, month } = await world({ codes: 1 })
  api.me = () => Promise.reject(fails('API_UNAVAILABLE'))
  await identify(month.deps, () => 0)
  expect(await readOutages(month.deps.ledger, 'test', month.now())).not.toEqual([])
})

it('a code that failed and has nothing to fetch any more does not fail; one with scans that wait does', async () => {
  const { api, month } = await world({ codes: 2 })
  await month.runUntil(startMs + minuteMs)
  const { ledger } = month.deps
  const [done, waiting] = api.codes
  const nowMs = month.now()
  for (const code of [done, waiting])
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
  await ledger.updateTable('qr_codes').set({ due_since_ms: null, pending: 0, gap: 0 }).execute()
  await ledger
    .updateTable('qr_codes')
    .set({ due_since_ms: nowMs })
    .where('id', '=', waiting?.id ?? '')
    .execute()
  // Not before it would be tried again.
  expect((await readFailing(month.deps)).failures).toHaveLength(2)
  await month.deps.clock.sleep(minuteMs)
  const { failures } = await readFailing(month.deps)
  expect(failures.map(({ qrCodeId }) => qrCodeId)).toEqual([waiting?.id])
})

it('analytics that came after they had failed do not fail; others do', async () => {
  const { api, month } = await world({ codes: 2 })
  await month.runUntil(startMs + minuteMs)
  const { ledger } = month.deps
  const nowMs = month.now()
  const [came, missing] = api.codes
  for (const code of [came, missing])
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
  await ledger
    .updateTable('qr_codes')
    .set({ analytics_at_ms: nowMs + 1 })
    .where('id', '=', came?.id ?? '')
    .execute()
  await month.deps.clock.sleep(minuteMs)
  const { failures } = await readFailing(month.deps)
  expect(failures.map(({ qrCodeId }) => qrCodeId)).toEqual([missing?.id])
})

it('a sync by hand leaves what is due as it was, and a plan with nothing to do promises no time that the Schedule decides', async () => {
  const { month } = await world({ codes: 1 })
  const { deps } = month
  const { signal } = new AbortController()
  const laterMs = startMs + 60 * minuteMs
  const ends = (wait: SliceResult['wait'], isForPerson: boolean, hasInterval = true) =>
    holdLease({ ...deps, hasInterval }, { signal, isForPerson }, () =>
      Promise.resolve({ calls: 0, landed: 0, isDone: wait === null, wait }),
    )
  const due = async () => (await readConnector(deps.ledger, 'test')).sync_due_ms
  await ends({ reason: 'plan', untilMs: laterMs }, false, false)
  expect(await due()).toBeNull()
  await ends({ reason: 'minute', untilMs: startMs + minuteMs }, false, false)
  expect(await due()).toBe(startMs + minuteMs)
  await ends({ reason: 'plan', untilMs: laterMs }, false)
  expect(await due()).toBe(laterMs)
  await ends({ reason: 'minute', untilMs: startMs + minuteMs }, true)
  await ends(null, true)
  expect(await due()).toBe(laterMs)
})

it('/me that failed when it was asked out of turn is asked again, though the account is known', async () => {
  const { api, month } = await world({ codes: 1, everyMs: 60 * minuteMs, freshnessMs: 60 * minuteMs })
  await month.runUntil(startMs + 10 * minuteMs)
  const { me } = api
  api.me = () => Promise.reject(fails('API_UNAVAILABLE'))
  await identify(month.deps, () => 0)
  expect(await readOutages(month.deps.ledger, 'test', month.now())).not.toEqual([])
  api.me = me
  await month.runUntil(month.now() + 30 * minuteMs)
  expect(await readOutages(month.deps.ledger, 'test', month.now())).toEqual([])
})

import { describe, expect, it } from 'vitest'
import { identify } from '../../../activities/sync/identify.ts'
import { periodOf } from '../../../src/budget/windows.ts'
import { readMonth } from '../../../src/ledger/calls/months.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { account, answer, connect, serve } from '../../support/source/api-peer.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'

const perMonth = 5_000
const secondMs = 1_000

interface AskedAtMonthsEnd {
  /** How long ago the new month began, by our clock. */
  sinceMs: number
  /** How far our clock is ahead of the API's. */
  aheadMs: number
}

/** @returns the calls that are counted against our month once /me has said that all are spent */
async function countedOnceSpent({ sinceMs, aheadMs }: AskedAtMonthsEnd): Promise<number> {
  const startedMs = Date.now() - sinceMs
  await using ledger = await temporaryLedger('sqlite', { perMinute: 60, perMonth })
  await ledger
    .updateTable('accounts')
    .set({ month_resets_at_ms: startedMs, month_learned_at_ms: startedMs })
    .execute()
  const usage = { ...account.usage, api_calls_this_month: perMonth }
  const { baseUrl } = await serve((request, response) => {
    const date = new Date(Date.now() - aheadMs).toUTCString()
    answer(200, { success: true, data: { ...account, usage } }, { date })(request, response)
  })
  const calls = await identify(activityDeps({ ledger, api: connect({ baseUrl }) }))
  expect(calls).toBe(1)
  return (await readMonth(ledger, 'test', periodOf(startedMs, startedMs).key)).calls
}

describe('/me reports that all calls of its month are spent', () => {
  it('if our clock is seconds ahead and the new month has not begun at the API, the new month is not spent', async () => {
    expect(await countedOnceSpent({ sinceMs: 3 * secondMs, aheadMs: 10 * secondMs })).toBe(1)
  })

  it('if the new month has begun at the API, it is spent', async () => {
    expect(await countedOnceSpent({ sinceMs: 30 * secondMs, aheadMs: 10 * secondMs })).toBe(perMonth)
  })
})

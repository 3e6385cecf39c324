import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, it } from 'vitest'
import { createActivities } from '../../../activities/create-activities.ts'
import { collectCode } from '../../../activities/sync/collect-code.ts'
import { followPlan } from '../../../activities/sync/follow-plan.ts'
import { refreshCatalogue } from '../../../activities/sync/refresh-catalogue.ts'
import { Slice } from '../../../activities/sync/slice.ts'
import type { SliceResult } from '../../../activities/contract.ts'
import type { ActivityDeps } from '../../../activities/deps.ts'
import type { Destination } from '../../../src/destinations/destination.ts'
import { readDueCodes } from '../../../src/ledger/codes/due-codes.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { countStatements, type StatementCount } from '../../support/ledger/count-statements.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { ModelApi } from '../../support/source/model-api.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'

/** Measured numbers of statements. A change that needs more of them raises the number here, and says why. */
const most = {
  /** A call is reserved in one transaction, and its page lands in another. */
  page: { statements: 15, transactions: 2 },
  /** A planned slice that finds nothing worth a call. */
  idleSlice: { statements: 9, transactions: 0 },
  /** A planned run that finds nothing: its slice, with its lease, what it tells, and whether a destination is behind. */
  idleRun: { statements: 22, transactions: 1 },
}

const { signal } = new AbortController()
const nowMs = Date.parse('2026-03-05T12:00:00Z')
const counted = countStatements()

async function connectorWith(scans: number): Promise<ActivityDeps & { api: ModelApi }> {
  const api = new ModelApi()
  api.perPage = 100
  const code = api.addCode()
  for (let index = 0; index < scans; index++) api.addScan(code, nowMs - scans + index, `scan-${index}`)
  const clock = { now: () => nowMs, sleep: () => Promise.resolve() }
  const ledger = await temporaryLedger('sqlite', { perMinute: 1_000, perMonth: 100_000 })
  const deps = activityDeps({ api, ledger, clock, callsPerMinute: 1_000 })
  return { ...deps, api }
}

async function workOf(run: () => Promise<unknown>): Promise<StatementCount> {
  const before = { ...counted }
  await run()
  return {
    statements: counted.statements - before.statements,
    transactions: counted.transactions - before.transactions,
  }
}

it('a further page of scans needs at most a fixed number of statements and transactions', async () => {
  const workFor = async (pages: number) => {
    const deps = await connectorWith(pages * 100)
    await refreshCatalogue(deps, signal)
    const state = await readConnector(deps.ledger, deps.connector)
    const [code] = await readDueCodes(deps.ledger, state, { limit: 1, skipsHistory: false })
    if (code === undefined) throw new Error('nothing is due')
    const work = await workOf(() =>
      collectCode(deps, new Slice(signal), code, { keptBack: 0, extent: 'all' }),
    )
    const { landed } = await deps.ledger
      .selectFrom('scans')
      .select((eb) => eb.fn.countAll<number>().as('landed'))
      .executeTakeFirstOrThrow()
    expect(landed).toBe(pages * 100)
    await deps.ledger.destroy()
    return work
  }
  const few = await workFor(3)
  const many = await workFor(13)
  expect((many.statements - few.statements) / 10).toBeLessThanOrEqual(most.page.statements)
  expect((many.transactions - few.transactions) / 10).toBeLessThanOrEqual(most.page.transactions)
})

it('a planned slice with nothing worth a call needs few statements', async () => {
  const deps = await connectorWith(1)
  await followPlan(deps, signal)
  const callsBefore = deps.api.calls.length
  const idle = await workOf(() => followPlan(deps, signal))
  expect(deps.api.calls.length, 'no call was worth it').toBe(callsBefore)
  expect(idle.statements).toBeLessThanOrEqual(most.idleSlice.statements)
  expect(idle.transactions).toBeLessThanOrEqual(most.idleSlice.transactions)
  await deps.ledger.destroy()
})

it('a planned run that finds nothing needs few statements', async () => {
  const deps = await connectorWith(1)
  const streams = ['qr_codes', 'scans'] as const
  const warehouse = { streams, gatherMs: 0, isUntouched: () => Promise.resolve(true) }
  const destinations = new Map([['warehouse', warehouse as unknown as Destination]])
  const activities = createActivities(() => ({ ...deps, keepCallsMs: 1e9, destinations }))
  const run = (): Promise<SliceResult> =>
    new MockActivityEnvironment().run(() => activities.followPlan({ connector: 'test', isFirst: true }))
  await run()
  for (const stream of streams) {
    const place = { connector: 'test', destination: 'warehouse', stream, delivered_rows: 1 }
    const delivered = { watermark_seq: 1_000, updated_at_ms: nowMs, drained_at_ms: nowMs }
    await deps.ledger
      .insertInto('deliveries')
      .values({ ...place, ...delivered })
      .execute()
  }
  const results: SliceResult[] = []
  const idle = await workOf(async () => results.push(await run()))
  expect(results, 'nothing is due').toMatchObject([{ calls: 0, hasNews: false }])
  expect(idle.statements).toBeLessThanOrEqual(most.idleRun.statements)
  expect(idle.transactions).toBeLessThanOrEqual(most.idleRun.transactions)
  await deps.ledger.destroy()
})

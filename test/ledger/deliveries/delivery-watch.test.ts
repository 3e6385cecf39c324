import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { deliver } from '../../../activities/delivery/deliver.ts'
import {
  DeliveryWatch,
  describeDelivered,
  describeUndelivered,
  toUndelivered,
} from '../../../src/cli/views/delivery-watch.ts'
import { untilDelivered } from '../../../src/cli/views/until-delivered.ts'
import type { Destination } from '../../../src/destinations/destination.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { fillLedger, landNewScans } from '../../support/ledger/filled-ledger.ts'
import { scanOf } from '../../support/ledger/landed-rows.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { atOnce } from '../../support/destinations/with-upsert.ts'

const nowMs = Date.parse('2026-03-31T12:00:00Z')
const at = { connector: 'test', destination: 'bi' }

let ledger: Ledger
let clockMs: number
let isBroken: boolean

beforeEach(async () => {
  ledger = await temporaryLedger()
  clockMs = nowMs
  isBroken = true
  await fillLedger(ledger, { codes: 2, scans: 5, nowMs })
})
afterEach(() => ledger.destroy())

const destination: Destination = {
  streams: ['qr_codes', 'scans'],
  batch: { rows: 10, characters: 4_000_000 },
  gatherMs: 0,
  check: () => Promise.resolve({ identity: 'memory', needs: [] }),
  plan: () => Promise.resolve([]),
  apply: () => Promise.resolve([]),
  identity: () => Promise.resolve('memory'),
  write(stream, rows) {
    if (isBroken && stream === 'qr_codes') {
      throw new ConnectorError('DESTINATION_UNAVAILABLE', 'the table is gone', { retry: 'never' })
    }
    return atOnce(rows)
  },
  close: () => Promise.resolve(),
}

const watchDelivery = () => DeliveryWatch.start({ ledger, at, streams: destination.streams })

async function deliverOnce(): Promise<void> {
  clockMs += 1_000
  const deps = activityDeps({
    ledger,
    api: {} as never,
    destinations: new Map([['bi', destination]]),
    clock: { now: () => clockMs, sleep: () => Promise.resolve() },
  })
  const request = { destination: 'bi', isUrgent: true, retriesFailed: true }
  await deliver(deps, request, new AbortController().signal)
}

it('a command waits until all other streams are delivered, and then names the failing one', async () => {
  const watch = await watchDelivery()
  expect(await watch.end(), 'nothing was tried yet').toBeNull()
  await deliverOnce()
  const failed = (await watch.end())?.map(toUndelivered) ?? []
  expect(failed).toEqual([
    {
      destination: 'bi',
      stream: 'qr_codes',
      code: 'DESTINATION_UNAVAILABLE',
      message: 'the table is gone',
      attempts: 1,
      since: '2026-03-31T12:00:01.000Z',
      next_try_at: expect.stringMatching(/^2026-03-31T12:/) as string,
    },
  ])
  expect(describeUndelivered(failed)).toMatch(
    /^Not delivered, because these streams fail: bi: qr_codes: DESTINATION_UNAVAILABLE \(next try .+\)\./,
  )
})

it('a delivery that is over says what the destination has, and what it cannot have yet', () => {
  const done = { destination: 'crm', delivered: 39, rejected: 0, waiting: { keys: 0, nextLookMs: null } }
  const every = 'crm has every landed row: 39 rows delivered now.'
  expect(describeDelivered(done)).toBe(every)
  const waiting = { keys: 195, nextLookMs: nowMs + 3_600_000 }
  expect(describeDelivered({ ...done, rejected: 2, waiting }, nowMs)).toBe(
    `${every} 2 of its rows are refused: run "qrsync rejects list". Every key was looked up: ` +
      '195 keys wait for a record in crm; the first sync after 2026-03-31 13:00 UTC looks them up again.',
  )
})

it('a stream that failed before the command is tried once more first', async () => {
  await deliverOnce()
  const watch = await watchDelivery()
  expect(await watch.end(), 'it is not tried yet').toBeNull()
  await deliverOnce()
  expect(await watch.end()).toMatchObject([{ stream: 'qr_codes', attempts: 2 }])
})

it('the command reports no failure once the destination accepts the stream again', async () => {
  await deliverOnce()
  const watch = await watchDelivery()
  isBroken = false
  await deliverOnce()
  expect(await watch.end()).toEqual([])
  expect(describeUndelivered([])).toBeNull()
})

it('the command waits for rows that are on their way, even while another stream fails', async () => {
  const watch = await watchDelivery()
  await deliverOnce()
  await landNewScans(ledger, [scanOf({ id: 'new', qr_code_id: 'code-0' })], nowMs)
  expect(await watch.end(), 'a scan is landed and not delivered').toBeNull()
  await deliverOnce()
  expect(await watch.end()).toMatchObject([{ stream: 'qr_codes' }])
})

it('the command waits a minute for a destination that fails as a whole, and then names every missing stream', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs })
  const failure = { type: 'DESTINATION_BUSY', message: 'locked', attempt: 5, nextAttemptAtMs: nowMs + 70_000 }
  const run = { workflowId: 'deliver', status: 'RUNNING', startedAtMs: nowMs, failure }
  const shown: string[] = []
  const failed = await untilDelivered({
    watch: await watchDelivery(),
    readRun: () => Promise.resolve(run),
    onLook(obstacle) {
      shown.push(obstacle)
      vi.setSystemTime(Date.now() + 30_000)
      return Promise.resolve()
    },
  })
  vi.useRealTimers()
  expect(shown).toHaveLength(3)
  expect(shown[0]).toMatch(
    /^; qrsync retries automatically: locked \(DESTINATION_BUSY, attempt 5 has failed, next try 2026-03-31 12:01 UTC\)$/,
  )
  expect(failed.map(({ stream, code, attempts }) => [stream, code, attempts])).toEqual([
    ['qr_codes', 'DESTINATION_BUSY', 5],
    ['scans', 'DESTINATION_BUSY', 5],
  ])
})

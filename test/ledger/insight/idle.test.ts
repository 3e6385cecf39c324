import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeIdle, showIdle, type AskTemporal } from '../../../src/cli/views/describe-idle.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { reserveCall, settleCall } from '../../../src/ledger/calls/calls.ts'
import { noteSync, noteSyncFailure } from '../../../src/ledger/connector/note-sync.ts'
import { landCodes } from '../../support/ledger/filled-ledger.ts'
import { codeOf } from '../../support/ledger/landed-rows.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { connector, destination, hourMs, takeAll } from '../../support/ledger/vitals-world.ts'

let ledger: Ledger
beforeEach(async () => {
  ledger = await temporaryLedger('sqlite', { perMinute: 60, perMonth: 2 })
})
afterEach(() => ledger.destroy())

const nothing: AskTemporal = {
  schedule: () => Promise.resolve(undefined),
  delivery: () => Promise.resolve(undefined),
}
const line = (temporal: Partial<AskTemporal> = {}) => {
  const destinations = new Map([[destination, { streams: ['qr_codes', 'scans'] as const }]])
  return describeIdle(
    { ledger, connector, budget: { share: 1, spare: 0 }, destinations },
    {
      ...nothing,
      ...temporal,
    },
  )
}
const timePattern = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC'

it('the status line between syncs: rows on their way and why they wait, then the last and the next sync, then why none runs', async () => {
  const nowMs = Date.now()
  expect(await line()).toBe('No sync has worked yet; 0 of 2 calls this month')

  await landCodes(ledger, [codeOf(1)], nowMs)
  expect(await line()).toBe('Delivering 1 row to crm')
  const failure = { type: 'DESTINATION_BUSY', message: 'crm is locked.', attempt: 3, nextAttemptAtMs: nowMs }
  expect(await line({ delivery: () => Promise.resolve({ failure }) })).toMatch(
    new RegExp(
      `^Delivering 1 row to crm; .*crm is locked\\. \\(DESTINATION_BUSY, attempt 3 has failed, next try ${timePattern}\\)$`,
    ),
  )

  await takeAll(ledger, 'qr_codes', nowMs)
  await noteSync(ledger, connector, { nowMs, dueMs: nowMs + hourMs })
  const idle = new RegExp(`^Last sync ${timePattern}; next run by ${timePattern}; 1 of 2 calls this month$`)
  expect(await line()).toMatch(idle)
  // A time that has passed is no next run.
  await noteSync(ledger, connector, { nowMs, dueMs: nowMs - 1 })
  expect(await line()).toMatch(new RegExp(`^Last sync ${timePattern}; 1 of 2 calls this month$`))
  const schedule = { isPaused: false, note: null, nextRunAtMs: nowMs + hourMs }
  expect(await line({ schedule: () => Promise.resolve(schedule) })).toMatch(idle)

  const paused = { ...schedule, isPaused: true, note: 'moving house' }
  expect(await line({ schedule: () => Promise.resolve(paused) })).toBe(
    'Paused (moving house): run "qrsync resume" to continue',
  )

  await noteSyncFailure(ledger, connector, 'API_KEY_REJECTED')
  expect(await line()).toBe('The last sync failed: API_KEY_REJECTED. "qrsync status" shows what to fix')
  await noteSync(ledger, connector, { nowMs, dueMs: null })

  const request = { connector, endpoint: 'GET /qr-codes', purpose: 'list', timeoutMs: 0, now: () => nowMs }
  const reserved = await reserveCall(ledger, request)
  if (!reserved.granted) throw new Error('no call is left')
  await ledger
    .transaction()
    .execute((transaction) =>
      settleCall(transaction, reserved.call, { outcome: 'ok', httpStatus: 200, nowMs }),
    )
  expect(await line()).toMatch(
    new RegExp(`^The month's calls are used up until ${timePattern}; 7 scans are waiting$`),
  )
})

// Vitest fails a run with a rejection that nobody handles, which would end the process before it has closed anything.
it('a worker that fails is reported once, without a terminal too', async () => {
  const running = { served: [], trouble: () => null, place: {} } as unknown as Parameters<typeof showIdle>[0]
  const screen = { isTerminal: false, status: () => undefined }
  const end = Promise.reject(new Error('the worker failed'))
  await expect(showIdle(running, screen, end)).rejects.toThrow('the worker failed')
})

import { expect, it } from 'vitest'
import { reserveCall, settleCall } from '../../../src/ledger/calls/calls.ts'
import { openLedgerClock } from '../../../src/ledger/base/ledger-clock.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const minuteMs = 60_000

it('workers on hosts whose clocks differ share the minute of a PostgreSQL ledger', async () => {
  const perMinute = 6
  const ledger = await temporaryLedger('postgres', { perMinute, perMonth: 1_000 })
  const hosts = [() => Date.now() + 5 * minuteMs, () => Date.now() - 5 * minuteMs]
  const clocks = await Promise.all(hosts.map((hostNow) => openLedgerClock(ledger, hostNow)))
  const request = { connector: 'test', endpoint: 'GET /me', purpose: 'identify', timeoutMs: 30_000 }
  let granted = 0
  for (const now of [...clocks, ...clocks, ...clocks, ...clocks]) {
    const reservation = await reserveCall(ledger, { ...request, now })
    if (reservation.granted) {
      granted++
      const { call } = reservation
      await ledger
        .transaction()
        .execute((tx) => settleCall(tx, call, { outcome: 'ok', httpStatus: 200, nowMs: now() }))
    } else expect(reservation.wait.untilMs - now()).toBeLessThanOrEqual(minuteMs)
  }
  expect(granted).toBe(perMinute)
  await ledger.destroy()
})

it('the clock of a PostgreSQL ledger is right again soon after somebody changes the clock of the host', async () => {
  const ledger = await temporaryLedger('postgres')
  let wrongMs = 0
  const now = await openLedgerClock(ledger, () => Date.now() + wrongMs)
  for (const changed of [90 * minuteMs, -90 * minuteMs]) {
    wrongMs = changed
    // The first read of the time notices that the server was last asked long ago.
    now()
    await expect.poll(() => Math.abs(now() - Date.now())).toBeLessThan(1_000)
  }
  await ledger.destroy()
})

it('a SQLite ledger uses the clock of the host', async () => {
  const ledger = await temporaryLedger('sqlite')
  const now = await openLedgerClock(ledger, () => 42)
  expect(now()).toBe(42)
  await ledger.destroy()
})

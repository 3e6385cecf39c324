import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sql } from 'kysely'
import { reserveLeaseForManualSync, releaseLease, takeLease } from '../../../src/ledger/connector/lease.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { until } from '../../support/until.ts'

const connector = 'test'
const startMs = Date.parse('2026-03-01T00:00:00Z')

describe.each(ledgerKinds)('the lease, on %s,', (kind) => {
  let ledger: Ledger
  beforeEach(async () => {
    ledger = await temporaryLedger(kind)
  })
  afterEach(() => ledger.destroy())

  const take = (holder: string, isManual: boolean, afterMs: number) =>
    takeLease(ledger, connector, { holder, isManual, nowMs: startMs + afterMs })
  const plan = (holder: string, afterMs: number) => take(holder, false, afterMs)
  const person = (holder: string, afterMs: number) => take(holder, true, afterMs)

  it('lasts five seconds, and longer if its holder renews it', async () => {
    expect(await plan('a', 0)).toBeNull()
    expect(await plan('b', 4_999)).toBe(startMs + 5_000)
    expect(await plan('a', 4_999)).toBeNull()
    expect(await plan('b', 5_000)).toBe(startMs + 9_999)
    expect(await plan('b', 9_999)).toBeNull()
  })

  it('goes to a waiting manual sync when the slice of the planner ends', async () => {
    expect(await plan('slice 1', 0)).toBeNull()
    expect(await person('asked', 100)).toBe(startMs + 5_000)
    // The current slice continues to its end, and the next one waits.
    expect(await plan('slice 1', 1_000)).toBeNull()
    await releaseLease(ledger, connector, 'slice 1')
    expect(await plan('slice 2', 3_000)).toBe(startMs + 10_100)
    expect(await person('asked', 5_000)).toBeNull()
    await releaseLease(ledger, connector, 'asked')
    expect(await plan('slice 2', 8_000)).toBe(startMs + 15_000)
    expect(await plan('slice 2', 15_000)).toBeNull()
  })

  it('is reserved for half a minute for a manual sync that is about to start', async () => {
    await reserveLeaseForManualSync(ledger, connector, startMs)
    expect(await plan('a', 29_999)).toBe(startMs + 30_000)
    expect(await person('b', 29_999)).toBeNull()
  })

  it('is free if it was taken before the clock was set back by hours, but not if clocks differ by seconds', async () => {
    expect(await person('a', 0)).toBeNull()
    expect(await plan('b', -10_000)).toBe(startMs + 10_000)
    expect(await plan('b', -5 * 3_600_000)).toBeNull()
  })
})

it('keeps a claim of a manual sync that another process stores while the planner takes the lease', async () => {
  const ledger = await temporaryLedger('postgres')
  const claim = await ledger.startTransaction().execute()
  await claim
    .updateTable('leases')
    .set({ person_until_ms: startMs + 30_000 })
    .execute()
  const taken = takeLease(ledger, connector, { holder: 'planned', isManual: false, nowMs: startMs })
  await until(async () => {
    const waiting = await sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(ledger)
    return waiting.rows.length > 0
  })
  await claim.commit().execute()
  expect(await taken).toBeNull()
  const next = await takeLease(ledger, connector, { holder: 'next', isManual: false, nowMs: startMs + 6_000 })
  expect(next).toBe(startMs + 30_000)
  await ledger.destroy()
})

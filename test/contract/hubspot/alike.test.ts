import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deliver } from '../../../activities/delivery/deliver.ts'
import { readRejects } from '../../../src/ledger/deliveries/rejects.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { landCodes } from '../../support/ledger/filled-ledger.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { callsTo, destinationTo } from '../../support/destinations/hubspot-world.ts'
import { codeOf } from '../../support/ledger/landed-rows.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const dayMs = 24 * 3_600_000
const startMs = Date.parse('2026-03-31T12:00:00Z')
const place = { connector: 'test', destination: 'crm' }

describe('a batch of which HubSpot refuses every row for the same reason', () => {
  let fake: FakeHubSpot
  let ledger: Ledger
  let nowMs: number

  beforeEach(async () => {
    fake = await startFakeHubSpot({ limits: { tenSecondly: 1_000_000 } })
    ledger = await temporaryLedger()
    nowMs = startMs
  })

  afterEach(async () => {
    expect(fake.violations, 'requests as HubSpot publishes them').toEqual([])
    await fake.close()
    await ledger.destroy()
  })

  function worker() {
    const deps = activityDeps({
      ledger,
      api: {} as never,
      destinations: new Map([['crm', destinationTo(fake)]]),
      clock: { now: () => nowMs, sleep: () => Promise.resolve() },
    })
    return async () => {
      const sum = { delivered: 0, rejected: 0 }
      for (let isDone = false; !isDone;) {
        const slice = await deliver(
          deps,
          { destination: 'crm', isUrgent: true },
          new AbortController().signal,
        )
        sum.delivered += slice.delivered
        sum.rejected += slice.rejected
        isDone = slice.isDone
      }
      return sum
    }
  }

  const land = (count: number) =>
    landCodes(
      ledger,
      Array.from({ length: count }, (_, number) => codeOf(number)),
      nowMs,
    )
  const upserts = () => callsTo(fake, 'batch/upsert')

  test('costs 23 calls, and 1.2 for each further 100 rows; each row records whether it was sent alone', async () => {
    fake.refuse(() => true, 'conflict')
    await land(1_000)
    expect(await worker()()).toEqual({ delivered: 0, rejected: 1_000 })
    expect(upserts()).toBeLessThanOrEqual(23 + Math.ceil(9 * 1.2))
    const rejects = await readRejects(ledger, place, 1_000)
    const alone = rejects.filter(({ reason }) => !reason.includes('not sent alone'))
    expect(alone.length).toBeGreaterThanOrEqual(8)
    expect(alone.length).toBeLessThanOrEqual(9)
  })

  test('refused rows are not sent again after a pause in the middle', async () => {
    await land(400)
    const run = worker()
    fake.refuse(() => true, 'conflict')
    fake.setLimits({ daily: 35 })
    let pauses = 0
    for (let isDone = false; !isDone;) {
      try {
        await run()
        isDone = true
      } catch {
        pauses += 1
        // The next day of the account.
        fake.setLimits({ daily: 35 + 8 * pauses })
        if (pauses > 30) throw new Error('it never ends')
      }
    }
    expect(pauses).toBeGreaterThan(0)
    expect(await readRejects(ledger, place, 1_000)).toHaveLength(400)
    expect(upserts()).toBeLessThanOrEqual(23 + 4 + 2 * pauses)
  })

  test('rows that were not sent alone are sent again automatically a day later, and arrive once HubSpot accepts them', async () => {
    const allow = fake.refuse(() => true, 'conflict')
    await land(300)
    const run = worker()
    await run()
    allow()
    const before = upserts()
    nowMs += 3_600_000
    await run()
    expect(upserts(), 'not before').toBe(before)
    nowMs += dayMs
    const { delivered } = await run()
    expect(delivered).toBeGreaterThan(280)
    expect(fake.recordsOf('qr_code')).toHaveLength(delivered)
  })

  test('no row that HubSpot would accept is lost: it arrives, or is recorded as not sent alone', async () => {
    const good = new Set(['code-350', 'code-351', 'code-352'])
    fake.refuse(({ properties }) => !good.has(properties['qrsync_code_id'] ?? ''), 'conflict')
    await land(400)
    await worker()()
    expect(upserts()).toBeLessThan(200)
    const there = fake.recordsOf('qr_code').map(({ properties }) => properties['qrsync_code_id'])
    const rejects = await readRejects(ledger, place, 1_000)
    const unseen = rejects.filter(({ reason }) => reason.includes('not sent alone')).map(({ id }) => id)
    expect(there.length + rejects.length).toBe(400)
    // Each of the accepted ones arrived, or is recorded as not sent alone.
    for (const id of good) expect(there.includes(id) || unseen.includes(id)).toBe(true)
  })

  test('if HubSpot refuses every second row, in any order, all others arrive', async () => {
    fake.refuse(({ properties }) => Number(properties['qrsync_code_id']?.slice(5)) % 2 === 0, 'conflict')
    await land(200)
    const { delivered, rejected } = await worker()()
    expect({ delivered, rejected }).toEqual({ delivered: 100, rejected: 100 })
  })
})

import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../support/random-from.ts'
import { listQrCodes } from '../../support/reference-api/reference-api.ts'
import { startVirtualConnector, type VirtualConnector } from '../../support/worlds/virtual-connector.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
/** A month in the future: the test server's time only moves forward. Its end is what matters. */
const lastFourDays = Date.parse('2036-11-27T00:00:00Z')
const december = Date.parse('2036-12-01T00:00:00Z')
const onPro = { plan: 'pro', codes: 60, scans: 700, checkResponses: false } as const
/** Of the Schedule. */
const everyMs = 6 * hourMs
const proPerMonth = 5_000
/** What earlier days have left: each day has about as many calls as a day of a whole month. */
const leftForFourDays = 900
/** Real time: no activity ever sleeps through a wait for the end of a minute or a month. */
const shortMs = 10_000

describe('on the Pro plan', { timeout: 400_000 }, () => {
  it('another client spends the month three days before its end: no call until December, and no scan is lost', async () => {
    await using world = await startVirtualConnector(lastFourDays + 10_000, onPro)
    const { api, clock } = world
    await spendAllBut(world, leftForFourDays)
    await scanThroughout(world, lastFourDays, december + 12 * hourMs)
    const spentMs = lastFourDays + dayMs + 5 * minuteMs
    clock.at(spentMs, () => spendAllBut(world, 0))
    const seen: number[] = []
    for (const atMs of [spentMs + hourMs, december - 1, december + hourMs]) {
      clock.at(atMs, async () => seen.push((await api.audit()).accepted))
    }

    await world.runSchedule(everyMs, december + 30 * hourMs)
    const [whenTold = NaN, atMonthsEnd, anHourLater] = seen
    expect(whenTold).toBeGreaterThan(200)
    expect(atMonthsEnd).toBe(whenTold)
    expect(anHourLater).toBeGreaterThan(whenTold)
    const waits = (await world.waits()).filter(({ text }) => text.startsWith('month spent'))
    // No timer is longer than six hours, so that destinations learn of each new day.
    expect(waits.length).toBeLessThanOrEqual(20)
    // Retry-After has whole seconds.
    for (const { text } of waits) expect(text).toMatch(/^month spent: continues at 2036-12-01T00:00:0[01]Z$/)
    expect((waits[0]?.atMs ?? NaN) - spentMs).toBeLessThan(hourMs)
    expect(world.longestAttemptMs()).toBeLessThan(shortMs)
    await expectAllLanded(world)
    const audit = await api.audit()
    // The call that revealed it.
    expect(audit.refused).toEqual({ minute: 0, month: 1 })
    expect(audit.peak_per_minute).toBeLessThanOrEqual(60)
    expect(audit.by_month['2036-11']).toBe(proPerMonth)
    expect(audit.by_month['2036-12']).toBeLessThan(proPerMonth)
  })

  it('the minute allows fewer calls than the plan says: everything lands, and no wait occupies a slot of the worker', async () => {
    await using world = await startVirtualConnector(lastFourDays + 10_000, onPro)
    const { api } = world
    await api.setLimits({ per_minute: 20, per_month: proPerMonth })
    await world.runSchedule(hourMs, lastFourDays + 2 * hourMs)
    await expectAllLanded(world)
    const audit = await api.audit()
    expect(audit.refused.minute).toBeGreaterThan(0)
    expect(audit.peak_per_minute).toBe(20)
    expect(world.longestAttemptMs()).toBeLessThan(shortMs)
  })
})

/** Makes calls of another client, so that the month has this many left. */
async function spendAllBut({ api }: VirtualConnector, left: number): Promise<void> {
  const { by_month: byMonth } = await api.audit()
  await api.spendCalls(proPerMonth - left - (byMonth['2036-11'] ?? 0))
}

/**
 * Scans of all days. Most are reported as they happen, some hours or days later, when newer ones have landed
 * long before.
 */
async function scanThroughout(
  { api, clock }: VirtualConnector,
  fromMs: number,
  endMs: number,
): Promise<void> {
  const codes = await listQrCodes(api, 'sort=-last_scanned_at')
  const random = randomFrom(1)
  for (let dayStartMs = fromMs + hourMs; dayStartMs < endMs; dayStartMs += dayMs) {
    for (const lateMs of [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3 * hourMs, 3 * dayMs]) {
      // A few codes have most of the scans.
      const { id } = codes[Math.floor(codes.length * random() ** 3)] ?? { id: '' }
      const atMs = dayStartMs + Math.floor(random() * 23) * hourMs
      const scan = { qr_code_id: id, scanned_at: new Date(atMs).toISOString() }
      if (atMs + lateMs < endMs) clock.at(atMs + lateMs, () => api.insertScans([scan]))
    }
  }
}

async function expectAllLanded({ api, ledger }: VirtualConnector): Promise<void> {
  const landed = await ledger.selectFrom('scans').select('id').execute()
  expect(landed.map(({ id }) => id).sort()).toEqual([...(await api.scanIds())].sort())
}

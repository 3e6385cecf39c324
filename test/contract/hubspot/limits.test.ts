import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { CallPacer, CallWindow } from '../../../src/destinations/call-pacer.ts'
import { msToMidnight } from '../../../src/destinations/hubspot/http/rate-limits.ts'
import { takeVendorCall } from '../../../src/ledger/calls/vendor-calls.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { callsTo, codeRow, codeRows, destinationTo } from '../../support/destinations/hubspot-world.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const fakes: FakeHubSpot[] = []

async function start(...options: Parameters<typeof startFakeHubSpot>): Promise<FakeHubSpot> {
  const fake = await startFakeHubSpot(...options)
  fakes.push(fake)
  return fake
}

afterEach(async () => {
  for (const fake of fakes.splice(0)) {
    expect(fake.violations, 'requests as HubSpot publishes them').toEqual([])
    await fake.close()
  }
})

/** Records the taken slots, and has free ones unless the test says otherwise. */
function notingPacer(waitMs: (account: string, windows: readonly CallWindow[]) => number = () => 0) {
  const taken: { account: string; windows: readonly CallWindow[] }[] = []
  const pacer: CallPacer = {
    take(account, windows) {
      const ms = waitMs(account, windows)
      if (ms === 0) taken.push({ account, windows })
      return Promise.resolve(ms)
    },
  }
  return { pacer, taken }
}

describe('HubSpot calls are counted before they are sent', () => {
  test('four destinations with one key and one ledger are never refused, and use the whole limit', async () => {
    const fake = await start({ limits: { tenSecondly: 20 } })
    const ledger = await temporaryLedger()
    const pacer: CallPacer = {
      take: (account, windows) => takeVendorCall(ledger, account, windows, Date.now()),
    }
    const objects = ['qr_code', 'companies', 'products', 'contacts']
    const all = objects.map((object, number) =>
      destinationTo(fake, { object, calls_per_10_seconds: 20 }, { name: `crm-${number}`, pacer }),
    )
    await Promise.all(
      all.map(async (each) => {
        await patiently(() => each.apply())
        expect(await patiently(() => each.upsert('code_summaries', codeRows(50)))).toMatchObject({
          confirmed: 50,
        })
      }),
    )
    expect(fake.refused429).toBe(0)
    expect(fake.peakIn10Seconds).toBeGreaterThan(15)
    await ledger.destroy()
  })

  test('each call counts for its key, not its token, in the windows of 10 seconds and of a day', async () => {
    const fake = await start({ limits: { daily: 5_000 } })
    const { pacer, taken } = notingPacer()
    const crm = destinationTo(fake, { calls_per_10_seconds: 190 }, { pacer })
    await crm.upsert('code_summaries', [codeRow(1)])
    const calls = Object.values(fake.calls).reduce((sum, each) => sum + each.calls, 0)
    expect(taken).toHaveLength(calls)
    expect(new Set(taken.map(({ account }) => account)).size).toBe(1)
    expect(taken.at(-1)?.account).toMatch(/^hubspot\/[0-9a-f]{12}$/)
    expect(taken.at(-1)?.windows).toMatchObject([
      { name: '10 seconds', calls: 190 },
      { name: 'day', windowMs: 86_400_000, calls: 5_000 },
    ])
    expect(taken.at(-1)?.windows[0]?.windowMs).toBeGreaterThanOrEqual(10_000)
  })

  test("calls_per_day limits qrsync's share: when the share is spent, qrsync waits until the account's midnight, even after a restart", async () => {
    const fake = await start({ timeZone: 'Europe/Berlin', limits: { tenSecondly: 1_000_000 } })
    const ledger = await temporaryLedger()
    const pacer: CallPacer = {
      take: (account, windows) => takeVendorCall(ledger, account, windows, Date.now()),
    }
    const worker = () => destinationTo(fake, { calls_per_day: 100, calls_per_10_seconds: 1_000 }, { pacer })
    const sentOf = async (crm: ReturnType<typeof worker>) => {
      let sent = 0
      try {
        for (; sent < 500; sent += 1) await crm.upsert('code_summaries', [codeRow(sent)])
      } catch (error) {
        expect(error).toMatchObject({
          code: 'DESTINATION_RATE_LIMITED',
          message: expect.stringMatching(/^Destination crm: today's 100 calls .*calls_per_day/) as string,
        })
        const { afterMs } = (error as ConnectorError).retry as { afterMs: number }
        expect(Math.abs(afterMs - msToMidnight('Europe/Berlin', Date.now()))).toBeLessThan(5_000)
      }
      return sent
    }
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-03-29T00:30:00+01:00') })
    try {
      expect(await sentOf(worker())).toBeGreaterThan(70)
      expect(fake.usedToday).toBe(100)
      // The clocks change in between.
      vi.setSystemTime(Date.parse('2026-03-29T23:50:00+02:00'))
      expect(await sentOf(worker()), 'after a restart').toBe(0)
      expect(fake.usedToday, 'who and where we are').toBe(102)
      vi.setSystemTime(Date.parse('2026-03-30T00:00:02+02:00'))
      expect(await sentOf(worker())).toBeGreaterThan(70)
    } finally {
      vi.useRealTimers()
      await ledger.destroy()
    }
  })

  test('a search also counts in the window of searches', async () => {
    const fake = await start()
    const { pacer, taken } = notingPacer()
    const link = [{ object: 'companies', property: 'domain', parameter: 'utm_id' }]
    const crm = destinationTo(fake, { link }, { pacer })
    fake.addRecord('companies', { name: 'Acme', domain: 'acme.com' })
    await crm.links?.find('companies.domain', ['acme.com'])
    const calls = Object.values(fake.calls).reduce((sum, each) => sum + each.calls, 0)
    // A slot that was taken before the wait for another one would be too old when the call leaves.
    expect(taken, 'all places of a call are taken at once').toHaveLength(calls)
    const searches = taken.filter(({ windows }) => windows.some(({ name }) => name === 'second'))
    expect(searches).toHaveLength(callsTo(fake, '/search'))
    expect(searches[0]?.windows.slice(0, 2)).toMatchObject([
      { name: 'second', calls: 5 },
      { name: '10 seconds' },
    ])
  })

  test('qrsync sleeps through a short wait', async () => {
    const fake = await start()
    let waits = 2
    const { pacer } = notingPacer(() => (waits-- > 0 ? 20 : 0))
    const crm = destinationTo(fake, {}, { pacer })
    expect(await crm.upsert('code_summaries', [codeRow(1)])).toEqual({ confirmed: 1, rejected: [] })
  })

  test('qrsync reports a long wait before it makes a call', async () => {
    const fake = await start()
    const { pacer } = notingPacer(() => 3_600_000)
    await expect(
      destinationTo(fake, {}, { pacer }).upsert('code_summaries', [codeRow(1)]),
    ).rejects.toMatchObject({
      code: 'DESTINATION_RATE_LIMITED',
      retry: { afterMs: 3_600_000 },
      message: expect.stringMatching(
        /^Destination crm: .*limits.*\nqrsync continues automatically at 20/,
      ) as string,
    })
    expect(fake.calls).toEqual({})
  })
})

describe('a limit that other apps have used up', () => {
  test('ends after 10 seconds', async () => {
    const fake = await start()
    const crm = destinationTo(fake)
    await crm.apply()
    fake.setLimits({ tenSecondly: 0 })
    await expect(crm.upsert('code_summaries', [codeRow(1)])).rejects.toMatchObject({
      code: 'DESTINATION_RATE_LIMITED',
      retry: { afterMs: 10_000 },
    })
  })

  test.each(['Europe/Berlin', 'US/Eastern', 'Asia/Kolkata'])(
    'of the day ends at midnight in %s',
    async (timeZone) => {
      const fake = await start({ timeZone })
      const crm = destinationTo(fake)
      await crm.apply()
      fake.spendDaily(2_000_000)
      const error = await crm.upsert('code_summaries', [codeRow(1)]).catch((error: unknown) => error)
      expect(error).toMatchObject({ code: 'DESTINATION_RATE_LIMITED' })
      expect((error as Error).message).toMatch(/calls of the day are spent/)
      const { afterMs } = (error as ConnectorError).retry as { afterMs: number }
      expect(Math.abs(afterMs - msToMidnight(timeZone, Date.now()))).toBeLessThan(5_000)
    },
  )
})

/** Waits as long as it is asked to, like a workflow. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ConnectorError) || error.code !== 'DESTINATION_RATE_LIMITED') throw error
      await sleep(typeof error.retry === 'object' ? error.retry.afterMs : 0)
    }
  }
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { fakeHubSpotForEach } from '../../support/destinations/fake-hubspot-for-each.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import {
  callsTo,
  codeRow,
  codeRows,
  destinationTo,
  untilDelivered,
} from '../../support/destinations/hubspot-world.ts'

let fake: FakeHubSpot

fakeHubSpotForEach((started) => {
  fake = started
})

const keptCodes = () => fake.recordsOf('qr_code').map(({ properties }) => properties['qrsync_code_id'] ?? '')

describe('rows that HubSpot refuses', () => {
  test.each(['values', 'conflict'] as const)(
    "are rejected with HubSpot's reason, and the other rows are written (%s)",
    async (how) => {
      const crm = destinationTo(fake)
      await crm.apply()
      for (const number of [7, 42, 43]) fake.refuse({ property: 'qrsync_name', value: `Menu ${number}` }, how)
      const { confirmed, rejected } = await crm.upsert('code_summaries', codeRows(100))
      expect(confirmed).toBe(97)
      expect(rejected.map(({ id }) => id).toSorted()).toEqual(['code-42', 'code-43', 'code-7'])
      for (const { reason } of rejected) expect(reason).toMatch(/\w{3,} \w{2,}/)
      expect(keptCodes()).toHaveLength(97)
      expect(callsTo(fake, 'batch/upsert')).toBeLessThanOrEqual(
        how === 'values' ? 1 + 2 * 3 * 8 : 1 + 2 * 3 * 8 + 2 * 3,
      )
    },
  )

  test('are accepted when they are sent again and HubSpot accepts them', async () => {
    const crm = destinationTo(fake)
    const rows = codeRows(10)
    const allow = fake.refuse({ property: 'qrsync_name', value: 'Menu 3' })
    const { rejected } = await crm.upsert('code_summaries', rows)
    allow()
    expect(
      await crm.upsert(
        'code_summaries',
        rows.filter(({ id }) => id === rejected[0]?.id),
      ),
    ).toEqual({
      confirmed: 1,
      rejected: [],
    })
    expect(keptCodes()).toHaveLength(10)
  })

  test('a batch of which HubSpot refuses every row is rejected row by row', async () => {
    const crm = destinationTo(fake)
    fake.refuse(() => true)
    const { confirmed, rejected } = await crm.upsert('code_summaries', codeRows(20))
    expect({ confirmed, rejected: rejected.length }).toEqual({ confirmed: 0, rejected: 20 })
  })

  test('a value that is too long is rejected, and unusual text is written', async () => {
    const crm = destinationTo(fake)
    const rows = [
      codeRow(1, { name: 'x'.repeat(70_000) }),
      codeRow(2, { name: '👩‍🚀 שלום e\u0301 \u202e' }),
      codeRow(3, { name: `'"\\ \\u0041 \r\n\t; DROP TABLE` }),
      codeRow(4, { name: 'half an emoji \ud83d' }),
    ]
    const { confirmed, rejected } = await crm.upsert('code_summaries', rows)
    expect({ confirmed, rejected: rejected.map(({ id }) => id) }).toEqual({
      confirmed: 3,
      rejected: ['code-1'],
    })
    const names = fake.recordsOf('qr_code').map(({ properties }) => properties['qrsync_name'])
    expect(names).toEqual([
      '👩‍🚀 שלום e\u0301 \u202e',
      `'"\\ \\u0041 \r\n\t; DROP TABLE`,
      'half an emoji \ufffd',
    ])
  })
})

describe('a failing HubSpot', () => {
  test.each([
    ['bad-gateway', 'backoff'],
    ['unavailable', 'backoff'],
    ['locked', { afterMs: 2_000 }],
    ['ten-secondly', { afterMs: 10_000 }],
    ['drop-before', 'backoff'],
    ['drop-after', 'backoff'],
  ] as const)('loses and duplicates no row: %s', async (fault, retry) => {
    const crm = destinationTo(fake)
    await crm.apply()
    fake.failNext(fault)
    await expect(crm.upsert('code_summaries', codeRows(150))).rejects.toMatchObject({
      code: fault === 'ten-secondly' ? 'DESTINATION_RATE_LIMITED' : 'DESTINATION_UNAVAILABLE',
      retry,
    })
    expect(await crm.upsert('code_summaries', codeRows(150))).toEqual({ confirmed: 150, rejected: [] })
    expect(keptCodes()).toHaveLength(150)
  })

  test.each(['partial', 'conflict'] as const)('confirms no row that is not written: %s', async (fault) => {
    const crm = destinationTo(fake)
    await crm.apply()
    fake.failNext(fault)
    const { confirmed, rejected } = await untilDelivered(crm, 'code_summaries', codeRows(100))
    expect({ confirmed, rejected }).toEqual({ confirmed: 100, rejected: [] })
    expect(keptCodes()).toHaveLength(100)
  })

  test('rejects no row because of a temporary conflict', async () => {
    const crm = destinationTo(fake)
    await crm.upsert('code_summaries', [codeRow(2)])
    fake.failNext('conflict')
    expect(await crm.upsert('code_summaries', [codeRow(1)])).toEqual({ confirmed: 1, rejected: [] })
  })

  test('with every kind of fault in a fifth of the calls, each row is confirmed and written, or rejected', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.uniqueArray(fc.nat(249), { maxLength: 5 }), async (seed, badNumbers) => {
        const world = await startFakeHubSpot({ limits: { tenSecondly: 1_000_000 } })
        const crm = destinationTo(world)
        await crm.apply()
        world.setFaults(0.2, seed)
        const bad = badNumbers.map((number) => `code-${number}`)
        world.refuse(({ properties }) => bad.includes(properties['qrsync_code_id'] ?? ''))
        const { confirmed, rejected } = await untilDelivered(crm, 'code_summaries', codeRows(250))
        const there = world.recordsOf('qr_code').map(({ properties }) => properties['qrsync_code_id'])
        const refused = rejected.map(({ id }) => id)
        expect(new Set([...there, ...refused]).size).toBe(250)
        expect(confirmed).toBe(250 - refused.length)
        expect(refused.toSorted()).toEqual(bad.toSorted())
        await world.close()
      }),
      { numRuns: 10 },
    )
  })

  test('gets all rows when it is back after an outage', async () => {
    const crm = destinationTo(fake)
    await crm.apply()
    fake.goDown()
    await expect(crm.upsert('code_summaries', codeRows(1))).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      retry: 'backoff',
      message: expect.stringMatching(
        /^Destination crm: HubSpot did not answer .*\nqrsync retries automatically\.$/,
      ) as string,
    })
    fake.comeBack()
    expect(await crm.upsert('code_summaries', codeRows(1))).toEqual({ confirmed: 1, rejected: [] })
  })
})

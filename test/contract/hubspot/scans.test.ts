import { describe, expect, test } from 'vitest'
import { startFront } from '../../support/destinations/hubspot-front.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { fakeHubSpotForEach } from '../../support/destinations/fake-hubspot-for-each.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { callsTo, codeRow, destinationTo, untilDelivered } from '../../support/destinations/hubspot-world.ts'
import { landedScan } from '../../support/ledger/landed-rows.ts'

let fake: FakeHubSpot

fakeHubSpotForEach((started) => {
  fake = started
})

/** Each scan with its code, by the ids of QRCodeStack. */
function pairs(object = 'qr_code') {
  const keyOf = (type: string, property: string) =>
    new Map(fake.recordsOf(type).map(({ id, properties }) => [id, properties[property]]))
  const [scans, codes] = [keyOf('qr_scan', 'qrsync_scan_id'), keyOf(object, 'qrsync_code_id')]
  return fake.associations('qr_scan', object).map(({ from, to }) => [scans.get(from), codes.get(to)])
}

const scansOf = (count: number) =>
  Array.from({ length: count }, (_, number) => landedScan(number, { qr_code_id: `code-${number % 3}` }))

describe('scans as records', () => {
  test('each scan is associated with its code', async () => {
    const crm = destinationTo(fake, { scans: true })
    await crm.upsert('code_summaries', [codeRow(0), codeRow(1), codeRow(2)])
    expect(await crm.upsert('scans', scansOf(4))).toEqual({ confirmed: 4, rejected: [] })
    expect(pairs()).toEqual([0, 1, 2, 3].map((number) => [`scan-${number}`, `code-${number % 3}`]))
  })

  test('without the object of scans, an erasure erases the record of the code, and fails until the object is there', async () => {
    await destinationTo(fake).upsert('code_summaries', [codeRow(1), codeRow(2)])
    const crm = destinationTo(fake, { scans: true })
    await expect(crm.erasure?.eraseCodes(['code-1'])).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      message: expect.stringContaining('Run "qrsync apply"') as string,
    })
    const left = () => fake.recordsOf('qr_code').map(({ properties }) => properties['qrsync_code_id'])
    expect(left()).toEqual(['code-2'])
    await crm.apply()
    await crm.erasure?.eraseCodes(['code-1', 'code-2'])
    expect(left()).toEqual([])
  })

  test('scans that are sent again stay the same, and so do their associations', async () => {
    const crm = destinationTo(fake, { scans: true })
    await crm.upsert('scans', scansOf(150))
    const before = [fake.recordsOf('qr_scan').length, pairs()]
    await destinationTo(fake, { scans: true }).upsert('scans', scansOf(150))
    expect([fake.recordsOf('qr_scan').length, pairs()]).toEqual(before)
  })

  test('1,000 scans take ten calls to write and ten to associate', async () => {
    const crm = destinationTo(fake, { scans: true })
    await crm.upsert('code_summaries', [codeRow(0), codeRow(1), codeRow(2)])
    const before = callsTo(fake, 'batch/upsert')
    await crm.upsert('scans', scansOf(1_000))
    expect(callsTo(fake, 'batch/upsert') - before).toBe(10)
    expect(callsTo(fake, 'batch/associate/default')).toBe(10)
    expect(callsTo(fake, 'batch/read')).toBe(0)
    expect(pairs()).toHaveLength(1_000)
  })

  test('a code without a record gets one, which the delivery of codes fills later', async () => {
    const crm = destinationTo(fake, { object: 'companies', scans: true })
    await crm.upsert('scans', [landedScan(1)])
    expect(pairs('companies')).toEqual([['scan-1', 'code-1']])
    await crm.upsert('code_summaries', [codeRow(1)])
    const named = { name: 'Menu 1', qrsync_name: 'Menu 1' }
    expect(fake.recordsOf('companies')).toMatchObject([{ properties: named }])
  })

  test('another process writes its name too, and keeps a name that somebody changed', async () => {
    const settings = { object: 'companies', scans: true }
    await destinationTo(fake, settings).upsert('scans', [landedScan(1), landedScan(2)])
    const [first] = fake.recordsOf('companies')
    fake.changeRecord('companies', first?.id ?? '', { name: 'Ours' })
    await destinationTo(fake, settings).upsert('code_summaries', [codeRow(1), codeRow(2)])
    expect(fake.recordsOf('companies').map(({ properties }) => properties['name'])).toEqual([
      'Ours',
      'Menu 2',
    ])
  })

  test('with faults in a third of the calls, every scan exists and is associated once', async () => {
    const crm = destinationTo(fake, { scans: true })
    await crm.upsert('code_summaries', [codeRow(0), codeRow(1), codeRow(2)])
    fake.setFaults(0.3, 7)
    expect(await untilDelivered(crm, 'scans', scansOf(250))).toMatchObject({ confirmed: 250, rejected: [] })
    expect(fake.recordsOf('qr_scan')).toHaveLength(250)
    expect(pairs()).toHaveLength(250)
    expect(new Set(pairs().map(([scan]) => scan)).size).toBe(250)
  })

  test('scans are associated if the record of their code was deleted and created again', async () => {
    const emptied = await startFakeHubSpot({ limits: { tenSecondly: 1_000_000 } })
    await destinationTo(emptied, { scans: true }).apply()
    // So that no record there has the id of a record here.
    for (let number = 0; number < 50; number += 1) emptied.addContact({ email: `${number}@example.com` })
    const front = await startFront(fake.url)
    const crm = destinationTo(fake, { scans: true, url: front.url })
    await crm.upsert('scans', scansOf(3))
    front.switchTo(emptied.url)
    expect(await crm.upsert('scans', scansOf(6))).toEqual({ confirmed: 6, rejected: [] })
    expect(emptied.associations('qr_scan', 'qr_code')).toHaveLength(6)
    expect(emptied.violations).toEqual([])
    await Promise.all([front.close(), emptied.close()])
  })

  test('a refused scan is not associated, and the others are', async () => {
    const crm = destinationTo(fake, { scans: true })
    fake.refuse({ property: 'qrsync_city', value: 'Atlantis' })
    const rows = [landedScan(1), landedScan(2, { city: 'Atlantis' }), landedScan(3)]
    const { confirmed, rejected } = await crm.upsert('scans', rows)
    expect({ confirmed, rejected: rejected.map(({ id }) => id) }).toEqual({
      confirmed: 2,
      rejected: ['scan-2'],
    })
    expect(pairs().map(([scan]) => scan)).toEqual(['scan-1', 'scan-3'])
  })
})

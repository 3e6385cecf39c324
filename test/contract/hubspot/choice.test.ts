import { describe, expect, test } from 'vitest'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { fakeHubSpotForEach } from '../../support/destinations/fake-hubspot-for-each.ts'
import { codeRow, destinationTo, linkRow } from '../../support/destinations/hubspot-world.ts'
import { landedScan } from '../../support/ledger/landed-rows.ts'

let fake: FakeHubSpot

fakeHubSpotForEach((started) => {
  fake = started
})

const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]
const properties = { codes: ['utm_source'], scans: ['city'], links: ['last_city'] }
const ours = (object: string) =>
  fake
    .propertiesOf(object)
    .map(({ name }) => name as string)
    .filter((name) => name.startsWith('qrsync_'))
    .toSorted()

describe('selected properties', () => {
  test('are the only ones that qrsync creates and writes', async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    const crm = destinationTo(fake, { scans: true, link, properties, parameters: ['utm_id'] })
    await crm.upsert('code_summaries', [codeRow(1)])
    await crm.upsert('scans', [landedScan(1)])
    await crm.upsert('link_summaries', [linkRow('contacts.email', ada)])
    expect(ours('qr_code')).toEqual([
      'qrsync_code_id',
      'qrsync_name',
      'qrsync_total_scans',
      'qrsync_url_utm_id',
      'qrsync_utm_source',
    ])
    expect(ours('qr_scan')).toEqual(['qrsync_city', 'qrsync_qr_code_id', 'qrsync_scan_id', 'qrsync_title'])
    expect(ours('contacts')).toEqual(['qrsync_last_city', 'qrsync_total_scans'])
    expect(fake.recordsOf('contacts')[0]?.properties).toEqual({
      email: 'ada@example.com',
      qrsync_last_city: 'Brno',
      qrsync_total_scans: '7',
    })
    expect(
      await destinationTo(fake, { scans: true, link, properties, parameters: ['utm_id'] }).apply(),
    ).toEqual([])
  })

  test('save calls: a new day changes no record if no selected property depends on it', async () => {
    const [some, all] = [{ codes: ['utm_source'] }, {}].map((chosen) =>
      destinationTo(fake, { object: 'companies', properties: chosen }),
    )
    await some?.apply()
    await all?.apply()
    const changes = (crm: typeof some) => {
      const of = (scans_last_7_days: number) =>
        crm?.fingerprints?.of('code_summaries', codeRow(1, { scans_last_7_days }))
      return of(2) !== of(1)
    }
    expect([changes(some), changes(all)]).toEqual([false, true])
  })

  test('fit into a free account with ten properties', async () => {
    fake.setTier('free')
    const ada = fake.addContact({ email: 'ada@example.com' })
    const few = {
      codes: ['status', 'last_scanned_at'] as const,
      links: ['last_scanned_at', 'last_code'] as const,
    }
    const properties = { codes: [...few.codes], links: [...few.links] }
    const crm = destinationTo(fake, { object: 'products', link, properties })
    expect(await crm.upsert('code_summaries', [codeRow(1)])).toEqual({ confirmed: 1, rejected: [] })
    const rows = [linkRow('contacts.email', ada)]
    expect(await crm.upsert('link_summaries', rows)).toEqual({ confirmed: 1, rejected: [] })
    await expect(destinationTo(fake, { object: 'companies' }).apply()).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      message: expect.stringContaining('HubSpot did not create') as string,
    })
  })

  test('keep their last values when they are no longer selected', async () => {
    await destinationTo(fake, { object: 'companies' }).upsert('code_summaries', [codeRow(1)])
    const crm = destinationTo(fake, { object: 'companies', properties: { codes: [] } })
    await crm.upsert('code_summaries', [codeRow(1, { total_scans: 8, last_city: null })])
    expect(fake.recordsOf('companies')[0]?.properties).toMatchObject({
      qrsync_total_scans: '8',
      qrsync_last_city: 'Brno',
    })
  })
})

import { describe, expect, test } from 'vitest'
import { startFront } from '../../support/destinations/hubspot-front.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { fakeHubSpotForEach } from '../../support/destinations/fake-hubspot-for-each.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { callerOf } from '../../fake-hubspot/hubspot-caller.ts'
import { codeRow, codeRows, destinationTo } from '../../support/destinations/hubspot-world.ts'
import { landedScan } from '../../support/ledger/landed-rows.ts'

let fake: FakeHubSpot

fakeHubSpotForEach((started) => {
  fake = started
})

interface Property {
  name: string
  label: string
  type: string
  options: { value: string; label: string; displayOrder: number; hidden: boolean }[]
}

const propertyOf = (object: string, name: string) =>
  (fake.propertiesOf(object) as unknown as Property[]).find((property) => property.name === name)
const optionsOf = (object: string, name: string) =>
  propertyOf(object, name)?.options.map(({ value, label }) => `${value}=${label}`)
const allCalls = () => Object.values(fake.calls).reduce((sum, { calls }) => sum + calls, 0)

describe('a value that is not an option yet', () => {
  test('becomes an option, countries by name, for two calls, once', async () => {
    const crm = destinationTo(fake)
    await crm.apply()
    const before = allCalls()
    const rows = codeRows(100, {
      top_device: 'mobile',
      last_device: null,
      last_country: null,
      top_country: 'BR',
    })
    expect(await crm.upsert('code_summaries', rows)).toEqual({ confirmed: 100, rejected: [] })
    expect(optionsOf('qr_code', 'qrsync_top_country')).toContain('BR=Brazil')
    expect(propertyOf('qr_code', 'qrsync_top_country')?.type).toBe('enumeration')
    expect(allCalls() - before).toBe(3)
    await crm.upsert('code_summaries', rows)
    const again = destinationTo(fake)
    await again.apply()
    const prepared = allCalls()
    await again.upsert('code_summaries', rows)
    expect(allCalls() - prepared, 'of another worker').toBe(1)
  })

  test('is added to the options that somebody else has added meanwhile', async () => {
    const workers = [destinationTo(fake), destinationTo(fake)]
    for (const worker of workers) await worker.apply()
    const [one, other] = workers
    await one?.upsert('code_summaries', [codeRow(1, { status: 'archived' })])
    await other?.upsert('code_summaries', [codeRow(2, { status: 'expired' })])
    expect(optionsOf('qr_code', 'qrsync_status')?.slice(3)).toEqual(['archived=archived', 'expired=expired'])
  })

  test('is left out of the row if HubSpot refuses it as an option', async () => {
    const crm = destinationTo(fake, { scans: true })
    const rows = [landedScan(1, { os: 'a;b' }), landedScan(2, { os: 'Plan 9' })]
    expect(await crm.upsert('scans', rows)).toEqual({ confirmed: 2, rejected: [] })
    expect(fake.recordsOf('qr_scan').map(({ properties }) => properties['qrsync_os'])).toEqual([
      'other',
      'Plan 9',
    ])
    expect(optionsOf('qr_scan', 'qrsync_os')?.slice(5)).toEqual(['other=Other', 'Plan 9=Plan 9'])
  })

  test('becomes the catch-all option if there are too many', async () => {
    const crm = destinationTo(fake, { scans: true })
    const rows = Array.from({ length: 600 }, (_, number) => landedScan(number, { os: `System ${number}` }))
    expect(await crm.upsert('scans', rows)).toEqual({ confirmed: 600, rejected: [] })
    const options = optionsOf('qr_scan', 'qrsync_os') ?? []
    expect(options.length).toBeLessThanOrEqual(501)
    const others = fake.recordsOf('qr_scan').filter(({ properties }) => properties['qrsync_os'] === 'other')
    expect(others).toHaveLength(600 - (options.length - 6))
  })
})

test('a deleted option is created again, and the rows are written', async () => {
  const crm = destinationTo(fake, { object: 'companies' })
  await crm.upsert('code_summaries', [codeRow(1)])
  const { options = [] } = propertyOf('companies', 'qrsync_top_country') ?? {}
  const left = { options: options.filter(({ value }) => value !== 'PL') }
  await callerOf(fake)('PATCH', '/crm/properties/2026-09/companies/qrsync_top_country', left)
  expect(await crm.upsert('code_summaries', codeRows(3))).toEqual({ confirmed: 3, rejected: [] })
  expect(optionsOf('companies', 'qrsync_top_country')).toContain('PL=Poland')
})

describe('an account of an earlier version, with texts instead of options,', () => {
  const text = (name: string) => ({
    name,
    label: 'Of old',
    description: '',
    type: 'string',
    fieldType: 'text',
    groupName: 'companyinformation',
  })

  test('gets options, and its records are written again', async () => {
    await callerOf(fake)('POST', '/crm/properties/2026-09/companies', text('qrsync_status'))
    const crm = destinationTo(fake, { object: 'companies' })
    expect(await crm.apply()).toContain('update property qrsync_status on companies')
    expect(propertyOf('companies', 'qrsync_status')).toMatchObject({
      type: 'enumeration',
      label: 'QR code status',
    })
    expect(await destinationTo(fake, { object: 'companies' }).apply()).toEqual([])
    await crm.upsert('code_summaries', [codeRow(1, { status: 'archived' })])
    expect(optionsOf('companies', 'qrsync_status')).toContain('archived=archived')
  })

  test('keeps texts if HubSpot does not change their type; the fingerprint distinguishes the two', async () => {
    await callerOf(fake)('POST', '/crm/properties/2026-09/companies', text('qrsync_status'))
    const front = await startFront(fake.url, {
      'PATCH /crm/properties/2026-09/0-2/qrsync_status': 400,
    })
    const kept = destinationTo(fake, { object: 'companies', url: front.url })
    await kept.apply()
    expect(propertyOf('companies', 'qrsync_status')?.type).toBe('string')
    expect(await kept.upsert('code_summaries', [codeRow(1, { status: 'archived' })])).toMatchObject({
      confirmed: 1,
    })
    const changed = destinationTo(fake, { object: 'companies' })
    await changed.apply()
    const of = (crm: typeof kept) => crm.fingerprints?.of('code_summaries', codeRow(1))
    expect(of(changed)).not.toBe(of(kept))
    await front.close()
  })

  test('shows its scans by their titles', async () => {
    const crm = destinationTo(fake, { scans: true })
    await crm.apply()
    const schema = `/crm-object-schemas/2026-09/schemas/p${fake.portalId}_qr_scan`
    const old = { primaryDisplayProperty: 'qrsync_scan_id', clearDescription: false }
    await callerOf(fake)('PATCH', schema, old)
    expect(await destinationTo(fake, { scans: true }).apply()).toEqual(['update object qr_scan'])
    const { body } = await callerOf(fake)('GET', schema)
    expect(body).toMatchObject({ primaryDisplayProperty: 'qrsync_title' })
    expect(await destinationTo(fake, { scans: true }).apply()).toEqual([])
  })
})

describe('labels', () => {
  const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]

  test('are German in an account in Germany, country names included', async () => {
    const german = await startFakeHubSpot({ timeZone: 'Europe/Berlin' })
    const crm = destinationTo(german, { scans: true, link })
    await crm.upsert('code_summaries', [codeRow(1)])
    const labels = (german.propertiesOf('qr_code') as unknown as Property[]).map(({ label }) => label)
    expect(labels).toEqual(expect.arrayContaining(['QR-Scans', 'Letzter QR-Scan', 'QR-Kampagne']))
    const country = (german.propertiesOf('qr_code') as unknown as Property[]).find(
      ({ name }) => name === 'qrsync_top_country',
    )
    expect(country?.options.map(({ label }) => label)).toEqual(
      expect.arrayContaining(['Deutschland', 'Vereinigte Staaten', 'Polen']),
    )
    expect(await destinationTo(german, { scans: true, link }).apply()).toEqual([])
    expect(german.violations).toEqual([])
    await german.close()
  })

  test('follow the setting `language`', async () => {
    await destinationTo(fake, { object: 'companies', language: 'de' }).apply()
    expect(propertyOf('companies', 'qrsync_total_scans')?.label).toBe('QR-Scans')
    await destinationTo(fake, { object: 'companies', language: 'en' }).apply()
    expect(propertyOf('companies', 'qrsync_total_scans')?.label).toBe('QR scans')
  })
})

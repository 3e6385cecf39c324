import { describe, expect, test } from 'vitest'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { fakeHubSpotForEach } from '../../support/destinations/fake-hubspot-for-each.ts'
import { callerOf } from '../../fake-hubspot/hubspot-caller.ts'
import {
  codeRow,
  destinationTo,
  linkRow,
  type HubSpotSettings,
} from '../../support/destinations/hubspot-world.ts'
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

describe('other names of properties', () => {
  const names = {
    codes: { last_scanned_at: 'acme_last_scan', total_scans: 'acme_scans' },
    scans: { city: 'acme_city' },
    links: { last_scanned_at: 'acme_last_scan', total_scans: 'acme_scans' },
  }
  const create = (object: string, property: object) =>
    callerOf(fake)('POST', `/crm/properties/2026-09/${object}`, { label: 'Theirs', ...property })
  const valuesOf = (object: string) => fake.recordsOf(object)[0]?.properties

  test('are the names that qrsync creates, writes and reads back, on every kind of record', async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    const crm = destinationTo(fake, { scans: true, link, names })
    await crm.upsert('code_summaries', [codeRow(1)])
    await crm.upsert('scans', [landedScan(1)])
    await crm.upsert('link_summaries', [linkRow('contacts.email', ada)])
    expect(valuesOf('qr_code')).toMatchObject({
      acme_last_scan: '2026-02-03T04:05:06.789Z',
      acme_scans: '7',
    })
    expect(valuesOf('qr_scan')).toMatchObject({ acme_city: 'Kraków' })
    expect(valuesOf('contacts')).toMatchObject({
      acme_last_scan: '2026-02-03T04:05:06.789Z',
      acme_scans: '7',
    })
    for (const object of ['qr_code', 'contacts']) {
      expect(ours(object)).not.toContain('qrsync_last_scanned_at')
      expect(ours(object)).not.toContain('qrsync_total_scans')
    }
    expect(await crm.totals?.readTotals(['code-1'])).toEqual(new Map([['code-1', 7]]))
    expect(await crm.links?.readTotals('contacts.email', [ada])).toEqual(new Map([[ada, 7]]))
    expect(await destinationTo(fake, { scans: true, link, names }).apply()).toEqual([])
  })

  test('and selected properties of a link rule apply in place of those for all rules', async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    const acme = fake.addRecord('companies', { name: 'Acme', domain: 'acme.com' })
    const own = {
      properties: ['last_city'],
      names: { last_city: 'person_city', total_scans: 'person_scans' },
    }
    const rules = [
      { object: 'contacts', property: 'email', parameter: 'utm_id', ...own },
      { object: 'companies', property: 'domain', parameter: 'utm_source' },
    ]
    const settings = { object: 'products', names, properties: { links: ['last_scanned_at'] }, link: rules }
    const crm = destinationTo(fake, settings)
    expect((await crm.check()).needs.filter(({ isMet }) => !isMet)).toEqual([])
    const rows = [linkRow('contacts.email', ada), linkRow('companies.domain', acme)]
    expect(await crm.upsert('link_summaries', rows)).toEqual({ confirmed: 2, rejected: [] })
    expect(valuesOf('contacts')).toEqual({
      email: 'ada@example.com',
      person_city: 'Brno',
      person_scans: '7',
    })
    expect(valuesOf('companies')).toEqual({
      name: 'Acme',
      domain: 'acme.com',
      acme_last_scan: '2026-02-03T04:05:06.789Z',
      acme_scans: '7',
    })
    expect(await crm.links?.readTotals('contacts.email', [ada])).toEqual(new Map([[ada, 7]]))
    const without = {
      ...settings,
      link: rules.map(({ object, property, parameter }) => ({ object, property, parameter })),
    }
    const before = destinationTo(fake, without)
    await before.apply()
    const changed = rows.map(
      (row) => before.fingerprints?.of('link_summaries', row) !== crm.fingerprints?.of('link_summaries', row),
    )
    expect(changed, 'only the records of the rule are written again').toEqual([true, false])
  })

  test.each([
    ['an account has', { name: 'acme_last_scan', type: 'datetime', fieldType: 'date' }],
    ['an account has with another type', { name: 'acme_last_scan', type: 'string', fieldType: 'text' }],
  ])('that a property which %s already has are refused, and it stays unchanged', async (_, property) => {
    await create('contacts', { ...property, groupName: 'contactinformation' })
    const before = fake.propertiesOf('contacts').find(({ name }) => name === 'acme_last_scan')
    const crm = destinationTo(fake, { object: 'companies', link, names })
    await expect(crm.apply()).rejects.toMatchObject({
      code: 'DESTINATION_FORBIDDEN',
      message: expect.stringMatching(
        /acme_last_scan of contacts in HubSpot belongs to somebody else.*\nGive qrsync another name/,
      ) as string,
    })
    const needs = (await crm.check()).needs.filter(({ isMet }) => !isMet)
    expect(needs.map(({ what }) => what)).toEqual([
      expect.stringContaining('acme_last_scan of contacts: it belongs to somebody else'),
    ])
    expect(fake.propertiesOf('contacts').find(({ name }) => name === 'acme_last_scan')).toEqual(before)
  })

  test("that are HubSpot's own properties are refused", async () => {
    const taken = { object: 'companies', link, names: { links: { last_code: 'lastname' } } }
    await expect(destinationTo(fake, taken).apply()).rejects.toThrow(/lastname of contacts .* somebody else/)
  })

  test('can be those of a property that its owner has moved to the group of QR codes', async () => {
    await destinationTo(fake, { object: 'companies', link }).apply()
    const theirs = { name: 'acme_last_scan', type: 'datetime', fieldType: 'date', groupName: 'qrsync' }
    await create('contacts', theirs)
    const told = await destinationTo(fake, { object: 'companies', link, names }).apply()
    expect(told).toContain('update property acme_last_scan on contacts')
  })

  test('leave the properties of earlier settings as they are, and plan and apply say so', async () => {
    const of = (settings: HubSpotSettings) => destinationTo(fake, { object: 'companies', ...settings })
    await of({}).upsert('code_summaries', [codeRow(1)])
    const renamed = of({ names: { codes: { last_city: 'acme_city' } } })
    expect(await renamed.plan()).toEqual(['create property acme_city on companies'])
    const left = ['leave property qrsync_last_city on companies: its values stay as they are, and age']
    expect(renamed.leftAlone?.()).toEqual(left)
    expect(await renamed.apply()).toEqual(['create property acme_city on companies'])
    expect(renamed.leftAlone?.()).toEqual(left)
    await renamed.upsert('code_summaries', [codeRow(1, { last_city: 'Berlin' })])
    expect(valuesOf('companies')).toMatchObject({ qrsync_last_city: 'Brno', acme_city: 'Berlin' })
    const before = of({})
    expect(await before.apply()).toEqual([])
    const fingerprint = (crm: typeof before) => crm.fingerprints?.of('code_summaries', codeRow(1))
    expect(fingerprint(before), 'records are written again').not.toBe(fingerprint(renamed))
    expect(before.leftAlone?.()).toEqual([left[0]?.replace('qrsync_last_city', 'acme_city')])
  })
})

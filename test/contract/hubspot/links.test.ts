import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { callsTo, destinationTo, linkRow } from '../../support/destinations/hubspot-world.ts'

let fake: FakeHubSpot

beforeEach(async () => {
  // Other tests cover the limit of searches per second: here the clock runs fast enough for it.
  let nowMs = Date.now()
  fake = await startFakeHubSpot({ limits: { tenSecondly: 1_000_000 }, now: () => (nowMs += 250) })
})

afterEach(async () => {
  expect(fake.violations, 'requests as HubSpot publishes them').toEqual([])
  await fake.close()
})

const linkTo = (object: string, property: string) =>
  destinationTo(fake, { object: 'products', link: [{ object, property, parameter: 'utm_id' }] })

const scansOf = (object: string, by: string): Record<string, string | null> =>
  Object.fromEntries(
    fake
      .recordsOf(object)
      .map(({ properties }) => [properties[by] ?? '', properties['qrsync_total_scans'] ?? null]),
  )

const find = async (object: string, property: string, keys: string[]) => {
  const found = await linkTo(object, property).links?.find(`${object}.${property}`, keys)
  return Object.fromEntries(found ?? [])
}

const record = (id: string, formerIds: string[] = []) => ({ is: 'record', id, formerIds })
const none = { is: 'none' }
const refused = (reason: string) => ({ is: 'refused', reason })

describe('finding the record of a key', () => {
  test('a contact is found by each of its addresses, in any case; an address with a plus is another one', async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    fake.addAddress(ada, 'ada@work.example')
    const keys = ['Ada@Example.com', 'ada@example.com', 'ada@work.example', 'ada+qr@example.com', 'ada']
    expect(await find('contacts', 'email', keys)).toEqual({
      'Ada@Example.com': record(ada),
      'ada@example.com': record(ada),
      'ada@work.example': record(ada),
      'ada+qr@example.com': none,
      ada: none,
    })
    expect(callsTo(fake, 'batch/read')).toBe(1)
  })

  test('a plus that was decoded as a space matches a plus, if no contact matches the space', async () => {
    const [qr, spaced] = ['ada+qr@example.com', 'grace@example.com'].map((email) =>
      fake.addContact({ email }),
    )
    const phone = fake.addRecord('companies', { name: 'x', domain: '+49 30 123' })
    const contacts = linkTo('contacts', 'email').links
    const written = new Map([
      ['ada qr@example.com', 'ada+qr@example.com'],
      ['grace@example.com', '+grace@example.com'],
      ['nobody x@example.com', 'nobody+x@example.com'],
    ])
    expect(await contacts?.find('contacts.email', [...written.keys()], written)).toEqual(
      new Map([
        ['ada qr@example.com', record(qr ?? '')],
        ['grace@example.com', record(spaced ?? '')],
        ['nobody x@example.com', none],
      ]),
    )
    expect(callsTo(fake, 'batch/read')).toBe(1)
    const companies = linkTo('companies', 'domain').links
    const bySearch = new Map([['49 30 123', '+49 30 123']])
    expect(await companies?.find('companies.domain', ['49 30 123'], bySearch)).toEqual(
      new Map([['49 30 123', record(phone)]]),
    )
    expect(callsTo(fake, '/search')).toBe(1)
  })

  test('250 addresses need three calls', async () => {
    const people = Array.from({ length: 250 }, (_, number) => `person-${number}@example.com`)
    for (const email of people) fake.addContact({ email })
    const found = Object.values(await find('contacts', 'email', people))
    expect([found.length, callsTo(fake, 'batch/read')]).toEqual([250, 3])
    expect(new Set(found.map((each) => ('id' in each ? each.id : ''))).size).toBe(250)
  })

  test('companies are found by domain; two companies with one domain match nothing', async () => {
    const acme = fake.addRecord('companies', { name: 'x', domain: 'acme.com' })
    for (const domain of ['twice.com', 'twice.com']) fake.addRecord('companies', { name: 'x', domain })
    expect(await find('companies', 'domain', ['Acme.com', 'acme.com', 'twice.com', 'lost.com'])).toEqual({
      'Acme.com': record(acme),
      'acme.com': record(acme),
      'twice.com': refused('more than one companies record with domain = twice.com'),
      'lost.com': none,
    })
  })

  test('a domain is found in a full address, in either spelling', async () => {
    const acme = fake.addRecord('companies', { name: 'x', domain: 'acme.com' })
    const shop = fake.addRecord('companies', { name: 'x', domain: 'shop.acme.com' })
    const muller = fake.addRecord('companies', { name: 'x', domain: 'xn--mller-kva.de' })
    const www = fake.addRecord('companies', { name: 'x', domain: 'www.both.com' })
    const both = fake.addRecord('companies', { name: 'x', domain: 'both.com' })
    const keys = ['https://www.Acme.com/offer?x=1', 'SHOP.acme.com.', 'müller.de', 'www.both.com', 'both.com']
    expect(Object.values(await find('companies', 'domain', keys))).toEqual(
      [acme, shop, muller, www, both].map((id) => record(id)),
    )
  })

  test('500 addresses of pages on three domains need one search', async () => {
    const shop = fake.addRecord('companies', { name: 'x', domain: 'shop.acme.com' })
    const hosts = ['shop.acme.com', 'www.acme.com', 'acme.example']
    const pages = Array.from(
      { length: 500 },
      (_, page) => `https://${hosts[page % 3] ?? ''}/a-long-page-name/${page}`,
    )
    const found = Object.values(await find('companies', 'domain', pages))
    expect(found.filter((each) => each.is === 'record')).toEqual(Array(167).fill(record(shop)))
    expect(callsTo(fake, '/search')).toBe(1)
  })

  test('a record is found by its own id, and by its ids from before a merge', async () => {
    const [a, b] = ['Acme', 'Acme Inc'].map((name) => fake.addRecord('companies', { name }))
    const merged = fake.merge('companies', a ?? '', b ?? '')
    const keys = [a ?? '', merged, '12345', 'not-a-number']
    expect(await find('companies', 'hs_object_id', keys)).toEqual({
      [a ?? '']: record(merged, [a ?? '', b ?? '']),
      [merged]: record(merged, [a ?? '', b ?? '']),
      12345: none,
      'not-a-number': refused('not-a-number is no id of a companies record'),
    })
  })

  test('values of a unique property that differ only in case are two records, if HubSpot has both', async () => {
    const [upper, lower] = ['AB-1', 'ab-1'].map((hs_sku) => fake.addRecord('products', { name: 'x', hs_sku }))
    const crm = destinationTo(fake, {
      object: 'companies',
      link: [{ object: 'products', property: 'hs_sku', parameter: 'utm_id' }],
    })
    expect(await crm.links?.find('products.hs_sku', ['ab-1', 'AB-1'])).toEqual(
      new Map([
        ['ab-1', record(lower ?? '')],
        ['AB-1', record(upper ?? '')],
      ]),
    )
  })
})

describe('a search', () => {
  test("of 100 keys of 27 characters is split to fit HubSpot's limit", async () => {
    const domains = Array.from(
      { length: 100 },
      (_, n) => `${String(n).padStart(3, '0')}-a-longer-domain.example`,
    )
    for (const domain of domains) fake.addRecord('companies', { name: 'x', domain })
    expect(domains[0]).toHaveLength(27)
    const found = Object.values(await find('companies', 'domain', domains))
    expect(found.filter(({ is }) => is === 'record')).toHaveLength(100)
    expect(callsTo(fake, '/search')).toBe(2)
  })

  test('skips a key that is too long: the key is refused, the others are found', async () => {
    const acme = fake.addRecord('companies', { name: 'x', domain: 'acme.com' })
    const long = `${'x'.repeat(3_000)}.com`
    expect(await find('companies', 'domain', [long, 'acme.com'])).toEqual({
      [long]: refused('a value of 3004 characters is too long for HubSpot’s search'),
      'acme.com': record(acme),
    })
  })

  test('that HubSpot refuses because of one value is repeated in halves', async () => {
    const domains = Array.from({ length: 20 }, (_, n) => `d${n}.com`)
    for (const domain of domains) fake.addRecord('companies', { name: 'x', domain })
    fake.refuseSearch('d7.com')
    const found = await find('companies', 'domain', domains)
    expect(Object.entries(found).filter(([, { is }]) => is !== 'record')).toEqual([
      ['d7.com', refused('d7.com cannot be searched for')],
    ])
    expect(callsTo(fake, '/search')).toBeLessThanOrEqual(10)
  })

  test('that HubSpot refuses whatever the values are ends soon, as an outage', async () => {
    fake.refuseSearch(null)
    const domains = Array.from({ length: 100 }, (_, n) => `d${n}.com`)
    await expect(find('companies', 'domain', domains)).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
    })
    expect(callsTo(fake, '/search')).toBeLessThanOrEqual(12)
  })

  test('stops reading at a key that many records share', async () => {
    for (let number = 0; number < 10_500; number += 1) {
      fake.addRecord('companies', { name: 'x', domain: 'common.com' })
    }
    const acme = fake.addRecord('companies', { name: 'x', domain: 'acme.com' })
    expect(await find('companies', 'domain', ['common.com', 'acme.com'])).toEqual({
      'common.com': refused('more than one companies record with domain = common.com'),
      'acme.com': record(acme),
    })
    expect(callsTo(fake, '/search')).toBe(2)
  })
})

describe('sums of linked codes', () => {
  test('reach their records, 100 per call; qrsync creates no record, and leaves other records unchanged', async () => {
    const people = Array.from({ length: 250 }, (_, number) =>
      fake.addContact({ email: `p${number}@example.com` }),
    )
    fake.addContact({ email: 'grace@example.com' })
    const crm = linkTo('contacts', 'email')
    const rows = people.map((id) => linkRow('contacts.email', id))
    expect(await crm.upsert('link_summaries', rows)).toEqual({ confirmed: 250, rejected: [] })
    expect([callsTo(fake, 'batch/read'), callsTo(fake, 'batch/update')]).toEqual([0, 3])
    expect(scansOf('contacts', 'email')).toMatchObject({ 'p249@example.com': '7', 'grace@example.com': null })
    expect(fake.recordsOf('contacts')).toHaveLength(251)
  })

  test('are removed from records without codes, but not from a record that was merged', async () => {
    const [ada, twin, other] = ['ada', 'twin', 'other'].map((name) =>
      fake.addContact({ email: `${name}@example.com` }),
    )
    const crm = linkTo('contacts', 'email')
    await crm.upsert(
      'link_summaries',
      [ada, twin, other].map((id) => linkRow('contacts.email', id ?? '')),
    )
    const merged = fake.merge('contacts', ada ?? '', twin ?? '')
    fake.removeRecord('contacts', fake.addContact({ email: 'gone@example.com' }))
    const rows = [ada, twin, other, '12345'].map((id) =>
      linkRow('contacts.email', id ?? '', { codes: 0, total_scans: 0 }),
    )
    expect(await crm.upsert('link_summaries', rows)).toEqual({ confirmed: 4, rejected: [] })
    expect(scansOf('contacts', 'email')).toEqual({ 'ada@example.com': '7', 'other@example.com': '0' })
    expect(fake.recordsOf('contacts').map(({ id }) => id)).toContain(merged)
  })

  test('are sent again if their record was merged after the search', async () => {
    const [ada, twin] = ['ada', 'twin'].map((name) => fake.addContact({ email: `${name}@example.com` }))
    fake.merge('contacts', ada ?? '', twin ?? '')
    const rows = [linkRow('contacts.email', ada ?? '')]
    await expect(linkTo('contacts', 'email').upsert('link_summaries', rows)).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      message: expect.stringContaining('was merged into another') as string,
    })
  })

  test('a row of a rule that the config file no longer has is refused', async () => {
    const { rejected } = await linkTo('contacts', 'email').upsert('link_summaries', [
      linkRow('deals.owner', '1'),
    ])
    expect(rejected).toEqual([
      { id: 'deals.owner#1', reason: 'the config file has no link deals.owner any more' },
    ])
  })

  test('a row that HubSpot refuses does not delay the others', async () => {
    const people = Array.from({ length: 20 }, (_, number) =>
      fake.addContact({ email: `p${number}@example.com` }),
    )
    fake.refuse({ property: 'qrsync_total_scans', value: '13' })
    const rows = people.map((id, number) =>
      linkRow('contacts.email', id, number === 5 ? { total_scans: 13 } : {}),
    )
    const { confirmed, rejected } = await linkTo('contacts', 'email').upsert('link_summaries', rows)
    expect({ confirmed, rejected: rejected.map(({ id }) => id) }).toEqual({
      confirmed: 19,
      rejected: [`contacts.email#${people[5] ?? ''}`],
    })
  })

  test('are read back as the records store them', async () => {
    const [ada, grace] = ['ada', 'grace'].map((name) => fake.addContact({ email: `${name}@example.com` }))
    const crm = linkTo('contacts', 'email')
    await crm.upsert('link_summaries', [linkRow('contacts.email', ada ?? '')])
    expect(await crm.links?.readTotals('contacts.email', [ada ?? '', grace ?? '', '12345'])).toEqual(
      new Map([
        [ada, 7],
        [grace, null],
      ]),
    )
  })
})

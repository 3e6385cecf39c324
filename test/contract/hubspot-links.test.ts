import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startFakeHubSpot, type FakeHubSpot } from '../support/hubspot/fake-hubspot.ts'
import { callsTo, destinationTo, linkRow } from '../support/hubspot-world.ts'

let fake: FakeHubSpot

beforeEach(async () => {
  fake = await startFakeHubSpot({ limits: { tenSecondly: 1_000_000 } })
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

describe('the sums of linked codes', () => {
  test('come to contacts by their e-mail address; none is made, and others stay as they are', async () => {
    for (const name of ['ada', 'grace']) fake.addContact({ email: `${name}@example.com` })
    const crm = linkTo('contacts', 'email')
    await crm.prepare()
    const rows = ['ada', 'nobody'].map((name) =>
      linkRow('contacts.email', `${name}@example.com`, { codes: 2 }),
    )
    expect(await crm.upsert('link_summaries', rows)).toEqual({
      confirmed: 1,
      rejected: [
        {
          id: 'contacts.email/nobody@example.com',
          reason: 'no contacts record with email = nobody@example.com',
        },
      ],
    })
    expect(scansOf('contacts', 'email')).toEqual({ 'ada@example.com': '7', 'grace@example.com': null })
  })

  test('an address in other letters finds the contact', async () => {
    fake.addContact({ email: 'ada@example.com' })
    const crm = linkTo('contacts', 'email')
    await crm.upsert('link_summaries', [linkRow('contacts.email', 'Ada@Example.com', { total_scans: 3 })])
    expect(scansOf('contacts', 'email')).toEqual({ 'ada@example.com': '3' })
  })

  test('250 of them take three calls to find them and three to write them', async () => {
    const people = Array.from({ length: 250 }, (_, number) => `person-${number}@example.com`)
    for (const email of people) fake.addContact({ email })
    const crm = linkTo('contacts', 'email')
    await crm.prepare()
    const rows = people.map((email) => linkRow('contacts.email', email))
    expect(await crm.upsert('link_summaries', rows)).toEqual({ confirmed: 250, rejected: [] })
    expect([callsTo(fake, 'batch/read'), callsTo(fake, 'batch/update')]).toEqual([3, 3])
  })

  test('companies are searched by their domain, and two of one domain are told apart by nobody', async () => {
    for (const domain of ['acme.com', 'twice.com', 'twice.com'])
      fake.addRecord('companies', { name: 'x', domain })
    const crm = linkTo('companies', 'domain')
    const rows = ['acme.com', 'twice.com', 'lost.com'].map((domain) => linkRow('companies.domain', domain))
    expect(await crm.upsert('link_summaries', rows)).toEqual({
      confirmed: 1,
      rejected: [
        {
          id: 'companies.domain/twice.com',
          reason: 'more than one companies record with domain = twice.com',
        },
        { id: 'companies.domain/lost.com', reason: 'no companies record with domain = lost.com' },
      ],
    })
    expect(scansOf('companies', 'domain')).toEqual({ 'acme.com': '7', 'twice.com': null })
  })

  test('records can be named by their own id', async () => {
    const id = fake.addRecord('companies', { name: 'Acme' })
    const crm = linkTo('companies', 'hs_object_id')
    const rows = [id, '12345', 'not-a-number'].map((key) => linkRow('companies.hs_object_id', key))
    const { confirmed, rejected } = await crm.upsert('link_summaries', rows)
    expect({ confirmed, rejected: rejected.map((each) => each.id) }).toEqual({
      confirmed: 1,
      rejected: ['companies.hs_object_id/12345', 'companies.hs_object_id/not-a-number'],
    })
    expect(scansOf('companies', 'name')).toEqual({ Acme: '7' })
  })

  test('a row of a rule that the config file has no more is refused', async () => {
    const { rejected } = await linkTo('contacts', 'email').upsert('link_summaries', [
      linkRow('deals.owner', 'x'),
    ])
    expect(rejected).toEqual([
      { id: 'deals.owner/x', reason: 'the config file has no link deals.owner any more' },
    ])
  })

  test('what HubSpot refuses does not hold up the others', async () => {
    const people = Array.from({ length: 20 }, (_, number) => `person-${number}@example.com`)
    for (const email of people) fake.addContact({ email })
    fake.refuse({ property: 'qrsync_total_scans', value: '13' })
    const rows = people.map((email, number) =>
      linkRow('contacts.email', email, number === 5 ? { total_scans: 13 } : {}),
    )
    const { confirmed, rejected } = await linkTo('contacts', 'email').upsert('link_summaries', rows)
    expect({ confirmed, rejected: rejected.map(({ id }) => id) }).toEqual({
      confirmed: 19,
      rejected: ['contacts.email/person-5@example.com'],
    })
  })
})

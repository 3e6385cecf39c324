import { parse } from 'yaml'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkDestination } from '../../../src/cli/init/check-destination.ts'
import { startFront } from '../../support/destinations/hubspot-front.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { callerOf } from '../../fake-hubspot/hubspot-caller.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { destinationTo, type HubSpotSettings } from '../../support/destinations/hubspot-world.ts'

let fake: FakeHubSpot

beforeEach(async () => {
  fake = await startFakeHubSpot({ limits: { daily: 250_000 }, timeZone: 'Europe/Berlin' })
})

afterEach(async () => {
  expect(fake.violations, 'requests as HubSpot publishes them').toEqual([])
  await fake.close()
})

async function check(settings: HubSpotSettings = {}) {
  const { identity, needs } = await destinationTo(fake, settings).check()
  const names = (isMet: boolean) => needs.filter((need) => need.isMet === isMet).map(({ what }) => what)
  return { identity, needs, met: names(true), missing: names(false) }
}

const link = (object: string, property: string, own: { properties?: string[] } = {}) => ({
  link: [{ object, property, parameter: 'utm_id', ...own }],
})

describe('`qrsync check`', () => {
  test('reports the account, its permissions and the calls left today, and writes nothing', async () => {
    const { identity, met, missing } = await check({ scans: true, ...link('contacts', 'email') })
    expect(identity).toBe('HubSpot account 24680135 (NA1, Europe/Berlin)')
    expect(missing).toEqual([])
    expect(met).toEqual([
      'scope crm.schemas.custom.read',
      'scope crm.schemas.custom.write',
      'scope crm.objects.custom.read',
      'scope crm.objects.custom.write',
      'scope crm.schemas.contacts.read',
      'scope crm.schemas.contacts.write',
      'scope crm.objects.contacts.read',
      'scope crm.objects.contacts.write',
      'capacity for the object qr_code',
      'capacity for the object qr_scan',
      'contacts.email, to find records by',
      expect.stringMatching(/^capacity for \d+ more properties: HubSpot allows 10,000, and 0 are used$/),
      expect.stringMatching(/^calls left today: 249,9[89]\d of 250,000$/),
    ])
    expect(fake.propertiesOf('contacts').filter(({ name }) => (name as string).startsWith('qrsync'))).toEqual(
      [],
    )
  })

  test('does not require scopes that the config does not need', async () => {
    const { met } = await check({ object: 'companies' })
    expect(met.filter((what) => what.startsWith('scope'))).toEqual([
      'scope crm.schemas.companies.read',
      'scope crm.schemas.companies.write',
      'scope crm.objects.companies.read',
      'scope crm.objects.companies.write',
    ])
    expect((await check({ object: 'tickets' })).met[0]).toBe('scope tickets')
  })

  test('names each missing scope, and where to add it', async () => {
    fake.setScopes(['oauth', 'crm.objects.companies.read', 'crm.schemas.companies.read'])
    const { missing, needs } = await check({ object: 'companies' })
    expect(missing).toEqual(['scope crm.schemas.companies.write', 'scope crm.objects.companies.write'])
    expect(needs.find(({ isMet }) => !isMet)?.advice).toMatch(/service key/)
  })

  test('names missing scopes even if HubSpot does not list the scopes of a key', async () => {
    fake.setScopes(['oauth', 'crm.objects.companies.read', 'crm.schemas.companies.read', 'crm.lists.read'])
    const tokenInfo = 'POST /oauth/v2/private-apps/get/access-token-info'
    const front = await startFront(fake.url, { [tokenInfo]: 404 })
    const { met, missing } = await check({
      object: 'none',
      ...link('companies', 'domain'),
      lists: true,
      url: front.url,
    })
    expect(missing).toEqual([
      'scope crm.schemas.companies.write',
      'scope crm.objects.companies.write',
      'scope crm.lists.write',
    ])
    expect(met).toContain('scope crm.lists.read')
    await front.close()
  })

  test('says what to do without custom objects', async () => {
    fake.setTier('professional')
    const { missing, needs } = await check({ scans: true })
    expect(missing).toContain('object qr_code')
    const advice = (object: string) => needs.find(({ what }) => what === `object ${object}`)?.advice
    expect(advice('qr_code')).toMatch(/Enterprise.*object: products/)
    expect(advice('qr_scan')).toMatch(/Enterprise.*leave out "scans: true"/)
  })

  test('reports a link that cannot work', async () => {
    const { missing, needs } = await check({ object: 'products', ...link('contacts', 'no_such') })
    expect(missing).toEqual(['contacts.no_such, to find records by'])
    expect(needs.find(({ isMet }) => !isMet)?.advice).toMatch(/such as email of contacts/)
  })

  test('reports a token that HubSpot does not accept', async () => {
    fake.expireToken()
    await expect(check()).rejects.toMatchObject({ code: 'DESTINATION_FORBIDDEN' })
  })

  test.each([
    ['contacts', /bills marketing contacts/],
    ['deals', /forecasts/],
    ['tickets', /service reports/],
  ])('warns that codes stored as %s disturb other features', async (object, why) => {
    const { warnings } = await destinationTo(fake, { object }).check()
    expect(warnings).toEqual([expect.stringMatching(why)])
    // What `init` shows after the answers.
    const answer = { type: 'hubspot', token: fake.token, url: fake.url, object }
    expect((await checkDestination('crm', answer, '.')).warnings).toEqual(warnings)
  })

  test('does not warn about products, companies and custom objects', async () => {
    for (const object of ['products', 'companies', 'qr_code']) {
      expect((await destinationTo(fake, { object }).check()).warnings).toEqual([])
    }
  })

  test('reports a property with one of our names and another type', async () => {
    await callerOf(fake)('POST', '/crm/properties/2026-09/products', {
      name: 'qrsync_total_scans',
      label: 'Scans',
      type: 'string',
      fieldType: 'text',
      groupName: 'productinformation',
    })
    const { missing } = await check({ object: 'products' })
    expect(missing).toEqual([
      'property qrsync_total_scans of products: it is of the type string, where number is needed',
    ])
  })

  test('reports names that a deleted property or object still occupies', async () => {
    const crm = destinationTo(fake, { object: 'products', scans: true })
    await crm.apply()
    fake.deleteProperty('products', 'qrsync_status')
    fake.deleteObject('qr_scan')
    const { missing } = await check({ object: 'products', scans: true })
    expect(missing).toEqual([
      'object qr_scan, which was deleted in HubSpot',
      'properties of products that were deleted: qrsync_status',
    ])
  })

  test('reports that no unique property is left', async () => {
    for (let number = 0; number < 10; number += 1) {
      await callerOf(fake)('POST', '/crm/properties/2026-09/products', {
        name: `key_${number}`,
        label: `Key ${number}`,
        type: 'string',
        fieldType: 'text',
        groupName: 'productinformation',
        hasUniqueValue: true,
      })
    }
    const { missing } = await check({ object: 'products' })
    expect(missing).toEqual(['capacity for a property with unique values on products'])
  })

  test('reports that no association label is left, unless ours exists already', async () => {
    const settings = { object: 'companies', ...link('contacts', 'email') }
    const crm = destinationTo(fake, settings)
    const addLabels = async () => {
      for (let number = 0; number < 10; number += 1) {
        const body = { name: `label_${number}`, label: `Label ${number}` }
        await callerOf(fake)('POST', '/crm/associations/2026-09/0-1/0-2/labels', body)
      }
    }
    await addLabels()
    expect((await check(settings)).missing).toEqual([
      'capacity for a label of associations of contacts with companies: all 10 are used',
    ])
    await fake.close()
    fake = await startFakeHubSpot()
    await destinationTo(fake, settings).apply()
    await addLabels()
    expect((await check(settings)).missing).toEqual([])
    await crm.close()
  })

  test('reports a missing permission that is not a scope, in HubSpot’s words', async () => {
    const refusal = {
      status: 'error',
      message: 'The user of this key may not\n edit products',
      category: 'FORBIDDEN',
    }
    const front = await startFront(fake.url, {
      'POST /crm/objects/2026-09/0-7/batch/update': { status: 403, body: refusal },
    })
    const { missing, needs } = await check({ object: 'products', url: front.url })
    expect(missing).toEqual(['scope crm.objects.products.write'])
    expect(needs.find(({ isMet }) => !isMet)?.advice).toContain(
      'HubSpot says: The user of this key may not edit products',
    )
    await front.close()
  })
})

describe('HubSpot Free, with about ten properties', () => {
  beforeEach(() => {
    fake.setTier('free')
  })

  test.each([
    [{ object: 'products' }],
    [{ object: 'products', ...link('contacts', 'email') }],
    [{ object: 'none', ...link('contacts', 'email') }],
    [{ object: 'products', ...link('contacts', 'email', { properties: ['last_scanned_at', 'last_code'] }) }],
  ])('accepts a mapping that fits: %j', async (settings) => {
    const { missing, needs } = await check(settings)
    expect(missing).toEqual([
      expect.stringMatching(/^capacity for \d+ more properties: HubSpot allows 10, and 0/),
    ])
    const advice = needs.find(({ isMet }) => !isMet)?.advice ?? ''
    const [, lines = ''] = /^This fits: properties: (.*)$/.exec(advice) ?? []
    const fitting = { ...settings, properties: parse(lines) as HubSpotSettings['properties'] & object }
    expect((await check(fitting)).missing).toEqual([])
    const crm = destinationTo(fake, fitting)
    await crm.apply()
    const ours = ['products', 'contacts'].flatMap((object) =>
      fake.propertiesOf(object).filter(({ name }) => (name as string).startsWith('qrsync')),
    )
    expect(ours.length).toBeGreaterThan(2)
    expect(ours.length).toBeLessThanOrEqual(10)
    await crm.close()
  })

  test('reports a mapping that does not fit', async () => {
    for (let number = 0; number < 8; number += 1) {
      await callerOf(fake)('POST', '/crm/properties/2026-09/companies', {
        name: `own_${number}`,
        label: `Own ${number}`,
        type: 'string',
        fieldType: 'text',
        groupName: 'companyinformation',
      })
    }
    const { needs } = await check({ object: 'products' })
    expect(needs.find(({ isMet }) => !isMet)?.advice).toBe(
      'qrsync needs 3 at least: delete some properties in HubSpot, or use another subscription.',
    )
  })
})

import { describe, expect, test } from 'vitest'
import { startFront } from '../../support/destinations/hubspot-front.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { fakeHubSpotForEach } from '../../support/destinations/fake-hubspot-for-each.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { allScopes } from '../../fake-hubspot/http/scopes.ts'
import {
  codeRow,
  codeRows,
  destinationTo,
  linkRow,
  type HubSpotSettings,
} from '../../support/destinations/hubspot-world.ts'

let fake: FakeHubSpot

fakeHubSpotForEach((started) => {
  fake = started
})

const everything: HubSpotSettings = {
  scans: true,
  link: [
    { object: 'contacts', property: 'email', parameter: 'utm_id' },
    { object: 'companies', property: 'domain', field: 'owner' },
  ],
}

const ofOurs = (object: string) =>
  fake.propertiesOf(object).filter(({ name }) => (name as string).startsWith('qrsync_'))
const writes = () =>
  Object.keys(fake.calls).filter((call) => !call.startsWith('GET') && !call.includes('/oauth/'))
const patches = () =>
  Object.entries(fake.calls)
    .filter(([call]) => call.startsWith('PATCH'))
    .reduce((sum, [, { calls }]) => sum + calls, 0)

/** Adds a property like a user, or like an older version of qrsync. */
async function addProperty(object: string, body: object) {
  const answer = await fetch(`${fake.url}/crm/properties/2026-09/${object}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${fake.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status, await answer.text()).toBe(201)
}

describe('preparing an account', () => {
  test('apply creates and reports objects, properties and links', async () => {
    const told = await destinationTo(fake, everything).apply()
    expect(told).toContain('create object qr_code with 21 properties')
    expect(told).toContain('create object qr_scan with 14 properties')
    expect(told).toContain('associate qr_scan with qr_code')
    expect(told).toContain('create property qrsync_total_scans on contacts')
    expect(told).toContain('create property qrsync_codes on companies')
    for (const object of ['qr_code', 'qr_scan', 'contacts', 'companies']) {
      for (const property of ofOurs(object)) expect(property).toMatchObject({ groupName: 'qrsync' })
    }
    const unique = (object: string) => ofOurs(object).filter(({ hasUniqueValue }) => hasUniqueValue)
    expect(unique('qr_code')).toMatchObject([{ name: 'qrsync_code_id' }])
    expect(unique('qr_scan')).toMatchObject([{ name: 'qrsync_scan_id' }])
    expect(unique('contacts')).toEqual([])
  })

  test('plan writes nothing, and reports the same', async () => {
    const crm = destinationTo(fake, everything)
    const told = await crm.plan()
    expect(writes()).toEqual([])
    expect(await crm.apply()).toEqual(told)
  })

  test('a second worker changes nothing, and the same worker makes no request again', async () => {
    const crm = destinationTo(fake, everything)
    await crm.apply()
    const before = writes().length + patches()
    expect(await destinationTo(fake, everything).apply()).toEqual([])
    expect(writes().length + patches()).toBe(before)
    const calls = JSON.stringify(fake.calls)
    expect(await crm.apply()).toEqual([])
    expect(JSON.stringify(fake.calls)).toBe(calls)
  })

  test('two workers can prepare the account at once', async () => {
    const workers = [destinationTo(fake, everything), destinationTo(fake, everything)]
    await Promise.all(workers.map((worker) => worker.apply()))
    for (const worker of workers) {
      expect(await worker.upsert('code_summaries', [codeRow(1)])).toEqual({ confirmed: 1, rejected: [] })
    }
    expect(fake.recordsOf('qr_code')).toHaveLength(1)
  })

  test('apply creates what is missing, and updates what an older version wrote differently', async () => {
    const old = {
      name: 'qrsync_name',
      label: 'Name of old',
      description: '',
      groupName: 'companyinformation',
    }
    await addProperty('companies', { ...old, type: 'string', fieldType: 'text' })
    const crm = destinationTo(fake, { object: 'companies' })
    const told = await crm.apply()
    expect(told).toContain('create property qrsync_status on companies')
    expect(told).not.toContain('create property qrsync_name on companies')
    expect(told).toContain('update property qrsync_name on companies')
    const updated = { name: 'qrsync_name', label: 'QR code', groupName: 'qrsync' }
    expect(ofOurs('companies')).toContainEqual(expect.objectContaining(updated))
    expect(await destinationTo(fake, { object: 'companies' }).apply()).toEqual([])
  })

  test('apply keeps a label that somebody changed in HubSpot', async () => {
    await destinationTo(fake, { object: 'companies' }).apply()
    const results = fake
      .propertiesOf('companies')
      .map((property) => ({ ...property, label: 'Kod QR', updatedUserId: '4711' }))
    const front = await startFront(fake.url, { 'GET /crm/properties/2026-09/0-2': { results } })
    expect(await destinationTo(fake, { object: 'companies', url: front.url }).apply()).toEqual([])
    await front.close()
  })

  test('apply creates deleted parts again, and all rows are sent again', async () => {
    const emptied = await startFakeHubSpot()
    const front = await startFront(fake.url)
    const crm = destinationTo(fake, { object: 'companies', url: front.url })
    await crm.apply()
    front.switchTo(emptied.url)
    await expect(crm.upsert('code_summaries', codeRows(2))).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      retry: 'backoff',
      message: expect.stringMatching(/was deleted in HubSpot: .*qrsync_/) as string,
    })
    expect((await crm.apply()).length).toBeGreaterThan(0)
    expect(await crm.upsert('code_summaries', codeRows(2))).toEqual({ confirmed: 2, rejected: [] })
    expect(emptied.violations).toEqual([])
    await Promise.all([front.close(), emptied.close()])
  })

  test('records of an object with a pipeline start in its first stage', async () => {
    const stages = [
      { id: 'contractsent', displayOrder: 4 },
      { id: 'appointmentscheduled', displayOrder: 0 },
    ]
    const pipelines = { results: [{ id: 'default', displayOrder: 0, stages }] }
    const front = await startFront(fake.url, { 'GET /crm/pipelines/2026-09/0-3': pipelines })
    const crm = destinationTo(fake, { object: 'deals', url: front.url })
    expect(await crm.upsert('code_summaries', codeRows(2))).toEqual({ confirmed: 2, rejected: [] })
    expect(fake.recordsOf('deals')[1]?.properties).toMatchObject({
      dealname: 'Menu 1',
      pipeline: 'default',
      dealstage: 'appointmentscheduled',
      qrsync_code_id: 'code-1',
    })
    await front.close()
  })
})

describe('apply refuses', () => {
  const refusal = (settings: HubSpotSettings) =>
    expect(destinationTo(fake, settings).apply()).rejects.toMatchObject({
      code: 'DESTINATION_FORBIDDEN',
      retry: 'backoff',
    })
  const message = async (settings: HubSpotSettings) => {
    const error: unknown = await destinationTo(fake, settings)
      .apply()
      .catch((error: unknown) => error)
    return (error as Error).message
  }

  test('custom objects without Enterprise', async () => {
    fake.setTier('professional')
    await refusal({})
    expect(await message({})).toMatch(
      /^Destination crm: .*custom objects.* qr_code.*\n.*Enterprise.*object: products/,
    )
    expect(await message({ object: 'companies', scans: true })).toMatch(
      /qr_scan.*\n.*leave out "scans: true"/,
    )
    await destinationTo(fake, { object: 'companies' }).apply()
  })

  test('an unknown object', async () => {
    await refusal({ object: 'gadgets' })
    expect(await message({ object: 'gadgets' })).toMatch(/has no object gadgets\.\nName another: .*companies/)
  })

  test('a link by a property that is missing or not searchable', async () => {
    const link = (property: string) => ({ link: [{ object: 'contacts', property, field: 'owner' }] })
    await refusal(link('no_such'))
    expect(await message(link('no_such'))).toMatch(/contacts in HubSpot have no property no_such/)
    expect(await message(link('createdate'))).toMatch(
      /cannot be found by createdate, which is of the type datetime/,
    )
  })

  test('a property with our name and another type', async () => {
    const body = { name: 'qrsync_total_scans', label: 'Mine', type: 'string', fieldType: 'text' }
    await addProperty('companies', { ...body, groupName: 'companyinformation' })
    await refusal({ object: 'companies' })
    expect(await message({ object: 'companies' })).toMatch(
      /qrsync_total_scans of companies .* type string, where number/,
    )
    expect(ofOurs('companies')).toHaveLength(1)
  })

  test('a missing scope, which the error names', async () => {
    fake.setScopes([
      'oauth',
      'crm.objects.companies.read',
      'crm.objects.companies.write',
      'crm.schemas.companies.read',
    ])
    await refusal({ object: 'companies' })
    expect(await message({ object: 'companies' })).toMatch(
      /MISSING_SCOPES.*\n.*the scope .*crm\.schemas\.companies\.write/,
    )
  })

  test('a token that HubSpot does not accept', async () => {
    fake.expireToken()
    await refusal({})
    expect(await message({})).toMatch(/does not accept the token .*401.*\nSet the token of a service key/)
    fake.renewToken()
    expect((await destinationTo(fake).apply()).length).toBeGreaterThan(0)
  })
})

describe('`lists: true`', () => {
  const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]
  const settings: HubSpotSettings = { object: 'products', lists: true, link }

  test('creates an active list of recently scanned records once, and leaves it to its users', async () => {
    const crm = destinationTo(fake, { ...settings, names: { links: { last_scanned_at: 'acme_last_scan' } } })
    const change = 'create list "QR scan in the last 7 days (contacts)"'
    expect(await crm.plan()).toContain(change)
    expect(fake.lists).toEqual([])
    expect(await crm.apply()).toContain(change)
    expect(fake.lists).toMatchObject([
      {
        name: 'QR scan in the last 7 days (contacts)',
        objectTypeId: '0-1',
        processingType: 'DYNAMIC',
        filterBranch: {
          filterBranches: [
            {
              filters: [
                {
                  property: 'acme_last_scan',
                  operation: { operator: 'IS_LESS_THAN_X_DAYS_AGO', numberOfDays: 7 },
                },
              ],
            },
          ],
        },
      },
    ])
    expect(await destinationTo(fake, settings).apply()).not.toContain(change)
    expect(fake.lists).toHaveLength(1)
    await destinationTo(fake, { ...settings, language: 'de' }).apply()
    expect(fake.lists.map(({ name }) => name)).toContain('QR-Scan in den letzten 7 Tagen (contacts)')
  })

  test('stops nothing if HubSpot refuses it; check and apply say so', async () => {
    fake.setScopes(allScopes.filter((scope) => scope !== 'crm.lists.write'))
    const ada = fake.addContact({ email: 'ada@example.com' })
    const crm = destinationTo(fake, settings)
    const unmet = (await crm.check()).needs.filter(({ isMet }) => !isMet)
    expect(unmet.map(({ what }) => what)).toEqual(['scope crm.lists.write'])
    await crm.apply()
    expect(crm.leftAlone?.()).toEqual([
      expect.stringMatching(/^no list "QR scan in the last 7 days \(contacts\)": HubSpot says: .*scopes/),
    ])
    const rows = [linkRow('contacts.email', ada)]
    expect(await crm.upsert('link_summaries', rows)).toEqual({ confirmed: 1, rejected: [] })
  })
})

import { afterEach, describe, expect, test } from 'vitest'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot, type FakeHubSpotOptions } from '../../fake-hubspot/fake-hubspot.ts'
import { callerOf, qrCodeSchema, type HubSpotCaller } from '../../fake-hubspot/hubspot-caller.ts'
import { startHubSpotProcess } from '../../fake-hubspot/hubspot-process.ts'

let fake: FakeHubSpot
let call: HubSpotCaller
let nowMs = Date.parse('2026-11-25T12:00:00Z')

async function start(options: FakeHubSpotOptions = {}): Promise<void> {
  fake = await startFakeHubSpot({ now: () => nowMs, ...options })
  call = callerOf(fake)
}
afterEach(() => fake.close())

const details = '/account-info/2026-09/details'
const companies = '/crm/objects/2026-09/companies'
const company = { properties: { name: 'Acme' }, associations: [] }
const createCompany = () => call('POST', companies, company)
const updateCompanies = (...ids: string[]) =>
  call('POST', `${companies}/batch/update`, {
    inputs: ids.map((id) => ({ id, properties: { city: 'Rome' }, objectWriteTraceId: id })),
  })

describe('tokens, scopes and tiers', () => {
  test('an unknown or expired token is refused until it is valid again', async () => {
    await start()
    expect(await call('GET', details, undefined, 'pat-na1-other')).toMatchObject({
      status: 401,
      body: { category: 'INVALID_AUTHENTICATION' },
    })
    fake.expireToken()
    nowMs += 5000
    const { status, body } = await call('GET', details)
    expect([status, body.category]).toEqual([401, 'EXPIRED_AUTHENTICATION'])
    expect(body.message).toContain('expired 5 second(s) ago')
    fake.renewToken()
    expect((await call('GET', details)).body.portalId).toBe(fake.portalId)
  })

  test('an error names the missing scope', async () => {
    await start({ scopes: ['oauth', 'crm.objects.companies.read', 'crm.schemas.contacts.write'] })
    expect((await call('GET', companies)).status).toBe(200)
    expect(await createCompany()).toMatchObject({
      status: 403,
      body: {
        category: 'MISSING_SCOPES',
        errors: [{ context: { requiredGranularScopes: ['crm.objects.companies.write'] } }],
      },
    })
    const group = { name: 'qrsync', label: 'qrsync' }
    expect((await call('POST', '/crm/properties/2026-09/companies/groups', group)).status).toBe(403)
    expect((await call('POST', '/crm/properties/2026-09/contacts/groups', group)).status).toBe(201)
    // A token that may read records may read their properties.
    expect((await call('GET', '/crm/properties/2026-09/companies')).status).toBe(200)
  })

  test("the token's description lists its scopes", async () => {
    await start({ scopes: ['oauth', 'crm.objects.custom.read'] })
    const path = '/oauth/v2/private-apps/get/access-token-info'
    const told = await call('POST', path, { tokenKey: fake.token })
    expect(told.body).toMatchObject({ hubId: fake.portalId, scopes: ['oauth', 'crm.objects.custom.read'] })
    fake.setTier('professional')
    expect((await call('POST', path, { tokenKey: fake.token })).body.scopes).toEqual(['oauth'])
    expect((await call('POST', path, { tokenKey: 'other' })).status).toBe(401)
  })

  test('custom objects need an Enterprise account', async () => {
    await start()
    const { body } = await call('POST', '/crm-object-schemas/2026-09/schemas', qrCodeSchema)
    const records = `/crm/objects/2026-09/${body.objectTypeId}`
    expect((await call('GET', records)).status).toBe(200)
    fake.setTier('professional')
    expect((await call('GET', records)).body.category).toBe('MISSING_SCOPES')
    expect((await call('POST', '/crm-object-schemas/2026-09/schemas', qrCodeSchema)).status).toBe(403)
    expect((await createCompany()).status).toBe(201)
  })
})

describe('limits', () => {
  test.each([
    ['starter', 100],
    ['professional', 190],
  ] as const)('%s accepts %d calls in any ten seconds', async (tier, max) => {
    await start({ tier })
    for (let count = 0; count < max; count++) expect((await call('GET', details)).status).toBe(200)
    nowMs += 9_999
    const { status, body, headers } = await call('GET', details)
    expect(status).toBe(429)
    expect(body).toMatchObject({ errorType: 'RATE_LIMIT', policyName: 'TEN_SECONDLY_ROLLING' })
    expect(headers.get('x-hubspot-ratelimit-max')).toBe(String(max))
    expect(headers.get('x-hubspot-ratelimit-remaining')).toBe('0')
    expect(headers.get('retry-after')).toBeNull()
    nowMs += 1
    const next = await call('GET', details)
    expect(next.status).toBe(200)
    expect(next.headers.get('x-hubspot-ratelimit-remaining')).toBe(String(max - 1))
    expect([fake.refused429, fake.peakIn10Seconds]).toEqual([1, max])
  })

  test("all apps share the daily limit, which resets at midnight in the account's time zone", async () => {
    nowMs = Date.parse('2026-11-25T23:00:00-05:00')
    await start({ limits: { daily: 10 } })
    fake.spendDaily(9)
    const usage = await call('GET', '/account-info/2026-09/api-usage/daily/private-apps')
    expect(usage.body.results[0]).toMatchObject({
      usageLimit: 10,
      currentUsage: 10,
      resetsAt: '2026-11-26T05:00:00.000Z',
    })
    expect((await call('GET', details)).body.policyName).toBe('DAILY')
    nowMs = Date.parse('2026-11-26T00:00:00-05:00')
    const { status, headers } = await call('GET', details)
    expect(status).toBe(200)
    expect(headers.get('x-hubspot-ratelimit-daily-remaining')).toBe('9')
  })

  test('search has its own limit, and sends no limit headers', async () => {
    await start()
    const search = () =>
      call('POST', `${companies}/search`, {
        after: '0',
        filterGroups: [],
        limit: 1,
        properties: [],
        sorts: [],
      })
    const answers = await Promise.all(Array.from({ length: 6 }, search))
    expect(answers.filter(({ status }) => status === 429).map(({ body }) => body.policyName)).toEqual([
      'SECONDLY',
    ])
    expect(answers[0]?.headers.get('x-hubspot-ratelimit-max')).toBeNull()
  })
})

describe('requests that differ from the published models', () => {
  test('a missing or mistyped field is refused; an unknown one is only recorded', async () => {
    await start()
    expect((await call('POST', companies, { properties: { name: 'A' } })).status).toBe(400)
    expect((await call('POST', companies, { ...company, associations: 'none' })).status).toBe(400)
    expect((await call('POST', companies, { ...company, colour: 'red' })).status).toBe(201)
    expect((await call('GET', '/crm/v3/objects/companies')).status).toBe(404)
    expect((await call('GET', `${companies}?limit=2&page=3`)).status).toBe(200)
    expect(fake.violations.map(({ problem }) => problem)).toEqual([
      expect.stringContaining("must have required property 'associations'"),
      expect.stringContaining('/associations must be array'),
      expect.stringContaining('(colour)'),
      'no such path in the published files',
      'query: no parameter page',
    ])
  })

  test('an unknown object type is refused', async () => {
    await start()
    const { status, body } = await call('GET', '/crm/objects/2026-09/widgets')
    expect([status, body.message]).toEqual([400, 'Unable to infer object type from: widgets'])
  })
})

describe('injected faults', () => {
  test.each([
    ['bad-gateway', 502],
    ['unavailable', 503],
    ['timeout', 504],
    ['locked', 423],
    ['ten-secondly', 429],
  ] as const)('%s answers %d, and has no effect', async (fault, expected) => {
    await start()
    fake.failNext(fault)
    expect((await createCompany()).status).toBe(expected)
    expect(fake.recordsOf('companies')).toEqual([])
    expect(fake.refused429).toBe(0)
    expect((await createCompany()).status).toBe(201)
  })

  test.each([
    ['drop-before', 0],
    ['drop-after', 1],
  ] as const)('%s sends no response, and leaves %d records', async (fault, records) => {
    await start()
    fake.failNext(fault)
    await expect(createCompany()).rejects.toThrow('fetch failed')
    expect(fake.recordsOf('companies')).toHaveLength(records)
    expect(fake.calls['POST /crm/objects/2026-09/{objectType}']?.answers).toEqual({ dropped: 1 })
  })

  test('a conflict and a partial failure happen once, and the next call succeeds', async () => {
    await start()
    const ids = ['A', 'B', 'C'].map((name) => fake.addRecord('companies', { name }))
    fake.failNext('conflict')
    expect((await updateCompanies(...ids)).status).toBe(409)
    expect(fake.recordsOf('companies').some(({ properties }) => 'city' in properties)).toBe(false)
    fake.failNext('partial')
    const { status, body } = await updateCompanies(...ids)
    expect(status).toBe(207)
    expect(body.results.length + body.numErrors).toBe(3)
    expect((await updateCompanies(...ids)).status).toBe(200)
  })

  test('random faults are the same for the same seed, at about the requested rate', async () => {
    const run = async (seed: number) => {
      await start({ faults: { rate: 0.3, seed }, limits: { tenSecondly: 1000 } })
      const seen: (number | string)[] = []
      for (let count = 0; count < 100; count++) {
        seen.push(
          await createCompany().then(
            ({ status }) => status,
            () => 'dropped',
          ),
        )
      }
      const injected = Object.values(fake.faults).reduce((sum, one) => sum + one, 0)
      await fake.close()
      return { seen: seen.join(), injected }
    }
    const [first, again, other] = [await run(7), await run(7), await run(8)]
    expect(again).toEqual(first)
    expect(other.seen).not.toBe(first.seen)
    expect(first.injected).toBeGreaterThan(15)
    expect(first.injected).toBeLessThan(45)
    await start()
  })

  test('every call fails while the fake is down', async () => {
    await start()
    fake.goDown()
    await expect(call('GET', details)).rejects.toThrow('fetch failed')
    await expect(createCompany()).rejects.toThrow('fetch failed')
    fake.comeBack()
    expect((await createCompany()).status).toBe(201)
  })
})

test('a separate process behaves the same, and is controlled over HTTP', async () => {
  await start()
  const other = await startHubSpotProcess(['--tier', 'starter'])
  try {
    const callOther = callerOf(other)
    await other.control('records/contacts', { email: 'ada@example.com' })
    expect((await callOther('GET', '/crm/objects/2026-09/contacts')).body.results).toHaveLength(1)
    await other.control('fail-next', { fault: 'unavailable' })
    expect((await callOther('GET', details)).status).toBe(503)
    await other.control('down', {})
    await expect(callOther('GET', details)).rejects.toThrow('fetch failed')
    await other.control('up', {})
    expect(await other.control('records/contacts')).toMatchObject([
      { properties: { email: 'ada@example.com' } },
    ])
    expect(await other.control('state')).toMatchObject({
      violations: [],
      faults: { unavailable: 1 },
      calls: { 'GET /crm/objects/2026-09/{objectType}': { calls: 1, answers: { 200: 1 } } },
    })
  } finally {
    await other.stop()
  }
})

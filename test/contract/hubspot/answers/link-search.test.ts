import { afterEach, beforeEach, expect, test } from 'vitest'
import { deliver } from '../../../../activities/delivery/deliver.ts'
import type { Ledger } from '../../../../src/ledger/base/schema.ts'
import { readRejects } from '../../../../src/ledger/deliveries/rejects.ts'
import { readWaitingKeys } from '../../../../src/ledger/summaries/link-keys.ts'
import type { FakeHubSpot } from '../../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../../fake-hubspot/fake-hubspot.ts'
import { startFront } from '../../../support/destinations/hubspot-front.ts'
import { callsTo, destinationTo } from '../../../support/destinations/hubspot-world.ts'
import { landCodes, landNewScans } from '../../../support/ledger/filled-ledger.ts'
import { codeOf, scanOf } from '../../../support/ledger/landed-rows.ts'
import { temporaryLedger } from '../../../support/ledger/temporary-ledger.ts'
import { activityDeps } from '../../../support/worlds/activity-deps.ts'

let ledger: Ledger
let fake: FakeHubSpot
let nowMs: number

beforeEach(async () => {
  nowMs = Date.now()
  ledger = await temporaryLedger()
  // The limit of searches per second has tests of its own: here each call is made in another second.
  fake = await startFakeHubSpot({ limits: { tenSecondly: 1_000_000 }, now: () => (nowMs += 250) })
})

afterEach(async () => {
  expect(fake.violations, 'requests as HubSpot publishes them').toEqual([])
  await fake.close()
  await ledger.destroy()
})

const rule = 'companies.domain'
const link = [{ object: 'companies', property: 'domain', parameter: 'utm_id' }]
const companyOf = (domain: string) => fake.addRecord('companies', { name: domain, domain })
const moreThanOneSearchReturns = 10_500

/** Lands a code with one scan for each domain that it names. */
async function landLinks(domains: readonly string[]) {
  const codes = domains.map((domain, number) => ({
    ...codeOf(number),
    destination_url: `https://example.com/?utm_id=${domain}`,
    scan_count: 1,
  }))
  await landCodes(ledger, codes, nowMs)
  const scans = codes.map(({ id }, number) => scanOf({ id: `scan-${number}`, qr_code_id: id }))
  await landNewScans(ledger, scans, nowMs)
}

test('a link run that meets both limits of the search accounts for every key, and finds a new company within the hour', async () => {
  const [usual, common, added, missing] = [
    Array.from({ length: 20 }, (_, number) => `d${number}.com`),
    'common.com',
    'added.com',
    'missing.com',
  ]
  for (const domain of usual) companyOf(domain)
  for (let number = 0; number < moreThanOneSearchReturns; number += 1) companyOf(common)
  await landLinks([common, ...usual, added, missing])
  nowMs += 3_600_000
  fake.setSearchLag(60_000)
  companyOf(added)

  const crm = destinationTo(fake, { object: 'none', link })
  const clock = { now: () => nowMs, sleep: () => Promise.resolve() }
  const deps = activityDeps({ ledger, api: {} as never, destinations: new Map([['crm', crm]]), clock })
  const run = async () => {
    let isDone = false
    while (!isDone) {
      ;({ isDone } = await deliver(
        deps,
        { destination: 'crm', isUrgent: true },
        new AbortController().signal,
      ))
    }
    const keys = await ledger.selectFrom('link_keys').select('record_id').execute()
    const rejects = await readRejects(ledger, { connector: 'test', destination: 'crm' }, 10)
    const shown = fake
      .recordsOf('companies')
      .filter(({ properties }) => properties['qrsync_total_scans'] === '1')
    return {
      found: keys.filter(({ record_id: id }) => id !== null).length,
      refused: rejects.map(({ id, reason }) => `${id}: ${reason}`),
      waiting: (await readWaitingKeys(ledger, { connector: 'test', destination: 'crm' })).keys,
      shown: shown.length,
    }
  }
  const refused = ['companies.domain/common.com: more than one companies record with domain = common.com']
  expect(await run()).toEqual({ found: 20, refused, waiting: 2, shown: 20 })
  nowMs += 3_600_000
  expect(await run()).toEqual({ found: 21, refused, waiting: 1, shown: 21 })
  await crm.close()
})

test('a search whose hits match no key ends at the 10,000th, and is no error', async () => {
  for (let number = 0; number < moreThanOneSearchReturns; number += 1) companyOf('common.com')
  const front = await startFront(fake.url, {}, (call, body) => {
    if (!call.endsWith('/search')) return undefined
    const results = (body['results'] as { id: string }[]).map(({ id }) => ({
      id,
      properties: { domain: 'another-name.com' },
    }))
    return { status: 200, body: { ...body, results } }
  })
  const crm = destinationTo(fake, { object: 'none', link, url: front.url })
  expect(await crm.links?.find(rule, ['common.com'])).toEqual(new Map([['common.com', { is: 'none' }]]))
  expect(callsTo(fake, '/search')).toBe(10_000 / 200)
  const answers = Object.entries(fake.calls).find(([call]) => call.endsWith('/search'))?.[1].answers
  expect(answers, 'none of them beyond the limit').toEqual({ 200: 50 })
  await front.close()
})

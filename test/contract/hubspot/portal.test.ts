import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { deliver } from '../../../activities/delivery/deliver.ts'
import { check } from '../../../src/cli/commands/setup/check.ts'
import { ensureConnector } from '../../../src/ledger/connector/connector-state.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { readDestination } from '../../../src/insight/read-destinations.ts'
import { readDeliveryStanding } from '../../../src/insight/read-standing.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { conditionsOf } from '../../../src/observability/alerts/conditions.ts'
import { readVitals } from '../../../src/observability/vitals.ts'
import { deliveryDetails } from '../../../workflows/details.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { fillLedger, landNewScans } from '../../support/ledger/filled-ledger.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { destinationTo } from '../../support/destinations/hubspot-world.ts'
import { scanOf } from '../../support/ledger/landed-rows.ts'

/**
 * A token of the sandbox at first, then one of the production account: the ledger has delivered everything
 * before.
 */
let sandbox: FakeHubSpot
let production: FakeHubSpot
let folder: string
let ledger: Ledger

beforeEach(async () => {
  const limits = { tenSecondly: 1_000_000 }
  sandbox = await startFakeHubSpot({ limits, portalId: 111 })
  production = await startFakeHubSpot({ limits, portalId: 222 })
  folder = await mkdtemp(join(tmpdir(), 'qrsync-portal-'))
  ledger = await openLedger(join(folder, 'ledger.db'))
  await ensureConnector(ledger, 'test')
  await fillLedger(ledger, { codes: 3, scans: 150, nowMs: Date.now() })
})

afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all([sandbox.close(), production.close()])
  await ledger.destroy()
  await rm(folder, { recursive: true })
})

async function deliverTo(fake: FakeHubSpot, settings = {}) {
  const crm = destinationTo(fake, { scans: true, ...settings })
  const deps = activityDeps({ ledger, api: {} as never, destinations: new Map([['crm', crm]]) })
  let isDone = false
  while (!isDone) {
    ;({ isDone } = await deliver(deps, { destination: 'crm', isUrgent: true }, new AbortController().signal))
  }
}

async function checked(fake: FakeHubSpot, object = 'qr_code'): Promise<string> {
  const config = join(folder, 'qrsync.yaml')
  await writeFile(
    config,
    `connector: test
source: { key: qrs_${'0'.repeat(64)} }
ledger: { path: ${join(folder, 'ledger.db')} }
destinations:
  crm: { type: hubspot, token: ${fake.token}, url: '${fake.url}', scans: true, object: ${object} }
`,
  )
  const lines: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(String(text).trimEnd())
    return true
  })
  await check({ config, destination: 'crm', json: false })
  vi.restoreAllMocks()
  return lines.join('\n')
}

const streams = ['code_summaries', 'scans'] as const

test('with a token of another account, check reports it, and qrsync fills the account from the first row even if nothing new landed', async () => {
  await deliverTo(sandbox)
  expect(await checked(sandbox)).toMatch(/Nothing is missing\.$/)
  expect(await checked(sandbox, 'deals')).toMatch(/^ {2}note {5}Each code becomes a deal: forecasts/m)
  const told = await checked(production)
  expect(told).toContain('HubSpot account 111, object qr_code')
  expect(told).toMatch(/filled again from the first row/)

  await deliverTo(production)
  expect(production.recordsOf('qr_code')).toHaveLength(3)
  expect(production.recordsOf('qr_scan')).toHaveLength(150)
  expect(await checked(production)).toMatch(/Nothing is missing\.$/)
})

test('an account that cannot be distinguished from the previous one gets no rows', async () => {
  await deliverTo(sandbox)
  await landNewScans(ledger, [scanOf({ id: 'scan-new', qr_code_id: 'code-1' })], Date.now())
  production.failNext('unavailable')
  await expect(deliverTo(production)).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' })
  // The first token is back: rows of the meantime are in this account, and in no other.
  await deliverTo(sandbox)
  expect(sandbox.recordsOf('qr_scan')).toHaveLength(151)
})

test('status, the UI and an alert report the change; status reports it until the account has all rows', async () => {
  await deliverTo(sandbox)
  const crm = destinationTo(production, { scans: true })
  const deps = activityDeps({ ledger, api: {} as never, destinations: new Map([['crm', crm]]) })
  // The account is known, and then HubSpot fails before anything has arrived.
  await crm.apply()
  production.goDown()
  await expect(
    deliver(deps, { destination: 'crm', isUrgent: true }, new AbortController().signal),
  ).rejects.toThrow()
  expect(await readDestination(ledger, 'test', 'crm', streams)).toMatchObject({
    rowsBehind: 153,
    refill: { before: 'HubSpot account 111, object qr_code', now: 'HubSpot account 222, object qr_code' },
  })
  const standing = await readDeliveryStanding(ledger, 'test', 'crm')
  expect(deliveryDetails('**Delivering**', 'crm', { delivered: 0, rejected: 0 }, standing)).toMatch(
    /Writes to:\*\* HubSpot account 222, object qr_code, since .*before: HubSpot account 111/,
  )
  const watched = {
    connector: 'test',
    ledger,
    destinations: new Map([['crm', { streams, gatherMs: 0 }]]),
    settingsOf: null,
  }
  const vitals = await readVitals(ledger, [watched], Date.now())
  expect(conditionsOf(vitals, [], Date.now()).map(({ condition }) => condition)).toContain(
    'destination changed',
  )

  production.comeBack()
  await deliverTo(production)
  expect(await readDestination(ledger, 'test', 'crm', streams)).toMatchObject({ rowsBehind: 0, refill: null })
})

test('another object in the same account is filled too', async () => {
  await deliverTo(sandbox, { scans: false })
  await deliverTo(sandbox, { scans: false, object: 'products' })
  expect(sandbox.recordsOf('products')).toHaveLength(3)
})

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startFront } from '../../support/destinations/hubspot-front.ts'
import type { LandedRow } from '../../../src/streams/streams.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import {
  callsTo,
  codeRow,
  codeRows,
  destinationTo,
  unpaced,
} from '../../support/destinations/hubspot-world.ts'
import { outcomesFrom } from '../../support/destinations/with-upsert.ts'
import { PropertyOptions } from '../../../src/destinations/hubspot/account/options.ts'
import { createClient } from '../../../src/destinations/hubspot/http/client.ts'
import { fieldsOf } from '../../../src/destinations/hubspot/mapping/fields.ts'
import { Likeness } from '../../../src/destinations/hubspot/mapping/likeness.ts'
import { createRecordIds } from '../../../src/destinations/hubspot/mapping/record-ids.ts'
import { upsertCodes } from '../../../src/destinations/hubspot/records/upsert-codes.ts'
import { hubspotSettings } from '../../../src/destinations/hubspot/settings.ts'

let fake: FakeHubSpot

beforeEach(async () => {
  fake = await startFakeHubSpot()
})

afterEach(async () => {
  expect(fake.violations, 'requests as HubSpot publishes them').toEqual([])
  await fake.close()
})

describe('codes as records', () => {
  test('every field arrives', async () => {
    const crm = destinationTo(fake)
    await crm.apply()
    expect(await crm.upsert('code_summaries', [codeRow(1)])).toEqual({ confirmed: 1, rejected: [] })
    expect(fake.recordsOf('qr_code').map(({ properties }) => properties)).toEqual([
      {
        qrsync_code_id: 'code-1',
        qrsync_name: 'Menu 1',
        qrsync_status: 'active',
        qrsync_destination_url: 'https://example.com/menu?utm_id=1&utm_source=table',
        qrsync_utm_source: 'table',
        qrsync_short_url: 'https://qr.example.com/r/1',
        qrsync_total_scans: '7',
        qrsync_unique_scans: '5',
        qrsync_scans_last_7_days: '2',
        qrsync_scans_last_30_days: '4',
        qrsync_first_scanned_at: '2026-01-02T03:04:05.678Z',
        qrsync_last_scanned_at: '2026-02-03T04:05:06.789Z',
        qrsync_top_device: 'mobile',
        qrsync_top_country: 'PL',
        qrsync_last_device: 'tablet',
        qrsync_last_country: 'CZ',
        qrsync_last_city: 'Brno',
      },
    ])
  })

  test('a record is updated, and a value that became null is cleared', async () => {
    const crm = destinationTo(fake)
    await crm.upsert('code_summaries', codeRows(3))
    const changed = { total_scans: 8, name: null, top_country: null, status: 'deleted' }
    await crm.upsert('code_summaries', [codeRow(1, changed)])
    const [before, record, after] = fake.recordsOf('qr_code')
    expect(record?.properties).toMatchObject({ qrsync_total_scans: '8', qrsync_status: 'deleted' })
    expect(Object.keys(record?.properties ?? {})).not.toContain('qrsync_top_country')
    expect([before, after]).toMatchObject([
      { properties: { qrsync_total_scans: '7' } },
      { properties: { qrsync_total_scans: '7' } },
    ])
  })

  test.each([1, 100, 101, 1_000])('%i changed codes need one call per 100', async (count) => {
    const crm = destinationTo(fake)
    await crm.apply()
    expect(await crm.upsert('code_summaries', codeRows(count))).toEqual({ confirmed: count, rejected: [] })
    expect(callsTo(fake, 'batch/upsert')).toBe(Math.ceil(count / 100))
    expect(fake.recordsOf('qr_code')).toHaveLength(count)
  })

  test('if a batch has a code twice, the later row is kept and both are confirmed', async () => {
    const crm = destinationTo(fake)
    const rows = [codeRow(1, { total_scans: 1 }), codeRow(2), codeRow(1, { total_scans: 2 })]
    expect(await crm.upsert('code_summaries', rows)).toEqual({ confirmed: 3, rejected: [] })
    expect(fake.recordsOf('qr_code')).toMatchObject([
      { properties: { qrsync_total_scans: '2' } },
      { properties: { qrsync_code_id: 'code-2' } },
    ])
  })

  test('a row that is not JSON does not delay the others', async () => {
    const crm = destinationTo(fake)
    const cut = { seq: 0, id: 'cut', json: '{"id": "cut", "na' }
    expect(await crm.upsert('code_summaries', [codeRow(1), cut])).toEqual({
      confirmed: 1,
      rejected: [{ id: 'cut', reason: expect.stringMatching(/cannot be read/) as string }],
    })
  })
})

function pairRow(record: string, code: number): LandedRow {
  const rule = 'contacts.email'
  const pair = {
    id: `${rule}#${record}/code-${code}`,
    rule,
    record,
    qr_code_id: `code-${code}`,
    is_linked: true,
  }
  return { seq: 0, id: pair.id, json: JSON.stringify(pair) }
}

describe('a standard object instead of the custom object', () => {
  const name = (record: { properties: Record<string, string> } | undefined) => record?.properties['name']

  test('new records get a name, and a name that somebody changes stays', async () => {
    const crm = destinationTo(fake, { object: 'companies' })
    await crm.apply()
    await crm.upsert('code_summaries', codeRows(2))
    expect(fake.recordsOf('companies').map(name)).toEqual(['Menu 0', 'Menu 1'])
    await destinationTo(fake, { object: 'companies' }).upsert(
      'code_summaries',
      codeRows(3, { name: 'Lunch' }),
    )
    expect(fake.recordsOf('companies')).toMatchObject([
      { properties: { name: 'Menu 0', qrsync_name: 'Lunch' } },
      { properties: { name: 'Menu 1', qrsync_name: 'Lunch' } },
      { properties: { name: 'Lunch', qrsync_name: 'Lunch' } },
    ])
  })

  test('qrsync asks once which records are new', async () => {
    const crm = destinationTo(fake, { object: 'companies' })
    await crm.apply()
    for (const total_scans of [1, 2, 3]) await crm.upsert('code_summaries', codeRows(200, { total_scans }))
    expect(callsTo(fake, 'batch/upsert')).toBe(6)
    expect(callsTo(fake, 'batch/read')).toBe(2)
  })

  test.each([
    ['companies', 'name'],
    ['contacts', 'firstname'],
  ])(
    'records of %s that somebody deletes are created again, with their names',
    async (object, nameProperty) => {
      const emptied = await startFakeHubSpot()
      await destinationTo(emptied, { object }).apply()
      const front = await startFront(fake.url)
      const crm = destinationTo(fake, { object, url: front.url })
      await crm.upsert('code_summaries', codeRows(2))
      front.switchTo(emptied.url)
      const rows = codeRows(3, { total_scans: 8 })
      expect(await crm.upsert('code_summaries', rows)).toEqual({ confirmed: 3, rejected: [] })
      const names = emptied.recordsOf(object).map(({ properties }) => properties[nameProperty])
      expect(names.toSorted()).toEqual(['Menu 0', 'Menu 1', 'Menu 2'])
      await Promise.all([front.close(), emptied.close()])
    },
  )

  test('a record that was created for its scans gets the name of its code, unless somebody has named it since', async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]
    const crm = destinationTo(fake, { object: 'companies', link })
    await crm.upsert('link_codes', [pairRow(ada, 0), pairRow(ada, 1)])
    const [first] = fake.recordsOf('companies')
    expect(fake.recordsOf('companies').map(name)).toEqual(['code-0', 'code-1'])
    fake.changeRecord('companies', first?.id ?? '', { name: 'Front door' })
    await crm.upsert('code_summaries', codeRows(2))
    expect(fake.recordsOf('companies').map(name)).toEqual(['Front door', 'Menu 1'])
  })

  test('a record that another worker creates again for its scans gets the name of its code', async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]
    const [crm, other] = [1, 2].map(() => destinationTo(fake, { object: 'companies', link }))
    await crm?.upsert('code_summaries', codeRows(2))
    for (const { id } of fake.recordsOf('companies')) fake.removeRecord('companies', id)
    await other?.upsert('link_codes', [pairRow(ada, 0), pairRow(ada, 1)])
    const [first] = fake.recordsOf('companies')
    fake.changeRecord('companies', first?.id ?? '', { name: 'Front door' })
    const rows = codeRows(2, { total_scans: 8 })
    expect(await crm?.upsert('code_summaries', rows)).toEqual({ confirmed: 2, rejected: [] })
    expect(fake.recordsOf('companies').map(name)).toEqual(['Front door', 'Menu 1'])
  })

  test('records of other apps stay unchanged', async () => {
    const id = fake.addRecord('companies', { name: 'Acme' })
    await destinationTo(fake, { object: 'companies' }).upsert('code_summaries', codeRows(2))
    expect(fake.recordsOf('companies').find((record) => record.id === id)?.properties).toEqual({
      name: 'Acme',
    })
  })
})

describe('the name of a record of a standard object', () => {
  const reads = 'POST /crm/objects/2026-09/0-2/batch/read'
  const named = (object = 'companies', nameProperty = 'name') => {
    const all = fake.recordsOf(object).map(({ properties }) => properties)
    return Object.fromEntries(all.map((each) => [each['qrsync_code_id'] ?? '', each[nameProperty] ?? null]))
  }

  test('stays as users wrote it, even if the batch is larger than what qrsync remembers', async () => {
    const crm = destinationTo(fake, { object: 'companies' })
    await crm.upsert('code_summaries', codeRows(4))
    for (const { id } of fake.recordsOf('companies')) {
      fake.changeRecord('companies', id, { name: 'By a user' })
    }
    const config = hubspotSettings.parse({ type: 'hubspot', token: fake.token, url: fake.url })
    const client = createClient({ name: 'crm', config, pacer: unpaced })
    const codes = {
      name: 'companies',
      typeId: '0-2',
      canBeAssociated: true,
      forNew: { nameProperty: 'name', values: {} },
    }
    const recordIds = createRecordIds(2)
    const first = fake.recordsOf('companies')[0]?.id ?? ''
    recordIds.set('code-0', { recordId: first, isNamed: true })
    const known = {
      recordIds,
      likeness: new Likeness(),
      options: new PropertyOptions('en'),
      fields: fieldsOf({ parameters: [], properties: {}, names: {} }).codes,
    }
    const rows = codeRows(5, { total_scans: 8 })
    const outcomes = await outcomesFrom(upsertCodes(client.begin(), codes, known, rows))
    await client.close()
    expect(outcomes.map(({ is }) => is)).toEqual(rows.map(() => 'confirmed'))
    expect(Object.values(named())).toEqual([...Array.from({ length: 4 }, () => 'By a user'), 'Menu 4'])
  })

  test('comes with the next delivery if HubSpot failed between the new record and its name', async () => {
    let upsertsUntilFailure = Infinity
    const front = await startFront(fake.url, (call) =>
      call.endsWith('/batch/upsert') && upsertsUntilFailure-- === 0 ? 503 : undefined,
    )
    // HubSpot creates a contact without a name; most other objects need one.
    const crm = destinationTo(fake, { object: 'contacts', url: front.url })
    await crm.upsert('code_summaries', codeRows(2))
    for (const { id } of fake.recordsOf('contacts')) fake.removeRecord('contacts', id)
    upsertsUntilFailure = 1
    const rows = codeRows(2, { total_scans: 8 })
    await expect(crm.upsert('code_summaries', rows)).rejects.toMatchObject({ retry: 'backoff' })
    expect(named('contacts', 'firstname')).toEqual({ 'code-0': null, 'code-1': null })
    expect(await crm.upsert('code_summaries', rows)).toEqual({ confirmed: 2, rejected: [] })
    expect(named('contacts', 'firstname')).toEqual({ 'code-0': 'Menu 0', 'code-1': 'Menu 1' })
    await front.close()
  })

  test('stays if HubSpot refuses to say which records are new', async () => {
    await destinationTo(fake, { object: 'companies' }).upsert('code_summaries', codeRows(2))
    for (const { id } of fake.recordsOf('companies')) {
      fake.changeRecord('companies', id, { name: 'By a user' })
    }
    const refusal = { status: 'error', category: 'VALIDATION_ERROR', message: 'cannot be read now' }
    const front = await startFront(fake.url, { [reads]: { status: 400, body: refusal } })
    const ada = fake.addContact({ email: 'ada@example.com' })
    const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]
    const crm = destinationTo(fake, { object: 'companies', link, url: front.url })
    const rows = codeRows(3, { total_scans: 8 })
    const { rejected } = await crm.upsert('link_codes', [pairRow(ada, 0)])
    expect(rejected).toMatchObject([{ reason: 'its QR code has no record: cannot be read now' }])
    expect(await crm.upsert('code_summaries', rows)).toEqual({
      confirmed: 2,
      rejected: [
        { id: 'code-2', reason: expect.stringMatching(/without a name, .* cannot be read now/) as string },
      ],
    })
    expect(named()).toEqual({ 'code-0': 'By a user', 'code-1': 'By a user' })
    await front.close()
  })
})

describe('the fingerprint', () => {
  test('depends on the row and the account’s object only', async () => {
    const crm = destinationTo(fake)
    await crm.apply()
    const again = destinationTo(fake)
    await again.apply()
    const companies = destinationTo(fake, { object: 'companies' })
    await companies.apply()
    const of = (destination: typeof crm, fields = {}) =>
      destination.fingerprints?.of('code_summaries', codeRow(1, fields))
    expect(of(again)).toBe(of(crm))
    expect(of(crm)).toMatch(/^[\w-]{22}$/)
    expect(new Set([of(crm), of(crm, { total_scans: 8 }), of(companies)]).size).toBe(3)
  })

  test('changes if a setting adds values to a row, so that records get them without a new scan', async () => {
    const [before, after] = [destinationTo(fake), destinationTo(fake, { parameters: ['store'] })]
    for (const crm of [before, after]) await crm.apply()
    const of = (crm: typeof before) => crm.fingerprints?.of('code_summaries', codeRow(1))
    expect(of(after)).not.toBe(of(before))
    const row = codeRow(1, { destination_url: 'https://example.com/?store=12' })
    await after.upsert('code_summaries', [row])
    expect(fake.recordsOf('qr_code')).toMatchObject([{ properties: { qrsync_url_store: '12' } }])
  })
})

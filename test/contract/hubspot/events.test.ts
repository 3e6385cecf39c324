import { describe, expect, test } from 'vitest'
import type { LandedRow } from '../../../src/streams/streams.ts'
import type { Scan } from '../../../src/streams/scans.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { fakeHubSpotForEach } from '../../support/destinations/fake-hubspot-for-each.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { callerOf } from '../../fake-hubspot/hubspot-caller.ts'
import {
  callsTo,
  destinationTo,
  untilDelivered,
  type HubSpotSettings,
} from '../../support/destinations/hubspot-world.ts'
import { scanOf } from '../../support/ledger/landed-rows.ts'

let fake: FakeHubSpot

fakeHubSpotForEach((started) => {
  fake = started
})

const rule = 'contacts.email'
const crmOf = (settings: HubSpotSettings = {}) => {
  const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]
  return destinationTo(fake, { object: 'companies', link, events: true, ...settings })
}

function scanRow(record: string, number: number, fields: Partial<Scan> = {}): LandedRow {
  const scan = scanOf({ id: `scan-${number}`, ...fields })
  const id = `${rule}#${record}/${scan.id}`
  return { seq: 0, id, json: JSON.stringify({ id, rule, record, is_linked: true, code: 'Menu', scan }) }
}

const rowsOf = (record: string, count: number, fields?: Partial<Scan>) =>
  Array.from({ length: count }, (_, number) => scanRow(record, number, fields))

describe('a scan of a code that names a contact', () => {
  test("becomes an event on the contact's timeline, with time, code, device and place", async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    expect(await crmOf().upsert('link_scans', [scanRow(ada, 1)])).toEqual({ confirmed: 1, rejected: [] })
    expect(fake.events).toEqual([
      {
        eventName: `pe${fake.portalId}_qrsync_scan_contacts`,
        objectId: ada,
        occurredAt: '2026-01-02T03:04:05.678Z',
        uuid: expect.stringMatching(
          /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        ) as string,
        properties: {
          qrsync_code_name: 'Menu',
          qrsync_title: '2026-01-01 22:04 · mobile · PL',
          qrsync_qr_code_id: 'code-1',
          qrsync_scanned_at: '2026-01-02T03:04:05.678Z',
          qrsync_device_type: 'mobile',
          qrsync_os: 'iOS',
          qrsync_browser: 'Safari',
          qrsync_language: 'pl-PL',
          qrsync_referrer: 'https://example.com/?a=1&b=2',
          qrsync_is_unique: 'true',
          qrsync_country: 'PL',
          qrsync_region: 'Małopolskie',
          qrsync_city: 'Kraków',
        },
      },
    ])
  })

  test('becomes one event, however often it is sent', async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    fake.failNext('drop-after')
    await untilDelivered(crmOf(), 'link_scans', rowsOf(ada, 250))
    await untilDelivered(crmOf(), 'link_scans', rowsOf(ada, 250))
    expect(fake.events).toHaveLength(250)
  })

  test('costs one call for each 500 scans', async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    await crmOf().upsert('link_scans', rowsOf(ada, 1_000))
    expect(callsTo(fake, 'send/batch')).toBe(2)
  })

  test('is rejected if HubSpot refuses its event without naming it, and the other events are sent', async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    fake.refuseEvents('Atlantis')
    const rows = [...rowsOf(ada, 60), scanRow(ada, 77, { city: 'Atlantis' }), scanRow(ada, 78)]
    expect(await crmOf().upsert('link_scans', rows)).toEqual({
      confirmed: 61,
      rejected: [{ id: `${rule}#${ada}/scan-77`, reason: 'Atlantis is not valid' }],
    })
    expect(fake.events).toHaveLength(61)
  })

  test('is rejected with the reason if its time is invalid; a value that is too long is cut', async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    const rows = [
      scanRow(ada, 1, { scanned_at: 'yesterday' }),
      scanRow(ada, 2, { referrer: 'x'.repeat(2_000) }),
    ]
    const { confirmed, rejected } = await crmOf().upsert('link_scans', rows)
    expect([confirmed, rejected[0]?.reason]).toEqual([1, expect.stringContaining('no event can be made')])
    expect(fake.events[0]?.properties['qrsync_referrer']).toHaveLength(1_024)
  })
})

describe('the event definition', () => {
  test('is created once, reported, and extended by a later version', async () => {
    const event = `pe${fake.portalId}_qrsync_scan_contacts`
    const crm = crmOf()
    expect(await crm.plan()).toContain(`create event ${event}`)
    expect(callsTo(fake, 'event-definitions')).toBe(0)
    expect(await crm.apply()).toContain(`create event ${event}`)
    expect(await crmOf().apply()).toEqual([])
    const other = await startFakeHubSpot({ portalId: 1 })
    const old = {
      name: 'qrsync_scan_contacts',
      label: 'Of old',
      includeDefaultProperties: false,
      propertyDefinitions: [],
    }
    await callerOf(other)('POST', '/events/2026-09/event-definitions', old)
    const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]
    const upgraded = () => destinationTo(other, { object: 'companies', link, events: true })
    expect(await upgraded().apply()).toContain(
      'create property qrsync_city of event pe1_qrsync_scan_contacts',
    )
    expect(await upgraded().apply()).toEqual([])
    await other.close()
  })

  test('is left out without Enterprise: totals continue, and the message says what to do', async () => {
    fake.setTier('professional')
    const crm = crmOf()
    await expect(crm.apply('link_scans')).rejects.toMatchObject({
      code: 'DESTINATION_FORBIDDEN',
      message: expect.stringMatching(/custom events.*\n.*Enterprise.*leave out "events: true"/) as string,
    })
    await crm.apply('link_summaries')
    await crm.apply('code_summaries')
  })
})

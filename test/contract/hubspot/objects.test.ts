import { describe, expect, test } from 'vitest'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { fakeHubSpotForEach } from '../../support/destinations/fake-hubspot-for-each.ts'
import {
  callsTo,
  codeRow,
  codeRows,
  destinationTo,
  linkRow,
} from '../../support/destinations/hubspot-world.ts'

let fake: FakeHubSpot

fakeHubSpotForEach((started) => {
  fake = started
})

const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]

describe('codes as records of an existing object', () => {
  test.each([
    ['appointments', 'hs_appointment_name', {}],
    ['companies', 'name', {}],
    ['contacts', 'firstname', {}],
    ['courses', 'hs_course_name', {}],
    ['deals', 'dealname', { pipeline: 'default', dealstage: 'appointmentscheduled' }],
    ['listings', 'hs_name', {}],
    ['orders', 'hs_order_name', {}],
    ['products', 'name', {}],
    ['projects', 'hs_name', { hs_pipeline: '0', hs_pipeline_stage: '1' }],
    ['services', 'hs_name', { hs_pipeline: '0', hs_pipeline_stage: '1' }],
    ['tickets', 'subject', { hs_pipeline: '0', hs_pipeline_stage: '1' }],
  ])('%s have a name, and start in the first pipeline stage', async (object, nameProperty, stage) => {
    const crm = destinationTo(fake, { object })
    expect((await crm.check()).needs.filter(({ isMet }) => !isMet)).toEqual([])
    expect(await crm.upsert('code_summaries', codeRows(3))).toEqual({ confirmed: 3, rejected: [] })
    expect(fake.recordsOf(object)[1]?.properties).toMatchObject({
      [nameProperty]: 'Menu 1',
      qrsync_code_id: 'code-1',
      qrsync_total_scans: '7',
      ...stage,
    })
    expect(await destinationTo(fake, { object }).apply()).toEqual([])
    await crm.upsert('code_summaries', [codeRow(1, { total_scans: 8 })])
    expect(fake.recordsOf(object)).toHaveLength(3)
  })
})

describe('`object: none`', () => {
  test('writes to the records that codes name, and stores no code', async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    const crm = destinationTo(fake, { object: 'none', link })
    expect(crm.streams).toEqual(['link_summaries'])
    expect(await crm.identity()).toBe(`HubSpot account ${fake.portalId}, linked records only`)
    expect((await crm.check()).needs.filter(({ isMet }) => !isMet)).toEqual([])
    const rows = [linkRow('contacts.email', ada)]
    expect(await crm.upsert('link_summaries', rows)).toEqual({ confirmed: 1, rejected: [] })
    expect(fake.recordsOf('contacts')).toMatchObject([{ properties: { qrsync_code_names: 'Menu 1' } }])
    expect(() => fake.recordsOf('qr_code')).toThrow('no object type')
    expect([callsTo(fake, '/schemas'), crm.totals]).toEqual([0, undefined])
  })

  test('sends events if the config asks for them', () => {
    const crm = destinationTo(fake, { object: 'none', link, events: true })
    expect(crm.streams).toEqual(['link_summaries', 'link_scans'])
  })
})

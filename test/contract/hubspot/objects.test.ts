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

/** What a new record starts with, and what it starts with if an admin has put another pipeline first. */
const deal = { pipeline: 'default', dealstage: 'appointmentscheduled' }
const ofDeals = { first: deal, other: { pipeline: 'fair', dealstage: 'fair-1' } }
const ofOthers = {
  first: { hs_pipeline: '0', hs_pipeline_stage: '1' },
  other: { hs_pipeline: 'fair', hs_pipeline_stage: 'fair-1' },
}

describe('codes as records of an existing object', () => {
  test.each([
    ['appointments', 'hs_appointment_name', null, 'activated first'],
    ['companies', 'name', null, 'there'],
    ['contacts', 'firstname', null, 'there'],
    ['courses', 'hs_course_name', null, 'activated first'],
    ['deals', 'dealname', ofDeals, 'there'],
    ['listings', 'hs_name', null, 'activated first'],
    ['orders', 'hs_order_name', null, 'there'],
    ['products', 'name', null, 'there'],
    ['projects', 'hs_name', ofOthers, 'there'],
    ['services', 'hs_name', ofOthers, 'activated first'],
    ['tickets', 'subject', ofOthers, 'there'],
  ] as const)(
    '%s have a name, start in the first stage, and are %4$s',
    async (object, nameProperty, stages, state) => {
      const crm = destinationTo(fake, { object })
      const unmet = async () => (await crm.check()).needs.filter(({ isMet }) => !isMet)
      if (state === 'activated first') {
        expect(await unmet()).toEqual([
          {
            what: `object ${object}, activated in the account`,
            isMet: false,
            advice: expect.stringContaining('super admin') as string,
          },
        ])
        await expect(crm.upsert('code_summaries', codeRows(3))).rejects.toMatchObject({
          code: 'DESTINATION_FORBIDDEN',
          message: expect.stringMatching(`has not activated the object ${object}[^]*super admin`) as string,
        })
        fake.activate(object)
      }
      expect(await unmet()).toEqual([])
      expect(await crm.upsert('code_summaries', codeRows(3))).toEqual({ confirmed: 3, rejected: [] })
      expect(fake.recordsOf(object)[1]?.properties).toMatchObject({
        [nameProperty]: 'Menu 1',
        qrsync_code_id: 'code-1',
        qrsync_total_scans: '7',
        ...stages?.first,
      })
      expect(await destinationTo(fake, { object }).apply()).toEqual([])
      await crm.upsert('code_summaries', [codeRow(1, { total_scans: 8 })])
      expect(fake.recordsOf(object)).toHaveLength(3)
      if (stages === null) return
      fake.addPipeline(object, 'fair', ['fair-1', 'fair-2'])
      await destinationTo(fake, { object }).upsert('code_summaries', [
        codeRow(1, { total_scans: 9 }),
        codeRow(9),
      ])
      const [, old, , added] = fake.recordsOf(object)
      expect(old?.properties, 'a record stays where it is').toMatchObject({
        qrsync_total_scans: '9',
        ...stages.first,
      })
      expect(added?.properties).toMatchObject({ [nameProperty]: 'Menu 9', ...stages.other })
    },
  )

  test('an object that is not activated does not delay the others', async () => {
    const rules = [...link, { object: 'services', property: 'hs_name', parameter: 'utm_source' }]
    const ada = fake.addContact({ email: 'ada@example.com' })
    const crm = destinationTo(fake, { object: 'products', link: rules })
    expect((await crm.check()).needs.filter(({ isMet }) => !isMet).map(({ what }) => what)).toEqual([
      'object services, activated in the account',
    ])
    await crm.apply('code_summaries')
    expect(await crm.upsert('code_summaries', codeRows(2))).toEqual({ confirmed: 2, rejected: [] })
    expect(await crm.upsert('link_summaries', [linkRow('contacts.email', ada)])).toEqual({
      confirmed: 1,
      rejected: [],
    })
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

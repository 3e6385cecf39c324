import { describe, expect, test } from 'vitest'
import type { LandedRow } from '../../../src/streams/streams.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { fakeHubSpotForEach } from '../../support/destinations/fake-hubspot-for-each.ts'
import { callerOf } from '../../fake-hubspot/hubspot-caller.ts'
import {
  callsTo,
  codeRow,
  codeRows,
  destinationTo,
  untilDelivered,
  type HubSpotSettings,
} from '../../support/destinations/hubspot-world.ts'

let fake: FakeHubSpot

fakeHubSpotForEach((started) => {
  fake = started
})

const rule = 'contacts.email'
const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]

const crmOf = (settings: HubSpotSettings = {}) => destinationTo(fake, { link, ...settings })

function pairRow(record: string, code: number, is_linked = true): LandedRow {
  const id = `${rule}#${record}/code-${code}`
  return { seq: 0, id, json: JSON.stringify({ id, rule, record, qr_code_id: `code-${code}`, is_linked }) }
}

/** Each contact with the codes on its card. */
function shown(object = 'qr_code'): string[] {
  const codes = new Map(
    fake.recordsOf(object).map(({ id, properties }) => [id, properties['qrsync_code_id']]),
  )
  const emails = new Map(fake.recordsOf('contacts').map(({ id, properties }) => [id, properties['email']]))
  const pairs = fake.associations('contacts', object)
  return pairs.map(({ from, to }) => `${emails.get(from) ?? ''} ${codes.get(to) ?? ''}`).toSorted()
}

async function labelsBetween(from: string, to: string): Promise<(string | null)[]> {
  const { body } = await callerOf(fake)('GET', `/crm/associations/2026-09/${from}/${to}/labels`)
  return (body.results as unknown as { label: string | null }[]).map(({ label }) => label)
}

const contactsOf = (count: number) =>
  Array.from({ length: count }, (_, number) => fake.addContact({ email: `p${number}@x.example` }))

describe('codes of a linked record', () => {
  test.each([{}, { object: 'companies' }])(
    'are associated with the record, both ways: %j',
    async (settings) => {
      const { object = 'qr_code' } = settings
      const [ada, bob] = contactsOf(2)
      const crm = crmOf(settings)
      await crm.upsert('code_summaries', codeRows(2))
      const rows = [pairRow(ada ?? '', 0), pairRow(ada ?? '', 1), pairRow(bob ?? '', 1)]
      expect(await crm.upsert('link_codes', rows)).toEqual({ confirmed: 3, rejected: [] })
      expect(shown(object)).toEqual(['p0@x.example code-0', 'p0@x.example code-1', 'p1@x.example code-1'])
      expect(fake.associations(object, 'contacts')).toHaveLength(3)
      const codes = object === 'qr_code' ? `p${fake.portalId}_qr_code` : object
      expect(await labelsBetween('contacts', codes)).toContain('QR code')
      expect(await labelsBetween(codes, 'contacts')).toContain('Named by QR code')
    },
  )

  test("are refused beyond the limit of one record, with HubSpot's reason, and the others stay associated", async () => {
    const [ada, bob] = contactsOf(2)
    fake.setMostAssociations(1)
    const crm = crmOf()
    await crm.upsert('code_summaries', codeRows(2))
    const rows = [pairRow(ada ?? '', 0), pairRow(ada ?? '', 1), pairRow(bob ?? '', 1)]
    const { confirmed, rejected } = await crm.upsert('link_codes', rows)
    expect(confirmed).toBe(2)
    expect(rejected).toEqual([
      {
        id: rows[1]?.id,
        reason: `The contact ${ada ?? ''} has 1 associated p${fake.portalId}_qr_code records, which is the limit`,
      },
    ])
  })

  test('need ten calls for 1,000 pairs, and repeating them changes nothing', async () => {
    const contacts = contactsOf(500)
    const rows = contacts.flatMap((id, number) => [pairRow(id, number % 7), pairRow(id, 7)])
    const crm = crmOf()
    await crm.upsert('code_summaries', codeRows(8))
    const calls = () => [callsTo(fake, 'batch/create'), callsTo(fake, 'batch/read')]
    const [created = 0, read = 0] = calls()
    expect(await crm.upsert('link_codes', rows)).toEqual({ confirmed: 1_000, rejected: [] })
    expect(calls()).toEqual([created + 10, read])
    const all = shown()
    expect(all).toHaveLength(1_000)
    expect(await crmOf().upsert('link_codes', rows)).toEqual({ confirmed: 1_000, rejected: [] })
    expect(shown()).toEqual(all)
  })

  test('are dissociated when they no longer name the record; associations by others stay', async () => {
    const [ada, bob] = contactsOf(2)
    const crm = crmOf()
    await crm.upsert('code_summaries', codeRows(3))
    await crm.upsert(
      'link_codes',
      [0, 1, 2].map((code) => pairRow(ada ?? '', code)),
    )
    await crm.upsert('link_codes', [pairRow(bob ?? '', 0)])
    const codes = `p${fake.portalId}_qr_code`
    const call = callerOf(fake)
    const path = `/crm/associations/2026-09/contacts/${codes}`
    const { body } = await call('POST', `${path}/labels`, { label: 'Favourite', name: 'favourite' })
    const [own] = body.results as { category: string; typeId: number }[]
    const favourite = { associationCategory: own?.category, associationTypeId: own?.typeId }
    const idOf = (code: string) =>
      fake.recordsOf('qr_code').find(({ properties }) => properties['qrsync_code_id'] === code)?.id
    const input = { from: { id: ada }, to: { id: idOf('code-1') }, types: [favourite] }
    await call('POST', `${path}/batch/create`, { inputs: [input] })

    const gone = [0, 1, 2].map((code) => pairRow(ada ?? '', code, false))
    expect(await crm.upsert('link_codes', gone)).toEqual({ confirmed: 3, rejected: [] })
    expect(shown()).toEqual(['p0@x.example code-1', 'p1@x.example code-0'])
    const [left] = fake.associations('contacts', 'qr_code').filter(({ from }) => from === ada)
    expect(left?.typeIds).toContain(own?.typeId)
    expect(left?.typeIds, 'the one without a label, and that of the other').toHaveLength(2)
  })

  test('stay with the surviving record after a merge', async () => {
    const [ada, bob] = contactsOf(2)
    const crm = crmOf()
    await crm.upsert('code_summaries', codeRows(1))
    await crm.upsert('link_codes', [pairRow(ada ?? '', 0)])
    const merged = fake.merge('contacts', ada ?? '', bob ?? '')
    const rows = [pairRow(ada ?? '', 0, false), pairRow(merged, 0)]
    expect(await crm.upsert('link_codes', rows)).toEqual({ confirmed: 2, rejected: [] })
    expect(shown()).toContain('p0@x.example code-0')
  })

  test('move to another record if somebody deletes theirs', async () => {
    const [ada] = contactsOf(1)
    const crm = crmOf()
    await crm.upsert('code_summaries', [codeRow(0)])
    const [record] = fake.recordsOf('qr_code')
    fake.removeRecord('qr_code', record?.id ?? '')
    expect(await crm.upsert('link_codes', [pairRow(ada ?? '', 0)])).toEqual({ confirmed: 1, rejected: [] })
    expect(shown()).toEqual(['p0@x.example code-0'])
  })

  test('are refused if the record is missing, and delay no other code', async () => {
    const [ada] = contactsOf(1)
    const crm = crmOf()
    await crm.upsert('code_summaries', codeRows(2))
    const rows = [pairRow('404', 0), pairRow('404', 1), pairRow(ada ?? '', 1)]
    const { confirmed, rejected } = await crm.upsert('link_codes', rows)
    expect([confirmed, rejected.map(({ reason }) => reason)]).toEqual([
      1,
      ['No contact with ID 404 exists', 'No contact with ID 404 exists'],
    ])
  })

  test('have every current association and no former one after faults in a third of the calls', async () => {
    const contacts = contactsOf(60)
    const crm = crmOf()
    await crm.upsert('code_summaries', codeRows(3))
    fake.setFaults(0.3, 7)
    await untilDelivered(
      crm,
      'link_codes',
      contacts.map((id, number) => pairRow(id, number % 3)),
    )
    await untilDelivered(
      crm,
      'link_codes',
      contacts.slice(0, 20).map((id, number) => pairRow(id, number % 3, false)),
    )
    fake.setFaults(0, 1)
    expect(shown()).toHaveLength(40)
    expect(fake.associations('contacts', 'qr_code').every(({ typeIds }) => typeIds.length === 2)).toBe(true)
  })
})

describe('the association label', () => {
  test('is created once, by any worker', async () => {
    const workers = [crmOf(), crmOf()]
    await Promise.all(workers.map((worker) => worker.apply()))
    expect(await crmOf().apply()).toEqual([])
    const ours = (await labelsBetween('contacts', `p${fake.portalId}_qr_code`)).filter(
      (label) => label !== null,
    )
    expect(ours).toEqual(['QR code'])
  })

  test('does not delay totals if HubSpot does not allow it', async () => {
    const call = callerOf(fake)
    const crm = crmOf({ object: 'companies' })
    for (let number = 0; number < 10; number += 1) {
      const body = { label: `Label ${number}`, name: `label_${number}` }
      await call('POST', '/crm/associations/2026-09/contacts/companies/labels', body)
    }
    await expect(crm.apply('link_codes')).rejects.toMatchObject({
      code: 'DESTINATION_FORBIDDEN',
      message: expect.stringMatching(/10 labels, which is the limit.*\n.*associate: false/) as string,
    })
    await crm.apply('link_summaries')
    expect((await crmOf({ object: 'companies', associate: false }).apply()).length).toBe(0)
  })
})

test('qrsync makes no association calls for products, because HubSpot associates them with nothing', () => {
  expect(crmOf({ object: 'products' }).streams).toEqual(['code_summaries', 'link_summaries'])
  expect(crmOf({ object: 'companies' }).streams).toEqual(['code_summaries', 'link_summaries', 'link_codes'])
  expect(crmOf({ associate: false }).streams).not.toContain('link_codes')
})

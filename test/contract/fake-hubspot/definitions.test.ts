import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { callerOf, qrCodeSchema, type HubSpotCaller } from '../../fake-hubspot/hubspot-caller.ts'

let fake: FakeHubSpot
let call: HubSpotCaller

beforeEach(async () => {
  fake = await startFakeHubSpot()
  call = callerOf(fake)
})
afterEach(() => fake.close())

const schemas = '/crm-object-schemas/2026-09/schemas'
const properties = '/crm/properties/2026-09/companies'
const text = {
  name: 'qr_note',
  label: 'QR note',
  type: 'string',
  fieldType: 'text',
  groupName: 'companyinformation',
}
const option = (value: string) => ({ label: value, value, displayOrder: 0, hidden: false })
const specOf = (type?: { category: string; typeId: number }) => ({
  associationCategory: type?.category,
  associationTypeId: type?.typeId,
})
const names = () => fake.propertiesOf('companies').map((property) => property['name'])

describe('properties', () => {
  test('a property can be created, read and changed, and is not created twice', async () => {
    expect((await call('POST', properties, { ...text, hasUniqueValue: true })).status).toBe(201)
    expect(await call('POST', properties, text)).toMatchObject({
      status: 409,
      body: { category: 'OBJECT_ALREADY_EXISTS', subCategory: 'Properties.PROPERTY_WITH_NAME_EXISTS' },
    })
    const changed = await call('PATCH', `${properties}/qr_note`, { label: 'Other' })
    expect(changed.body).toMatchObject({ label: 'Other', hasUniqueValue: true })
    expect((await call('GET', `${properties}/nothing`)).status).toBe(404)
    expect(fake.violations).toEqual([])
  })

  test('a property can be unique only from its creation: a later change is ignored and recorded, as at HubSpot', async () => {
    await call('POST', properties, text)
    const { status, body } = await call('PATCH', `${properties}/qr_note`, { hasUniqueValue: true })
    expect([status, body.hasUniqueValue]).toEqual([200, false])
    expect(fake.violations).toHaveLength(1)
  })

  test.each([
    ['a capital letter in its name', { name: 'qrNote' }],
    ['a digit first', { name: '1_note' }],
    ['a name that is HubSpot’s', { name: 'hs_note' }],
    ['a group that is not there', { groupName: 'qrsync' }],
    ['no label', { label: ' ' }],
    ['a field type of another type', { fieldType: 'number' }],
    ['an unknown type', { type: 'integer' }],
    ['an enumeration without options', { type: 'enumeration', fieldType: 'select' }],
    [
      'options without an order',
      { type: 'enumeration', fieldType: 'select', options: [{ label: 'a', value: 'a', hidden: false }] },
    ],
    ['an option twice', { type: 'enumeration', fieldType: 'select', options: [option('a'), option('a')] }],
    ['a boolean without its two options', { type: 'bool', fieldType: 'booleancheckbox' }],
    ['unique dates', { type: 'date', fieldType: 'date', hasUniqueValue: true }],
  ])('%s is refused', async (_, change) => {
    expect((await call('POST', properties, { ...text, ...change })).status).toBe(400)
    expect(names()).not.toContain('qr_note')
  })

  test('at most ten properties can be unique', async () => {
    const create = (index: number) =>
      call('POST', properties, { ...text, name: `key_${index}`, hasUniqueValue: true })
    for (let index = 0; index < 10; index++) expect((await create(index)).status).toBe(201)
    expect((await create(10)).status).toBe(400)
    expect((await call('POST', properties, text)).status).toBe(201)
  })

  test('a batch creates the valid properties, and names the others in a 207', async () => {
    const inputs = [
      { ...text, name: 'qr_a' },
      { ...text, name: 'domain' },
      { ...text, name: 'qr_b' },
    ]
    const { status, body } = await call('POST', `${properties}/batch/create`, { inputs })
    expect(status).toBe(207)
    expect(body.errors).toMatchObject([{ message: "A property named 'domain' already exists." }])
    expect(names()).toEqual(expect.arrayContaining(['qr_a', 'qr_b']))
  })

  test('groups can be created and read', async () => {
    const group = { name: 'qrsync', label: 'QR codes' }
    expect((await call('POST', `${properties}/groups`, group)).status).toBe(201)
    expect((await call('POST', `${properties}/groups`, group)).status).toBe(409)
    expect((await call('GET', `${properties}/groups/qrsync`)).body).toMatchObject(group)
    expect((await call('POST', properties, { ...text, groupName: 'qrsync' })).status).toBe(201)
  })
})

describe('custom objects', () => {
  test('a custom object has an id and a full name, with properties and a default association', async () => {
    const { status, body } = await call('POST', schemas, qrCodeSchema)
    expect(status).toBe(201)
    expect(body.fullyQualifiedName).toBe(`p${fake.portalId}_qr_code`)
    for (const name of [body.objectTypeId, body.fullyQualifiedName]) {
      const created = await call('POST', `/crm/objects/2026-09/${name}`, {
        properties: { code_id: name },
        associations: [],
      })
      expect(created.status).toBe(201)
    }
    expect((await call('GET', '/crm/objects/2026-09/qr_code')).status).toBe(400)
    expect(
      (await call('GET', `/crm/associations/2026-09/${body.objectTypeId}/contacts/labels`)).body.results,
    ).toEqual([{ category: 'USER_DEFINED', typeId: expect.any(Number) as number, label: null }])
  })

  test.each([
    'allowsSensitiveProperties',
    'searchableProperties',
    'secondaryDisplayProperties',
    'associatedObjects',
  ])('a custom object without %s is refused', async (field) => {
    const rest = { ...qrCodeSchema, [field]: undefined }
    expect((await call('POST', schemas, rest)).status).toBe(400)
    expect(fake.violations).toHaveLength(1)
  })

  test.each([
    ['a blank in its name', { name: 'qr code' }],
    ['a digit first', { name: '1qr' }],
    ['no label for many', { labels: { singular: 'QR code' } }],
    ['a primary property that it does not have', { primaryDisplayProperty: 'nothing' }],
    ['no primary property', { primaryDisplayProperty: undefined }],
    ['an association with nothing', { associatedObjects: ['widgets'] }],
  ])('%s is refused', async (_, change) => {
    expect((await call('POST', schemas, { ...qrCodeSchema, ...change })).status).toBe(400)
    expect((await call('GET', schemas)).body.results).toEqual([])
  })

  test('displayed properties of an object can change, and its name stays reserved', async () => {
    const { body } = await call('POST', schemas, qrCodeSchema)
    const patch = { clearDescription: false, secondaryDisplayProperties: ['total'] }
    expect(
      (await call('PATCH', `${schemas}/${body.objectTypeId}`, patch)).body.secondaryDisplayProperties,
    ).toEqual(['total'])
    expect((await call('POST', schemas, qrCodeSchema)).status).toBe(409)
    expect((await call('GET', '/crm/limits/2026-09/custom-object-types')).body).toMatchObject({
      usage: 1,
      limit: 10,
    })
  })
})

describe('associations', () => {
  const between = (path: string) =>
    `/crm/associations/2026-09/qr/contacts${path}`.replace('qr/', `p${fake.portalId}_qr_code/`)
  let code: string
  let contact: string

  beforeEach(async () => {
    await call('POST', schemas, qrCodeSchema)
    code = fake.addRecord('qr_code', { code_id: 'a' })
    contact = fake.addContact({ email: 'ada@example.com' })
  })

  test('the default association links both ways, and missing records are named in a 207', async () => {
    const inputs = [
      { from: { id: code }, to: { id: contact } },
      { from: { id: code }, to: { id: '404' } },
    ]
    const { status, body } = await call('POST', between('/batch/associate/default'), { inputs })
    expect(status).toBe(207)
    expect(body.results).toHaveLength(2)
    expect(body.errors).toMatchObject([{ category: 'OBJECT_NOT_FOUND', context: { id: ['404'] } }])
    expect(fake.associations('contacts', 'qr_code')).toMatchObject([{ from: contact, to: code }])
    // Repeating it changes nothing.
    await call('POST', between('/batch/associate/default'), { inputs: inputs.slice(0, 1) })
    expect(fake.associations('qr_code', 'contacts')).toHaveLength(1)
  })

  test('a label can be created, used and read', async () => {
    const { body } = await call('POST', between('/labels'), { label: 'Scanned', name: 'scanned' })
    const types = [specOf(body.results[0])]
    const input = { from: { id: code }, to: { id: contact }, types }
    expect(
      (await call('POST', between('/batch/create'), { inputs: [input] })).body.results[0]?.labels,
    ).toEqual(['Scanned'])
    expect((await call('POST', between('/batch/create'), { inputs: [input, input] })).status).toBe(400)
    const wrong = { ...input, types: [{ ...types[0], associationTypeId: 1 }] }
    expect((await call('POST', between('/batch/create'), { inputs: [wrong] })).body.subCategory).toBe(
      'crm.associations.INVALID_ASSOCIATION_TYPE',
    )
    const read = await call('POST', between('/batch/read'), { inputs: [{ id: code }, { id: '404' }] })
    expect(read.status).toBe(207)
    expect(read.body.results[0]?.to).toMatchObject([
      { toObjectId: contact, associationTypes: [{ label: null }, { label: 'Scanned' }] },
    ])
  })

  test('removing a label leaves the association; removing the association removes its labels', async () => {
    const label = async (name: string) => {
      const { body } = await call('POST', between('/labels'), { label: name, name })
      return specOf(body.results[0])
    }
    const input = { from: { id: code }, to: { id: contact }, types: [await label('One'), await label('Two')] }
    await call('POST', between('/batch/create'), { inputs: [input] })
    const labelsNow = async () => {
      const { body } = await call('POST', between('/batch/read'), { inputs: [{ id: code }] })
      const [read] = body.results as { to: { associationTypes: { label: string | null }[] }[] }[]
      return read?.to[0]?.associationTypes.map((type) => type.label) ?? []
    }
    expect(await labelsNow()).toEqual([null, 'One', 'Two'])
    const one = { ...input, types: input.types.slice(0, 1) }
    expect((await call('POST', between('/batch/labels/archive'), { inputs: [one] })).status).toBe(204)
    expect(await labelsNow()).toEqual([null, 'Two'])
    const pair = { from: { id: code }, to: [{ id: contact }] }
    expect((await call('POST', between('/batch/archive'), { inputs: [pair] })).status).toBe(204)
    expect(await labelsNow()).toEqual([])
    expect(fake.associations('contacts', 'qr_code')).toEqual([])
  })

  test('products have no associations', async () => {
    const schema = `${schemas}/p${fake.portalId}_qr_code/associations`
    const body = { fromObjectTypeId: `p${fake.portalId}_qr_code`, toObjectTypeId: '0-7' }
    expect((await call('POST', schema, body)).status).toBe(400)
  })

  test('a new record can be associated at once, if the other record exists', async () => {
    const [type] = (await call('GET', between('/labels'))).body.results
    const create = (id: string) =>
      call('POST', `/crm/objects/2026-09/p${fake.portalId}_qr_code/batch/create`, {
        inputs: [
          {
            properties: { code_id: `of ${id}` },
            associations: [{ to: { id }, types: [specOf(type)] }],
          },
        ],
      })
    expect((await create('404')).body.message).toBe('one or more associations are not valid')
    expect((await create(contact)).status).toBe(201)
    expect(fake.associations('contacts', 'qr_code')).toHaveLength(1)
  })

  test('one call accepts at most 2,000 pairs', async () => {
    const inputs = Array.from({ length: 2001 }, (_, index) => ({
      from: { id: code },
      to: { id: String(index) },
    }))
    expect((await call('POST', between('/batch/associate/default'), { inputs })).status).toBe(400)
    expect(
      (await call('POST', between('/batch/associate/default'), { inputs: inputs.slice(1) })).status,
    ).toBe(207)
  })
})

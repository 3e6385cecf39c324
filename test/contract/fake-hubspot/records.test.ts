import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { callerOf, qrCodeSchema, type HubSpotCaller } from '../../fake-hubspot/hubspot-caller.ts'

let fake: FakeHubSpot
let call: HubSpotCaller
let type: string

beforeEach(async () => {
  fake = await startFakeHubSpot({ limits: { tenSecondly: 10_000 } })
  call = callerOf(fake)
  const created = await call('POST', '/crm-object-schemas/2026-09/schemas', qrCodeSchema)
  type = created.body.objectTypeId
})
afterEach(() => fake.close())

type Input = Record<string, unknown>

const upsert = (...inputs: Input[]) => call('POST', `/crm/objects/2026-09/${type}/batch/upsert`, { inputs })
const keyed = (id: string, properties: Record<string, string> = {}, more: Input = {}): Input => ({
  id,
  idProperty: 'code_id',
  properties,
  ...more,
})
const traced = (id: string, properties: Record<string, string> = {}) =>
  keyed(id, properties, { objectWriteTraceId: `trace-${id}` })
const codes = (): Record<string, Record<string, string>> =>
  Object.fromEntries(
    fake.recordsOf('qr_code').map(({ properties }) => [properties['code_id'] ?? '', properties]),
  )

describe('upsert', () => {
  test('creates by a unique property, then updates, and reports which', async () => {
    const first = await upsert(keyed('a', { title: 'A', total: '1' }), keyed('b', { title: 'B' }))
    expect(first.status).toBe(200)
    expect(first.body.results).toHaveLength(2)
    expect(first.body.results.every((result) => result.new)).toBe(true)

    const second = await upsert(keyed('b', { total: '7' }), keyed('c'))
    const created = second.body.results.map((result) => [result.properties['code_id'], result.new])
    expect(Object.fromEntries(created)).toEqual({ b: false, c: true })
    expect(codes()).toEqual({
      a: { code_id: 'a', title: 'A', total: '1' },
      b: { code_id: 'b', title: 'B', total: '7' },
      c: { code_id: 'c' },
    })
    expect(fake.violations).toEqual([])
  })

  test('answers in another order than the inputs', async () => {
    const { body } = await upsert(traced('a'), traced('b'), traced('c'))
    const ids = body.results.map((result) => result.objectWriteTraceId)
    expect(ids).not.toEqual(['trace-a', 'trace-b', 'trace-c'])
    expect(ids.toSorted()).toEqual(['trace-a', 'trace-b', 'trace-c'])
  })

  test('an empty string clears a value', async () => {
    await upsert(keyed('a', { title: 'A', total: '1' }))
    await upsert(keyed('a', { total: '' }))
    expect(codes()).toEqual({ a: { code_id: 'a', title: 'A' } })
  })

  test.each([
    ['the same id twice', () => [traced('a'), traced('a')], { ids: ['a'] }],
    ['101 inputs', () => Array.from({ length: 101 }, (_, index) => keyed(`k${index}`)), undefined],
    ['two ways to identify', () => [keyed('a'), { id: 'b', idProperty: 'title', properties: {} }], undefined],
    ['a property that is not unique', () => [{ id: 'a', idProperty: 'title', properties: {} }], undefined],
    ['the id of the record', () => [{ id: '1', idProperty: 'hs_object_id', properties: {} }], undefined],
    ['no property to identify by', () => [{ id: '1', properties: {} }], undefined],
  ])('refuses a whole batch with %s', async (_, inputs, context) => {
    const answer = await upsert(...inputs())
    expect(answer).toMatchObject({ status: 400, body: { status: 'error', category: 'VALIDATION_ERROR' } })
    expect(answer.body.context).toEqual(context)
    expect(codes()).toEqual({})
  })

  test('without trace ids, one bad value fails the batch, and the response does not name it', async () => {
    const { status, body } = await upsert(keyed('a', { title: 'A' }), keyed('bad one', { total: 'many' }))
    expect(status).toBe(400)
    expect(body.errors).toEqual([
      {
        message: 'many was not a valid number.',
        code: 'INVALID_INTEGER',
        context: { propertyName: ['total'] },
      },
    ])
    expect(JSON.stringify(body)).not.toContain('bad one')
    expect(codes()).toEqual({})
  })

  test('with a trace id for each input, good inputs are written and bad ones are named', async () => {
    const { status, body } = await upsert(traced('a'), traced('b', { total: 'many' }), traced('c'))
    expect(status).toBe(207)
    expect(body).toMatchObject({ numErrors: 1, errors: [{ category: 'VALIDATION_ERROR' }] })
    expect(body.errors[0]?.context).toEqual({ objectWriteTraceId: ['trace-b'] })
    expect(Object.keys(codes())).toEqual(['a', 'c'])
  })

  test('duplicate trace ids have the same effect as no trace ids', async () => {
    const same = { objectWriteTraceId: 'same' }
    expect((await upsert(keyed('a', {}, same), keyed('b', { total: 'x' }, same))).status).toBe(400)
  })

  test('by email ignores case, and needs all properties of the contact', async () => {
    fake.addContact({ email: 'Ada@Example.com', firstname: 'Ada' })
    const byEmail = (properties: Input) =>
      call('POST', '/crm/objects/2026-09/contacts/batch/upsert', {
        inputs: [{ id: 'ADA@example.com', idProperty: 'email', properties }],
      })
    expect((await byEmail({ phone: '1' })).status).toBe(400)
    expect((await byEmail({ phone: '1', firstname: 'Ada' })).body.results[0]?.new).toBe(false)
    expect(fake.recordsOf('contacts').map(({ properties }) => properties['email'])).toEqual([
      'ada@example.com',
    ])
  })

  test('after any inputs in any batches, each code exists once, with its last values', async () => {
    const batch = fc.uniqueArray(
      fc.record({
        id: fc.constantFrom('a', 'b', 'c', 'd'),
        title: fc.string({ minLength: 1, unit: 'binary' }),
      }),
      { selector: ({ id }) => id, minLength: 1 },
    )
    const expected: Record<string, string> = {}
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 6 }), async (batches) => {
        for (const inputs of batches) {
          const answer = await upsert(...inputs.map(({ id, title }) => keyed(id, { title })))
          expect(answer.status).toBe(200)
          for (const { id, title } of inputs) expected[id] = title
        }
        const kept = fake
          .recordsOf('qr_code')
          .map(({ properties }) => [properties['code_id'], properties['title']])
        expect(kept.toSorted()).toEqual(Object.entries(expected).toSorted())
      }),
      { numRuns: 20 },
    )
  })
})

describe('values', () => {
  test.each([
    ['total', '12', '12'],
    ['total', '-1.5e3', '-1.5e3'],
    ['seen_at', '2026-03-01T10:00:00Z', '2026-03-01T10:00:00.000Z'],
    ['seen_at', '1772359200000', '2026-03-01T10:00:00.000Z'],
    ['day', '2026-03-01', '2026-03-01'],
    ['day', '1772323200000', '2026-03-01'],
    ['state', 'paused', 'paused'],
    ['title', 'x'.repeat(65_536), 'x'.repeat(65_536)],
  ])('%s accepts %.30s', async (name, value, kept) => {
    expect((await upsert(keyed('a', { [name]: value }))).status).toBe(200)
    expect(codes()['a']?.[name]).toBe(kept)
  })

  test.each([
    ['total', '1,000', 'INVALID_INTEGER'],
    ['total', 'NaN', 'INVALID_INTEGER'],
    ['seen_at', 'yesterday', 'INVALID_LONG'],
    ['seen_at', '2026-02-30T10:00:00Z', 'INVALID_LONG'],
    ['day', '1772359200000', 'INVALID_DATE'],
    ['state', 'Paused', 'INVALID_OPTION'],
    ['title', 'x'.repeat(65_537), 'INVALID_STRING_LENGTH'],
    ['nothing', 'x', 'PROPERTY_DOESNT_EXIST'],
    ['hs_object_id', '5', 'READ_ONLY_VALUE'],
  ])('%s refuses %.30s: %s', async (name, value, code) => {
    const { status, body } = await upsert(keyed('a', { [name]: value }))
    expect([status, body.errors[0]?.code]).toEqual([400, code])
    expect(codes()).toEqual({})
  })

  test.each([
    ['a number', 5],
    ['nothing', null],
  ])('%s instead of a text is refused', async (_, value) => {
    expect((await upsert(keyed('a', { total: value as unknown as string }))).status).toBe(400)
    expect(fake.violations).toHaveLength(1)
  })
})

describe('update, create, read', () => {
  const batch = (action: string, objectType: string, body: Input) =>
    call('POST', `/crm/objects/2026-09/${objectType}/batch/${action}`, body)

  test('a missing id is named in a 207, and the other records are updated', async () => {
    const id = fake.addRecord('qr_code', { code_id: 'a' })
    const { status, body } = await batch('update', type, {
      inputs: [
        { id, properties: { title: 'new' } },
        { id: '404', properties: { title: 'new' }, objectWriteTraceId: 'lost' },
      ],
    })
    expect(status).toBe(207)
    expect(body.errors).toMatchObject([
      { category: 'OBJECT_NOT_FOUND', context: { ids: ['404'], objectWriteTraceId: ['lost'] } },
    ])
    expect(codes()['a']?.['title']).toBe('new')
  })

  test('a unique value belongs to one record: 409 for a new contact, 400 for a change', async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    const bob = fake.addContact({ email: 'bob@example.com' })
    const created = await batch('create', 'contacts', {
      inputs: ['new@example.com', 'ada@example.com'].map((email) => ({
        properties: { email },
        associations: [],
      })),
    })
    expect(created).toMatchObject({
      status: 409,
      body: { category: 'CONFLICT', message: `Contact already exists. Existing ID: ${ada}` },
    })
    const changed = await batch('update', 'contacts', {
      inputs: [{ id: bob, properties: { email: 'ada@example.com' } }],
    })
    expect(changed.status).toBe(400)
    expect(changed.body.message).toContain(`on ${bob}. ${ada} already has that value.`)
    expect(fake.recordsOf('contacts')).toHaveLength(2)
  })

  test('another record can take a value that its owner no longer has', async () => {
    const [first, second] = ['a', 'b'].map((code_id) => fake.addRecord('qr_code', { code_id }))
    const rename = (id: string | undefined, code_id: string) =>
      batch('update', type, { inputs: [{ id, properties: { code_id } }] })
    expect((await rename(second, 'a')).status).toBe(400)
    expect((await rename(first, 'c')).status).toBe(200)
    expect((await rename(second, 'a')).status).toBe(200)
    expect((await upsert(keyed('c'))).body.results[0]?.new).toBe(false)
  })

  test('a new record needs the properties that its schema requires', async () => {
    const { status, body } = await batch('create', type, {
      inputs: [{ properties: { title: 'A' }, associations: [] }],
    })
    expect([status, body.context]).toEqual([400, { properties: ['code_id'] }])
  })

  test('read returns the existing records and names the missing ids', async () => {
    await upsert(keyed('a', { title: 'A' }))
    const { status, body } = await batch('read', type, {
      idProperty: 'code_id',
      inputs: [{ id: 'a' }, { id: 'b' }],
      properties: ['title', 'total'],
      propertiesWithHistory: [],
    })
    expect(status).toBe(207)
    expect(body.results[0]?.properties).toMatchObject({ title: 'A', total: null })
    expect(body.errors[0]?.context).toEqual({ ids: ['b'] })
  })

  test('the next page starts after the last record', async () => {
    await upsert(keyed('a'), keyed('b'), keyed('c'))
    const page = async (query: string) =>
      (await call('GET', `/crm/objects/2026-09/${type}?limit=2&properties=code_id${query}`)).body
    const first = await page('')
    const second = await page(`&after=${first.paging?.next.after ?? ''}`)
    const ids = [...first.results, ...second.results].map((record) => record.properties['code_id'])
    expect([first.results.length, second.paging]).toEqual([2, undefined])
    expect(ids.toSorted()).toEqual(['a', 'b', 'c'])
  })
})

describe('inputs that a test makes fail', () => {
  test('a value is refused until the test makes it valid again', async () => {
    const undo = fake.refuse({ property: 'title', value: 'B' })
    expect((await upsert(traced('a'), traced('b', { title: 'B' }))).status).toBe(207)
    undo()
    expect((await upsert(traced('b', { title: 'B' }))).status).toBe(200)
  })

  test('one conflict fails the whole batch, with or without trace ids, and names no input', async () => {
    fake.refuse((input) => input.id === 'culprit', 'conflict')
    const { status, body } = await upsert(traced('a'), traced('culprit'))
    expect([status, body.category]).toEqual([409, 'CONFLICT'])
    expect(JSON.stringify(body)).not.toContain('culprit')
    expect(codes()).toEqual({})
    expect((await upsert(traced('a'))).status).toBe(200)
  })
})

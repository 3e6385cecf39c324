import type { BatchInputSimplePublicObjectBatchInputUpsert } from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { AccountChanged } from '../../../src/destinations/hubspot/account/account-changed.ts'
import type { Reply } from '../../../src/destinations/hubspot/http/client.ts'
import { throughClient } from '../../../src/destinations/hubspot/http/hubspot-apis.ts'
import { asSent } from '../../../src/destinations/hubspot/http/told.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import { readWholeRecords } from '../../../src/destinations/hubspot/http/find-records.ts'
import { readBatchAnswer } from '../../../src/destinations/hubspot/http/read-batch-answer.ts'
import { parseRefusal } from '../../../src/destinations/hubspot/http/refusal.ts'

const inputs = ['a', 'b', 'c'].map((id) => ({ key: id, id }))

function reply(status: number, body: unknown): Reply {
  return {
    status,
    text: JSON.stringify(body),
    read: <T>(schema: z.ZodType<T>) => schema.parse(body),
    unreadable: (where) =>
      new ConnectorError('DESTINATION_UNAVAILABLE', `unreadable ${where}`, { retry: 'backoff' }),
    refused: () => new ConnectorError('DESTINATION_UNAVAILABLE', 'refused', { retry: 'backoff' }),
  }
}

/** As HubSpot's client reads it. */
const answer = (status: number, body: unknown) =>
  throughClient(
    () => Promise.resolve(reply(status, body)),
    ({ records }) =>
      records.upsertWithHttpInfo('2-1', asSent<BatchInputSimplePublicObjectBatchInputUpsert>({ inputs: [] })),
  )

const read = async (status: number, body: unknown) => {
  const { done, refused, passing, reason } = readBatchAnswer(
    await answer(status, body),
    inputs,
    ({ properties }) => [properties['key'] ?? ''],
  )
  return { done: [...done.keys()], refused: [...refused], passing: [...passing.keys()], reason }
}

const nothing = { done: [], refused: [], passing: [], reason: null }

describe('the answer to a batch', () => {
  test('results belong to inputs by the index that they carry, otherwise by the property', async () => {
    const results = [
      { id: '1', properties: { key: 'other' }, objectWriteTraceId: 'input-2' },
      { id: '2', properties: { key: 'a' } },
    ]
    expect(await read(200, { results })).toEqual({ ...nothing, done: ['c', 'a'] })
  })

  test('an empty 2xx confirms nothing', async () => {
    for (const body of [{ results: [] }, {}, { results: null }, { results: [null] }]) {
      expect(await read(200, body)).toEqual(nothing)
    }
  })

  test('errors of a 207 refuse inputs by index or by id', async () => {
    const errors = [
      { category: 'VALIDATION_ERROR', message: 'wrong', context: { objectWriteTraceId: ['input-0'] } },
      { category: 'OBJECT_NOT_FOUND', message: 'gone', context: { ids: ['b'] } },
    ]
    expect(await read(207, { results: [{ id: '3', properties: { key: 'c' } }], errors })).toEqual({
      ...nothing,
      done: ['c'],
      refused: [
        ['a', 'wrong'],
        ['b', 'gone'],
      ],
    })
  })

  test('an error that names no input is the reason for all remaining inputs', async () => {
    const errors = [{ category: 'VALIDATION_ERROR', message: 'something is wrong' }]
    expect(await read(207, { results: [{ id: '1', properties: { key: 'a' } }], errors })).toEqual({
      ...nothing,
      done: ['a'],
      reason: 'something is wrong',
    })
  })

  test('an error that is not caused by an input is temporary', async () => {
    const errors = [{ category: 'RATE_LIMITS', message: 'slow down' }]
    expect(await read(207, { results: [], errors })).toEqual({ ...nothing, passing: ['a', 'b', 'c'] })
  })

  test('a refused batch is read with and without the name of an input', async () => {
    expect(await read(400, { category: 'VALIDATION_ERROR', message: 'wrong' })).toEqual({
      ...nothing,
      reason: 'wrong',
    })
    const named = { category: 'CONFLICT', message: 'taken', context: { ids: ['b'] } }
    expect(await read(409, named)).toEqual({ ...nothing, passing: ['b'] })
  })

  test('a missing property is not the fault of a row', async () => {
    const errors = [{ message: 'Property "x" does not exist', code: 'PROPERTY_DOESNT_EXIST' }]
    const whole = { category: 'VALIDATION_ERROR', message: 'x', errors }
    await expect(read(400, whole)).rejects.toThrow(AccountChanged)
    await expect(read(207, { results: [], errors: [{ message: 'x', errors }] })).rejects.toThrow(
      AccountChanged,
    )
  })

  test('whatever the answer is, only inputs that it names are confirmed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(200, 201, 207, 400, 409), fc.jsonValue(), async (status, results) => {
        try {
          const { done } = await read(status, { results, errors: results })
          expect(done).toEqual([])
        } catch (error) {
          // A response that the client cannot parse is requested again.
          expect(error).toBeInstanceOf(ConnectorError)
        }
      }),
    )
  })
})

describe('the reason of a refusal', () => {
  const problem = { isValid: false, message: 'x was not a number', error: 'INVALID_INTEGER', name: 'x' }

  test.each([
    [
      'the details',
      { message: 'long', errors: [{ message: 'b is wrong' }, { message: 'b is wrong' }] },
      'b is wrong',
    ],
    [
      'the problems in the message',
      { message: `Property values were not valid: [${JSON.stringify(problem)}]` },
      problem.message,
    ],
    ['the message', { message: 'not  now\n' }, 'not now'],
    ['the category', { category: 'CONFLICT' }, 'CONFLICT'],
    ['nothing', {}, 'no reason given'],
    ['nothing that can be seen', { message: ' \u0007\n' }, 'no reason given'],
  ])('comes from %s', (_, body, reason) => {
    expect(parseRefusal(JSON.stringify(body)).reason).toBe(reason)
  })

  test('the page of a proxy is cut, and put on one line', () => {
    const { reason } = parseRefusal(`<html>\u0007\n${'x'.repeat(1_000)}`)
    expect(reason.length).toBeLessThan(310)
    expect(reason).toMatch(/^<html> x+…$/)
  })

  test('can be read from any answer', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(parseRefusal(text).reason).not.toBe('')
      }),
    )
  })
})

describe('finding records', () => {
  test('a contact is found by each of its addresses', async () => {
    const properties = {
      email: 'ada@example.com',
      hs_additional_emails: 'lovelace@example.com;byron@example.com',
    }
    const found = await readWholeRecords(
      () => Promise.resolve(reply(207, { results: [{ id: '51', properties }], errors: [] })),
      ...([
        { typeId: '0-1', idProperty: 'email', more: [] },
        ['Lovelace@example.com', 'nobody@example.com'],
      ] as const),
    )
    expect([...found].map(([value, { id }]) => [value, id])).toEqual([['Lovelace@example.com', '51']])
  })

  test('a value that HubSpot does not search for does not hide the others', async () => {
    const found = await readWholeRecords(
      ({ body }) => {
        const ids = (JSON.parse(body as string) as { inputs: { id: string }[] }).inputs.map(({ id }) => id)
        return Promise.resolve(
          ids.includes('bad')
            ? reply(400, { category: 'VALIDATION_ERROR', message: 'wrong id' })
            : reply(200, { results: ids.map((id) => ({ id: `record-${id}`, properties: { key: id } })) }),
        )
      },
      ...([{ typeId: '2-1', idProperty: 'key', more: [] }, ['a', 'bad', 'c']] as const),
    )
    expect([...found].map(([value, { id }]) => [value, id])).toEqual([
      ['a', 'record-a'],
      ['c', 'record-c'],
    ])
  })
})

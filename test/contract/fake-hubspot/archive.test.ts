import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { callerOf, qrCodeSchema, type HubSpotCaller } from '../../fake-hubspot/hubspot-caller.ts'

let fake: FakeHubSpot
let call: HubSpotCaller
let type: string

beforeEach(async () => {
  fake = await startFakeHubSpot()
  call = callerOf(fake)
  type = (await call('POST', '/crm-object-schemas/2026-09/schemas', qrCodeSchema)).body.objectTypeId
})
afterEach(() => fake.close())

function upsert(...ids: string[]) {
  const inputs = ids.map((id) => ({ id, idProperty: 'code_id', properties: {} }))
  return call('POST', `/crm/objects/2026-09/${type}/batch/upsert`, { inputs })
}

describe('archived records', () => {
  test('are returned only to requests that ask for archived records', async () => {
    await upsert('a', 'b')
    const [first] = fake.recordsOf('qr_code')
    const id = first?.id ?? ''
    fake.removeRecord('qr_code', id)
    const read = (more: string) =>
      call('POST', `/crm/objects/2026-09/${type}/batch/read${more}`, {
        inputs: [{ id: 'a' }],
        idProperty: 'code_id',
        properties: ['code_id'],
        propertiesWithHistory: [],
      })
    expect((await read('')).body.results).toEqual([])
    expect((await read('?archived=true')).body.results).toMatchObject([{ id, archived: true }])
    const page = await call('GET', `/crm/objects/2026-09/${type}?archived=true`)
    expect(page.body.results).toMatchObject([{ id }])
    // A value of a deleted record is free again.
    const again = await upsert('a')
    expect(again.body.results).toMatchObject([{ new: true }])
  })
})

import { afterEach, describe, expect, test } from 'vitest'
import type { LandedRow } from '../../../../src/streams/streams.ts'
import type { FakeHubSpot } from '../../../fake-hubspot/fake-account.ts'
import { allScopes } from '../../../fake-hubspot/http/scopes.ts'
import { fakeHubSpotForEach } from '../../../support/destinations/fake-hubspot-for-each.ts'
import { startFront, type Front } from '../../../support/destinations/hubspot-front.ts'
import { codeRows, destinationTo, linkRow } from '../../../support/destinations/hubspot-world.ts'
import { landedScan } from '../../../support/ledger/landed-rows.ts'

let fake: FakeHubSpot
const fronts: Front[] = []

fakeHubSpotForEach((started) => {
  fake = started
})

afterEach(async () => {
  for (const front of fronts.splice(0)) await front.close()
})

async function frontWith(...how: Parameters<typeof startFront> extends [string, ...infer How] ? How : never) {
  const front = await startFront(fake.url, ...how)
  fronts.push(front)
  return front
}

const rule = 'contacts.email'
const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]
const settings = { scans: true, events: true, link }
const count = 9

const landed = (row: { id: string } & Record<string, unknown>): LandedRow => ({
  seq: 0,
  id: row.id,
  json: JSON.stringify(row),
})
const pairRow = (record: string, number: number, is_linked = true) => {
  const id = `${rule}#${record}/code-${number}`
  return landed({ id, rule, record, is_linked, qr_code_id: `code-${number}` })
}
const scanOf = (number: number) => landedScan(number, { qr_code_id: `code-${number}` })
const scanRow = (record: string, number: number, is_linked = true) => {
  const id = `${rule}#${record}/scan-${number}`
  const scan = JSON.parse(scanOf(number).json) as object
  return landed({ id, rule, record, is_linked, code: `Menu ${number}`, scan })
}
const people = () =>
  Array.from({ length: count }, (_, number) => fake.addContact({ email: `p${number}@x.example` }))

/** Rows of each stream, the call that settles them, and what names the fifth row in its answer. */
const streams = [
  ['code_summaries', 'batch/upsert', () => codeRows(count), () => 'code-4'],
  ['scans', 'batch/upsert', () => Array.from({ length: count }, (_, n) => scanOf(n)), () => 'scan-4'],
  [
    'scans',
    'associate/default',
    () => Array.from({ length: count }, (_, n) => scanOf(n)),
    () => scanRecord(4),
  ],
  ['link_summaries', 'batch/update', (ids: string[]) => ids.map((id) => linkRow(rule, id)), fifth],
  ['link_codes', 'batch/create', (ids: string[]) => ids.map((id, n) => pairRow(id, n)), fifth],
  ['link_scans', 'associate/default', (ids: string[]) => ids.map((id, n) => scanRow(id, n)), fifth],
] as const

function fifth(ids: readonly string[]) {
  return ids[4] ?? ''
}

function scanRecord(number: number) {
  const found = fake
    .recordsOf('qr_scan')
    .find(({ properties }) => properties['qrsync_scan_id'] === `scan-${number}`)
  return found?.id ?? 'unknown'
}

type Results = Record<string, unknown>[]

/** What may be wrong with the results of a call, and whether the fifth row is accounted for as refused. */
const lies = {
  'leaves out a row': (results: Results, word: string) =>
    results.filter((each) => !JSON.stringify(each).includes(word)),
  'names a record that nobody asked for': (results: Results) => [
    ...results,
    { id: '99', properties: { qrsync_code_id: 'code-99' }, objectWriteTraceId: 'input-99' },
    { from: { id: '98' }, to: { id: '99' }, fromObjectId: '98', toObjectId: '99' },
  ],
  'names each record twice': (results: Results) => [...results, ...results],
  'has entries that are none': (results: Results) => [null, ...results, {}, { id: 7 }],
}

describe.each(Object.entries(lies))('a 207 that %s', (name, lie) => {
  test.each(streams)('accounts for each row of %s (%s)', async (stream, callEnd, rowsFor, wordFor) => {
    const ids = people()
    const plain = destinationTo(fake, settings)
    await plain.upsert('code_summaries', codeRows(count))
    if (stream === 'link_scans') {
      await plain.upsert(
        'scans',
        Array.from({ length: count }, (_, n) => scanOf(n)),
      )
    }
    const front = await frontWith({}, (call, body) => {
      if (!call.endsWith(callEnd) || !Array.isArray(body['results'])) return undefined
      const results = lie(body['results'] as Results, wordFor(ids))
      return { status: 207, body: { ...body, results, errors: [], numErrors: 0 } }
    })
    const rows = rowsFor(ids)
    const crm = destinationTo(fake, { ...settings, url: front.url })
    const { confirmed, rejected } = await crm.upsert(stream, rows)
    const isLeftOut = name === 'leaves out a row'
    expect({ confirmed, rejected }).toEqual({
      confirmed: isLeftOut ? count - 1 : count,
      rejected: isLeftOut
        ? [{ id: rows[4]?.id, reason: 'HubSpot answered, but did not say what became of it' }]
        : [],
    })
  })
})

describe('a scope that is revoked in the middle of a run', () => {
  const without = (scope: string) => {
    fake.setScopes(allScopes.filter((each) => each !== scope))
  }

  test.each([
    ['code_summaries', 'batch/upsert', 'crm.objects.custom.write'],
    ['scans', 'associate/default', 'crm.objects.custom.write'],
    ['link_summaries', 'batch/update', 'crm.objects.contacts.write'],
    ['link_codes', 'batch/create', 'crm.objects.contacts.write'],
    ['link_scans', '/send/batch', 'analytics.behavioral_events.send'],
  ] as const)(
    'stops %s before %s with its name, and no other stream; all rows arrive once it is back',
    async (stream, callEnd, scope) => {
      const ids = people()
      let isRevoked = false
      const front = await frontWith((call) => {
        if (isRevoked && call.endsWith(callEnd)) without(scope)
        return undefined
      })
      const crm = destinationTo(fake, { ...settings, url: front.url })
      const rowsOf = {
        code_summaries: codeRows(count),
        scans: ids.map((_, n) => scanOf(n)),
        link_summaries: ids.map((id) => linkRow(rule, id)),
        link_codes: ids.map((id, n) => pairRow(id, n)),
        link_scans: ids.map((id, n) => scanRow(id, n)),
      }
      await crm.upsert('code_summaries', rowsOf.code_summaries.slice(0, 4))
      if (stream === 'link_scans') await crm.upsert('scans', rowsOf.scans)
      isRevoked = true
      await expect(crm.upsert(stream, rowsOf[stream])).rejects.toMatchObject({
        code: 'DESTINATION_FORBIDDEN',
        message: expect.stringContaining(scope) as string,
        retry: 'backoff',
      })
      isRevoked = false
      const other =
        stream === 'link_summaries' || stream === 'link_codes' ? 'code_summaries' : 'link_summaries'
      expect(await crm.upsert(other, rowsOf[other])).toEqual({ confirmed: count, rejected: [] })
      fake.setScopes(allScopes)
      expect(await crm.upsert(stream, rowsOf[stream])).toEqual({ confirmed: count, rejected: [] })
      if (stream === 'scans') {
        expect(fake.recordsOf('qr_scan')).toHaveLength(count)
        expect(fake.associations('qr_scan', 'qr_code')).toHaveLength(count)
      }
      if (stream === 'link_scans') expect(fake.events).toHaveLength(count)
    },
  )
})

describe('a HubSpot that refuses to read a record', () => {
  test('gets no claim that something was taken back from it', async () => {
    const ids = people()
    const plain = destinationTo(fake, settings)
    await plain.upsert('code_summaries', codeRows(count))
    await plain.upsert('scans', [scanOf(0)])
    const [ada = ''] = ids
    await plain.upsert('link_summaries', [linkRow(rule, ada)])
    await plain.upsert('link_codes', [pairRow(ada, 0)])
    await plain.upsert('link_scans', [scanRow(ada, 0)])
    const refusal = { status: 'error', category: 'VALIDATION_ERROR', message: 'cannot be read now' }
    const front = await frontWith({
      'POST /crm/objects/2026-09/0-1/batch/read': { status: 400, body: refusal },
    })
    const crm = destinationTo(fake, { ...settings, url: front.url })
    const refused = (id: string, what: string) => ({
      confirmed: 0,
      rejected: [{ id, reason: `${what} may still be there: cannot be read now` }],
    })
    const emptied = linkRow(rule, ada, { codes: 0, total_scans: 0 })
    expect(await crm.upsert('link_summaries', [emptied])).toEqual(refused(emptied.id, 'its sums'))
    for (const [stream, row] of [
      ['link_codes', pairRow(ada, 0, false)],
      ['link_scans', scanRow(ada, 0, false)],
    ] as const) {
      expect(await crm.upsert(stream, [row])).toEqual(refused(row.id, 'its association'))
    }
    expect(fake.associations('contacts', 'qr_code')).toHaveLength(1)
    expect(await plain.upsert('link_codes', [pairRow(ada, 0, false)])).toEqual({ confirmed: 1, rejected: [] })
    expect(fake.associations('contacts', 'qr_code')).toEqual([])
  })
})

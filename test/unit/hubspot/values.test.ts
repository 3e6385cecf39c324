import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeFields } from '../../../src/destinations/hubspot/mapping/code-fields.ts'
import { fieldsOf, linkFieldsOf } from '../../../src/destinations/hubspot/mapping/fields.ts'
import { choosable } from '../../../src/destinations/hubspot/mapping/settings.ts'
import { scanFields } from '../../../src/destinations/hubspot/mapping/scan-fields.ts'
import { mapRow } from '../../../src/destinations/hubspot/mapping/to-values.ts'
import type { Scan } from '../../../src/streams/scans.ts'
import type { LandedRow } from '../../../src/streams/streams.ts'
import { codeRow } from '../../support/destinations/hubspot-world.ts'
import { landedScan } from '../../support/ledger/landed-rows.ts'

const mapCode = (row: LandedRow, parameters: string[] = []) => mapRow(codeFields(parameters), row)
const mapScan = (row: LandedRow) => mapRow(scanFields('Europe/Berlin'), row)

test('all properties can be selected by their names, except those that find and compare records', () => {
  const fieldsWith = (properties: { codes?: []; scans?: []; links?: [] }) => {
    const choice = { parameters: [], names: {}, properties }
    return { ...fieldsOf(choice), links: linkFieldsOf(choice, {}) }
  }
  const all = fieldsWith({})
  const none = fieldsWith({ codes: [], scans: [], links: [] })
  for (const kind of ['codes', 'scans', 'links'] as const) {
    const required = new Set(none[kind].map(({ name }) => name))
    const names = all[kind].map(({ name }) => name).filter((name) => !required.has(name))
    expect(names).toEqual(choosable[kind].map((name) => `qrsync_${name}`))
  }
})

describe('the values of a row', () => {
  test('each part of a campaign in a destination URL has its own property', () => {
    const query =
      'utm_source=print&utm_medium=flyer&utm_campaign=Spring+Sale%21&utm_content=A&utm_source=second'
    const row = codeRow(1, { destination_url: `https://example.com/?x=1&${query}#utm_term=fragment` })
    expect(mapCode(row)).toMatchObject({
      values: {
        qrsync_utm_source: 'print',
        qrsync_utm_medium: 'flyer',
        qrsync_utm_campaign: 'Spring Sale!',
        qrsync_utm_content: 'A',
        qrsync_utm_term: '',
      },
    })
  })

  test('other parameters have names that HubSpot accepts', () => {
    const row = codeRow(1, { destination_url: 'https://example.com/?Store-ID=0042&gclid=Cj0' })
    expect(mapCode(row, ['Store-ID', 'gclid', 'absent'])).toMatchObject({
      values: { qrsync_url_store_id: '0042', qrsync_url_gclid: 'Cj0', qrsync_url_absent: '' },
    })
  })

  test('the title of a scan says when, on what and where it was made, in the time zone of the account', () => {
    const titleOf = (fields: Partial<Scan>) => {
      const mapped = mapScan(landedScan(1, { scanned_at: '2026-11-01T09:00:12Z', country: 'DE', ...fields }))
      return 'values' in mapped ? mapped.values['qrsync_title'] : mapped.reason
    }
    expect(titleOf({})).toBe('2026-11-01 10:00 · mobile · DE')
    expect(titleOf({ country: null })).toBe('2026-11-01 10:00 · mobile')
    expect(titleOf({ scanned_at: '2026-07-01T22:30:00Z', device_type: null })).toBe('2026-07-02 00:30 · DE')
  })

  test.each([
    [' iOS ', 'iOS'],
    ['Mac OS X (10.15)', 'Mac OS X (10.15)'],
    ['a;b', 'other'],
    ['x'.repeat(101), 'other'],
    ['\u0001', 'other'],
    [null, ''],
    [' ', ''],
  ])('%j becomes an option that HubSpot accepts', (os, option) => {
    expect(mapScan(landedScan(1, { os }))).toMatchObject({ values: { qrsync_os: option } })
  })

  test.each([null, 'example.com/?utm_source=print', 'https://'])('%j has no campaign', (destination_url) => {
    expect(mapCode(codeRow(1, { destination_url }))).toMatchObject({ values: { qrsync_utm_source: '' } })
  })

  test('null clears a value; numbers and booleans become text; times are in UTC, to the millisecond', () => {
    expect(
      mapScan(landedScan(1, { city: null, is_unique: false, scanned_at: '2026-01-02T03:04:05.6789+02:00' })),
    ).toMatchObject({
      values: { qrsync_city: '', qrsync_is_unique: 'false', qrsync_scanned_at: '2026-01-02T01:04:05.678Z' },
    })
    expect(mapCode(codeRow(1, { total_scans: 0, unique_scans: null }))).toMatchObject({
      values: { qrsync_total_scans: '0', qrsync_unique_scans: '' },
    })
  })

  test('any text becomes valid Unicode, and valid Unicode stays the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(mapCode(codeRow(1, { name }))).toMatchObject({ values: { qrsync_name: name.toWellFormed() } })
      }),
    )
  })

  test.each([
    ['no JSON', { seq: 0, id: 'x', json: '{' }, /JSON/],
    ['no object', { seq: 0, id: 'x', json: 'null' }, /\w{3,}/],
    ['a time that is none', landedScan(1, { scanned_at: 'yesterday' }), /scanned_at is no time: yesterday/],
  ])('%s: the error says why', (_, row, reason) => {
    expect(mapScan(row)).toMatchObject({ reason: expect.stringMatching(reason) as string })
  })
})

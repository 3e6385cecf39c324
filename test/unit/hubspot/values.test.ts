import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  codeProperties,
  linkProperties,
  scanProperties,
} from '../../../src/destinations/hubspot/account/properties.ts'
import { mapCode, mapLink, mapScan } from '../../../src/destinations/hubspot/mapping/to-values.ts'
import { codeRow, linkRow } from '../../support/destinations/hubspot-world.ts'
import { landedScan } from '../../support/ledger/landed-rows.ts'

const namesOf = (definitions: readonly { name: string }[]) => definitions.map(({ name }) => name).toSorted()

describe('what rows become', () => {
  test.each([
    ['codes', mapCode(codeRow(1)), codeProperties],
    ['links', mapLink(linkRow('contacts.email', 'a@b.c')), linkProperties],
    ['scans', mapScan(landedScan(1)), scanProperties],
  ])('of %s, each property has a value, and no other is written', (_, mapped, definitions) => {
    expect(mapped).toHaveProperty('values')
    expect('values' in mapped && Object.keys(mapped.values).toSorted()).toEqual(namesOf(definitions))
  })

  test('null clears; numbers and booleans are texts; times are in UTC, to the millisecond', () => {
    expect(
      mapScan(landedScan(1, { city: null, is_unique: false, scanned_at: '2026-01-02T03:04:05.6789+02:00' })),
    ).toMatchObject({
      values: { qrsync_city: '', qrsync_is_unique: 'false', qrsync_scanned_at: '2026-01-02T01:04:05.678Z' },
    })
    expect(mapCode(codeRow(1, { total_scans: 0, unique_scans: null }))).toMatchObject({
      values: { qrsync_total_scans: '0', qrsync_unique_scans: '' },
    })
  })

  test('any text comes as Unicode, and what was Unicode stays the same', () => {
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
  ])('%s: why', (_, row, reason) => {
    expect(mapScan(row)).toMatchObject({ reason: expect.stringMatching(reason) as string })
  })
})

import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { createMask } from '../../../src/config/create-mask.ts'
import { type Scan, droppableFields, hashableFields } from '../../../src/streams/scans.ts'
import { configText } from '../../support/config-text.ts'

const text = configText()
afterAll(() => {
  text[Symbol.dispose]()
})

const salt = 'a salt of which nobody knows'
const scan: Scan = {
  id: 's1',
  qr_code_id: 'qr_1',
  scanned_at: '2026-11-01T10:00:00Z',
  device_type: 'mobile',
  os: 'iOS',
  browser: 'Safari',
  language: 'de-DE',
  referrer: 'https://t.co/',
  is_unique: true,
  country: 'DE',
  region: 'Berlin',
  city: 'Berlin',
  extra: { ip: '192.0.2.1' },
}

describe('a mask', () => {
  it('keeps the fields that identify a scan, whatever is dropped and hashed', () => {
    const { id, qr_code_id, scanned_at } = scan
    expect(createMask({ drop: [...droppableFields], hash: [] }).scan(scan)).toEqual({
      id,
      qr_code_id,
      scanned_at,
      device_type: null,
      os: null,
      browser: null,
      language: null,
      referrer: null,
      is_unique: null,
      country: null,
      region: null,
      city: null,
      extra: null,
    })
    const hashed = createMask({ drop: [], hash: [...hashableFields], salt }).scan(scan)
    expect(hashed).toMatchObject({ id, qr_code_id, scanned_at, is_unique: true, extra: { ip: '192.0.2.1' } })
    for (const field of hashableFields) expect(hashed[field]).toMatch(/^[0-9a-f]{32}$/)
  })

  it('does not change the given scan', () => {
    const before = structuredClone(scan)
    createMask({ drop: ['city'], hash: ['browser'], salt }).scan(scan)
    expect(scan).toEqual(before)
  })

  const hashOf = (city: string | null, with_ = salt) =>
    createMask({ drop: [], hash: ['city', 'region'], salt: with_ }).scan({ ...scan, city, region: city })

  it('gives equal texts equal hashes, different texts different hashes, and null no hash', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(hashOf(a).city === hashOf(b).city).toBe(a === b)
      }),
    )
    expect(hashOf(null).city).toBeNull()
  })

  it('gives other hashes with another salt, and for another field', () => {
    expect(hashOf('Berlin').city).not.toBe(hashOf('Berlin', `${salt}.`).city)
    expect(hashOf('Berlin').city).not.toBe(hashOf('Berlin').region)
  })
})

describe('privacy in the config file', () => {
  it.each([
    ['{drop: [city]}', { drop: ['city'], hash: [] }],
    ['{hash: [city], salt: "${SALT}"}', { drop: [], hash: ['city'], salt }],
    ['{}', { drop: [], hash: [] }],
  ])('accepts %s', (written, expected) => {
    expect(text.load(`privacy: ${written}`, { SALT: salt }).privacy).toEqual(expected)
  })

  const secret = 'a secret of at least 16 characters, as ${NAME} or ${file:PATH}'
  it.each([
    ['{hash: [city]}', `privacy.salt: is missing: hash needs ${secret}`],
    ['{hash: [city], salt: short}', `privacy.salt: ${secret}`],
    ['{drop: [city], hash: [os, city], salt: "${SALT}"}', 'privacy.hash: city: either drop or hash'],
    ['{drop: city}', 'privacy.drop: a list of fields (found "city")'],
    ['{drop: [id]}', /^privacy\.drop\.0: one of 'device_type', .* \(found "id"\)$/],
  ])('is refused: %s', (written, message) => {
    const told = text.refusal(`privacy: ${written}`, { SALT: salt }).replace('qrsync.yaml:4: ', '')
    if (typeof message === 'string') expect(told).toBe(message)
    else expect(told).toMatch(message)
  })
})

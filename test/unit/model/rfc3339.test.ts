import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRfc3339Date, isRfc3339DateTime } from '../../../src/model/rfc3339.ts'

describe('isRfc3339Date', () => {
  it.each(['2026-03-14', '2024-02-29', '2026-12-31'])('accepts %s', (text) => {
    expect(isRfc3339Date(text)).toBe(true)
  })

  it.each([
    '',
    '2026-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-01',
    '2026-01-00',
    '26-01-01',
    '2026-1-1',
    '2026-01-01Z',
    '2026-01-01\n',
    '2026-01-01T00:00:00Z',
    ' 2026-01-01',
  ])('refuses %j', (text) => {
    expect(isRfc3339Date(text)).toBe(false)
  })
})

describe('isRfc3339DateTime', () => {
  it('accepts every instant, with any zone', () => {
    const zone = fc.constantFrom('Z', 'z', '+00:00', '-03:30', '+14:00')
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        zone,
        (date, suffix) => {
          expect(isRfc3339DateTime(date.toISOString().replace('Z', suffix))).toBe(true)
        },
      ),
    )
  })

  it.each([
    '2024-02-29T00:00:00Z',
    '2000-02-29T00:00:00Z',
    '2026-03-14T09:26:53Z',
    '2026-03-14t09:26:53.123456789Z',
  ])('accepts %s', (text) => {
    expect(isRfc3339DateTime(text)).toBe(true)
  })

  it.each([
    '2026-03-14',
    '2026-03-14T09:26Z',
    '2026-03-14T09:26:53',
    '2026-03-14 09:26:53Z',
    '2026-03-14T09:26:53.Z',
    '2026-03-14T24:00:00Z',
    '2026-03-14T09:60:00Z',
    '2026-03-14T09:26:60Z',
    '2026-13-14T09:26:53Z',
    '2026-00-14T09:26:53Z',
    '2026-03-00T09:26:53Z',
    '2026-02-29T09:26:53Z',
    '1900-02-29T09:26:53Z',
    '2026-04-31T09:26:53Z',
    '2026-03-14T09:26:53+24:00',
    '2026-03-14T09:26:53+01:60',
    '2026-03-14T09:26:53+0100',
    '2026-03-14T09:26:53Z\n',
  ])('refuses %j', (text) => {
    expect(isRfc3339DateTime(text)).toBe(false)
  })
})

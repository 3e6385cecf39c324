import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEcho } from '../../../src/source/echo.ts'
import { readRows } from '../../../src/source/read-rows.ts'
import { qrCodeRow, scanRow } from '../../../src/source/schemas.ts'
import { toQrCode, toScan } from '../../../src/source/to-model.ts'
import { jsonElements } from '../../../src/model/json-elements.ts'
import { isUtcTime, toUtcTime } from '../../../src/model/rfc3339.ts'

const echo = createEcho('qrs_0')
const readScan = (fields: string) => {
  const body = `{"data":[{"id":"s1","scanned_at":"2026-03-14T09:26:53.589Z"${fields}}]}`
  const parsed = (JSON.parse(body) as { data: unknown[] }).data
  const { rows, setAside } = readRows(scanRow, { body, path: ['data'], parsed, echo })
  return { scan: rows.map((row) => toScan(row, 'q1'))[0], setAside }
}
const readCode = (fields: string) => {
  const body = `{ "data" : [ { "id": "q1" ${fields} } ] }`
  const parsed = (JSON.parse(body) as { data: unknown[] }).data
  const { rows, setAside } = readRows(qrCodeRow, { body, path: ['data'], parsed, echo })
  return { code: rows.map(toQrCode)[0], setAside }
}

describe('a value that can be read without loss is accepted', () => {
  it.each([
    ['"is_unique":1', { is_unique: true }],
    ['"is_unique":0', { is_unique: false }],
    ['"is_unique":"true"', { is_unique: true }],
    ['"is_unique":"False"', { is_unique: false }],
    ['"id":123456', { id: '123456' }],
    ['"id":1610521604143693812', { id: '1610521604143693812' }],
    ['"qr_code_id":17', { qr_code_id: '17' }],
    ['"os":17.10', { os: '17.10' }],
    ['"scanned_at":"2026-03-14t09:26:53.589z"', { scanned_at: '2026-03-14T09:26:53.589Z' }],
    ['"scanned_at":"2026-03-14 10:26:53,5+0100"', { scanned_at: '2026-03-14T09:26:53.5Z' }],
    ['"scanned_at":"2016-12-31T23:59:60Z"', { scanned_at: '2016-12-31T23:59:59.999999Z' }],
  ])('of a scan: %s', (fields, expected) => {
    expect(readScan(`,${fields}`)).toMatchObject({ scan: expected, setAside: [] })
  })

  it.each([
    ['"scan_count":"3"', { scan_count: 3 }],
    ['"scan_count":3.0', { scan_count: 3 }],
    ['"scan_count":1E2', { scan_count: 100 }],
    ['"scan_count":-0', { scan_count: 0 }],
    ['"render_customizations":[]', { render_customizations: {} }],
    ['"last_scanned_at":""', { last_scanned_at: null }],
    ['"created_at":"2026-03-14T23:26:53-02:00"', { created_at: '2026-03-15T01:26:53Z' }],
  ])('of a code: %s', (fields, expected) => {
    expect(readCode(`,${fields}`)).toMatchObject({ code: expected, setAside: [] })
  })
})

describe('a value that needs a guess is set aside, with its original text', () => {
  it.each([
    '"scanned_at":"2026-03-14T09:26:53"',
    '"scanned_at":1610521604',
    '"scanned_at":"2026-03-14T09:26:60Z"',
    '"scanned_at":"0000-03-14T09:26:00Z"',
    '"is_unique":"yes"',
    '"is_unique":2',
    '"referrer":false',
    '"id":1.0',
    '"id":""',
  ])('of a scan: %s', (fields) => {
    const { scan, setAside } = readScan(`,${fields}`)
    expect(scan).toBeUndefined()
    expect(setAside).toMatchObject([
      { json: `{"id":"s1","scanned_at":"2026-03-14T09:26:53.589Z",${fields}}` },
    ])
  })

  it.each([
    '"scan_count":-5',
    '"scan_count":1e18',
    '"scan_count":"many"',
    '"scan_count":9007199254740993',
    '"render_customizations":[1]',
    '"render_customizations":1e400',
    '"id":"a\\u0000b"',
  ])('of a code: %s', (fields) => {
    const { code, setAside } = readCode(`,${fields}`)
    expect(code).toBeUndefined()
    expect(setAside).toMatchObject([{ json: `{ "id": "q1" ,${fields} }` }])
  })

  it('an unreadable row keeps its id and time, if they can be read', () => {
    expect(readScan(',"id":7,"os":{}').setAside).toMatchObject([
      { id: '7', timeMs: Date.parse('2026-03-14T09:26:53.589Z') },
    ])
    expect(readScan(',"id":{},"scanned_at":"noon"').setAside).toMatchObject([{ id: null, timeMs: null }])
  })
})

describe('numbers of unknown fields', () => {
  const numbers = ['1610521604143693812', '1e400', '0.1000', '-0', '1E5', '1.0', '0.0000001', '0.1', '7']
  it('keep their digits', () => {
    const { scan } = readScan(numbers.map((number, index) => `,"n${index}":${number}`).join(''))
    expect(JSON.stringify(scan?.extra)).toBe(
      `{${numbers.map((number, index) => `"n${index}":${number}`).join(',')}}`,
    )
  })

  it('keep them at any depth, whatever is around them', () => {
    const digits = fc.stringMatching(/^-?(?:0|[1-9]\d{0,20})(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/)
    const space = fc.constantFrom('', ' ', '\n\t')
    fc.assert(
      fc.property(digits, space, fc.string(), (number, gap, text) => {
        const json = `{"a":[${gap}${number}${gap}],"b":{"c":${gap}${number}${gap}},"t":${JSON.stringify(text)}}`
        const { scan } = readScan(`,"x":${json}`)
        const compact = `{"x":{"a":[${number}],"b":{"c":${number}},"t":${JSON.stringify(text)}}}`
        expect(JSON.stringify(scan?.extra)).toBe(compact)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the elements of an array', () => {
  it('are the texts between its commas, whatever they contain', () => {
    const space = fc.constantFrom('', ' ', '\r\n')
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), space, fc.jsonValue(), (values, gap, other) => {
        const texts = values.map((value) => JSON.stringify(value, null, gap === '' ? 0 : 1))
        const list = `[${gap}${texts.join(`${gap},${gap}`)}${gap}]`
        const json = `${gap}{"data":0,"x":${JSON.stringify(other)}${gap},${gap}"data"${gap}:${gap}${list}${gap}}`
        expect(jsonElements(json, ['data'])).toEqual(texts)
      }),
    )
  })
})

describe('a time in the format that all destinations accept', () => {
  it('is the same instant, and keeps the order', () => {
    const two = (least: number, most: number) =>
      fc.integer({ min: least, max: most }).map((number) => String(number).padStart(2, '0'))
    const time = fc
      .tuple(
        fc.integer({ min: 1, max: 9998 }).map((year) => String(year).padStart(4, '0')),
        two(1, 12),
        two(1, 28),
        two(0, 23),
        two(0, 59),
        two(0, 59),
        fc.stringMatching(/^\d{0,9}$/),
        fc.constantFrom('Z', 'z', '+02:00', '-11:30', '+0545', '-00:00'),
      )
      .map(
        ([year, month, day, hour, minute, second, digits, zone]) =>
          `${year}-${month}-${day}T${hour}:${minute}:${second}${digits === '' ? '' : `.${digits}`}${zone}`,
      )
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [utcA, utcB] = [toUtcTime(a), toUtcTime(b)]
        fc.pre(utcA !== null && utcB !== null)
        expect(isUtcTime(utcA)).toBe(true)
        const zoned = /[+-]\d{4}$/.test(a) ? `${a.slice(0, -2)}:${a.slice(-2)}` : a.toUpperCase()
        expect(Date.parse(utcA)).toBe(Date.parse(zoned))
        if (Date.parse(utcA) < Date.parse(utcB)) {
          expect(utcA < utcB || utcA.slice(0, 19) === utcB.slice(0, 19)).toBe(true)
        }
      }),
    )
  })
})

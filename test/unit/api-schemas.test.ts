import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApiError } from '../../src/api/api-error.ts'
import { createEcho } from '../../src/api/echo.ts'
import { parseAnswer } from '../../src/api/parse-answer.ts'
import { accountAnswer, analyticsAnswer, qrCodesAnswer, scansAnswer } from '../../src/api/schemas.ts'
import { toAccount, toAnalytics, toQrCode, toScan } from '../../src/api/to-model.ts'

const key = `qrs_${'3f2a'.repeat(16)}`
const call = {
  endpoint: 'GET /qr-codes/{id}/scans',
  label: 'GET /qr-codes/q1/scans',
  keyLabel: 'qrs_3f2a…',
  echo: createEcho(key),
}
const scan = { id: 's1', scanned_at: '2026-03-14T09:26:53.589Z' }

const scansOf = (data: unknown) =>
  parseAnswer(scansAnswer, JSON.stringify({ success: true, data }), 200, call).data.map((row) =>
    toScan(row, 'q1'),
  )
const scanOf = (row: object) => {
  const [landed] = scansOf([row])
  if (landed === undefined) throw new Error('the row is gone')
  return landed
}

function refusal(attempt: () => unknown): ApiError {
  try {
    attempt()
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a scan', () => {
  it('needs an id and a time; the rest is null, and the code is the one asked for', () => {
    expect(scanOf(scan)).toEqual({
      id: 's1',
      qr_code_id: 'q1',
      scanned_at: '2026-03-14T09:26:53.589Z',
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
  })

  it('keeps what is known as it was sent', () => {
    const sent = {
      ...scan,
      qr_code_id: 'q2',
      os: 'iOS',
      is_unique: false,
      country: 'DE',
      scanned_at: '2026-03-14T09:26:53.589123+01:00',
    }
    expect(scanOf(sent)).toMatchObject(sent)
  })

  it('keeps every field that is not known, and lets none of them become a prototype', () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom('constructor', '__proto__', 'toString', 'extra', 'hasOwnProperty'),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.jsonValue())), (fields) => {
        const unknown = fields.filter(([field]) => !(field in scanOf(scan)) || field === 'extra')
        const json = JSON.stringify({
          ...Object.fromEntries([...unknown, ['__proto__', { os: 'Trojan' }]]),
          ...scan,
        })
        const landed = scanOf(JSON.parse(json) as object)

        const expected = JSON.parse(JSON.stringify(Object.fromEntries(unknown))) as object
        Reflect.deleteProperty(expected, '__proto__')
        expect(landed.extra ?? {}).toEqual(expected)
        expect(Object.getPrototypeOf(landed.extra ?? {})).toBe(Object.prototype)
        expect(landed.os).toBeNull()
      }),
    )
  })

  it.each([
    [{ scanned_at: scan.scanned_at }, 'data[1].id is missing (expected string, received undefined)'],
    [{ ...scan, id: 7 }, 'data[1].id is 7 (expected string, received number)'],
    [{ ...scan, scanned_at: null }, 'data[1].scanned_at is null (expected string, received null)'],
    [
      { ...scan, scanned_at: 'noon' },
      'data[1].scanned_at is "noon" (expected an RFC 3339 date-time with a zone)',
    ],
    [{ ...scan, is_unique: 'yes' }, 'data[1].is_unique is "yes" (expected boolean, received string)'],
    [
      { ...scan, city: { name: key } },
      'data[1].city is {"name":"qrs_3f2a…"} (expected string, received object)',
    ],
    [null, 'data[1] is null (expected object, received null)'],
  ])('of a wrong shape is refused by field and value: %j', (row, complaint) => {
    const error = refusal(() => scansOf([scan, row]))
    expect(error).toMatchObject({
      code: 'API_RESPONSE_INVALID',
      retry: 'backoff',
      endpoint: 'GET /qr-codes/{id}/scans',
      status: 200,
    })
    expect(error.message).toContain(`GET /qr-codes/q1/scans: ${complaint}.`)
  })

  it('with a huge or hostile value makes no huge or hostile message', () => {
    const { message } = refusal(() => scansOf([{ ...scan, os: [`\u001b[31m${'x'.repeat(100_000)}`] }]))
    expect(message.length).toBeLessThan(400)

    expect(message).not.toMatch(/[\u0000-\u001f]/)
  })
})

describe('an answer', () => {
  it.each(['null', '[]', '{}', '{"data":{}}', '{"success":false,"data":[]}', '<html>', ''])(
    '%j is refused',
    (body) => {
      expect(refusal(() => parseAnswer(scansAnswer, body, 200, call)).code).toBe('API_RESPONSE_INVALID')
    },
  )

  it('may do without pagination, or with parts of it', () => {
    const parse = (rest: object) =>
      parseAnswer(qrCodesAnswer, JSON.stringify({ data: [], ...rest }), 200, call)
    expect(parse({}).pagination).toBeUndefined()
    expect(parse({ pagination: { total: 3 } }).pagination).toEqual({ total: 3 })
    expect(refusal(() => parse({ pagination: { total: '3' } })).message).toContain('pagination.total is "3"')
  })
})

describe('a QR code', () => {
  const codeOf = (row: object) =>
    parseAnswer(qrCodesAnswer, JSON.stringify({ data: [row] }), 200, call).data.map(toQrCode)[0]

  it('needs an id only', () => {
    const absent = Object.entries(codeOf({ id: 'q1' }) ?? {}).filter(([, value]) => value === null)
    expect(absent).toHaveLength(12)
  })

  it('keeps its customizations and what is not known', () => {
    const render_customizations = { dot_color: '#0F172A', constructor: 'x' }
    expect(codeOf({ id: 'q1', render_customizations, folder: { id: 1 } })).toMatchObject({
      render_customizations,
      extra: { folder: { id: 1 } },
    })
    expect(refusal(() => codeOf({ id: 'q1', render_customizations: ['x'] })).message).toContain(
      'render_customizations',
    )
  })
})

describe('an account', () => {
  const usage = { api_calls_this_month: 1834, api_calls_monthly_limit: 5000 }
  const accountOf = (data: object) =>
    toAccount(parseAnswer(accountAnswer, JSON.stringify({ data }), 200, call).data)

  it('needs its calls, which the budget stands on', () => {
    expect(accountOf({ account_id: 'a1', plan: 'pro', usage })).toEqual({
      account_id: 'a1',
      email: null,
      plan: 'pro',
      usage: { ...usage, dynamic_qr_count: null, dynamic_qr_limit: null },
    })
    const { message } = refusal(() => accountOf({ account_id: 'a1', plan: 'pro', usage: {} }))
    expect(message).toContain('data.usage.api_calls_this_month is missing')
  })
})

describe('analytics', () => {
  const asked = { qrCodeId: 'q1', from: '2026-03-13', to: '2026-03-14' }
  const analyticsOf = (data: unknown) =>
    toAnalytics(parseAnswer(analyticsAnswer, JSON.stringify({ data }), 200, call).data, asked)

  it('need nothing: what is absent is null, no list, or as asked for', () => {
    expect(analyticsOf({ series: null, devices: null, hours: [{ name: '09', scans: 'many' }] })).toEqual({
      qr_code_id: 'q1',
      from: '2026-03-13',
      to: '2026-03-14',
      total_scans: null,
      unique_scans: null,
      series: [],
      breakdowns: [],
    })
  })

  it('keep what is known, with the lists as dimensions, and leave out what is not', () => {
    const sent = {
      qr_code_id: 'q2',
      from: '2026-03-12',
      to: '2026-03-12',
      total_scans: 2,
      unique_scans: 1,
    }
    const share = (name: string) => [{ name, scans: 2, percent: 100 }]
    const lists = {
      cities: share('Bonn'),
      countries: share('DE'),
      browsers: share('Safari'),
      operating_systems: share('iOS'),
      devices: [...share('mobile'), { name: '', scans: 0 }],
    }
    const series = [
      { date: '2026-03-12', scans: 2, unique_scans: 1, bots: 0 },
      { date: '2026-03-13', scans: 0 },
    ]
    expect(analyticsOf({ ...sent, ...lists, series, percent: 1 })).toEqual({
      ...sent,
      series: [
        { date: '2026-03-12', scans: 2, unique_scans: 1 },
        { date: '2026-03-13', scans: 0, unique_scans: null },
      ],
      breakdowns: [
        { dimension: 'device', name: 'mobile', scans: 2 },
        { dimension: 'device', name: '', scans: 0 },
        { dimension: 'os', name: 'iOS', scans: 2 },
        { dimension: 'browser', name: 'Safari', scans: 2 },
        { dimension: 'country', name: 'DE', scans: 2 },
        { dimension: 'city', name: 'Bonn', scans: 2 },
      ],
    })
  })

  it.each([
    [{ series: [{ date: '2026-02-30', scans: 1 }] }, 'data.series[0].date is "2026-02-30" (expected a date'],
    [{ series: [{ date: '2026-03-14T00:00:00Z', scans: 1 }] }, 'data.series[0].date is "2026-03-14T00'],
    [{ series: [{ date: '2026-03-14', scans: -1 }] }, 'data.series[0].scans is -1 '],
    [{ series: [{ date: '2026-03-14', scans: 1, unique_scans: -1 }] }, 'data.series[0].unique_scans is -1 '],
    [{ series: [{ date: '2026-03-14' }] }, 'data.series[0].scans is missing'],
    [{ series: {} }, 'data.series is {}'],
    [{ total_scans: -1 }, 'data.total_scans is -1 '],
    [{ unique_scans: 1.5 }, 'data.unique_scans is 1.5 '],
    [{ from: 'yesterday' }, 'data.from is "yesterday" (expected a date'],
    [{ to: '2026-3-4' }, 'data.to is "2026-3-4" (expected a date'],
    [{ devices: [{ name: 'mobile', scans: -2 }] }, 'data.devices[0].scans is -2 '],
    [{ cities: [{ scans: 2 }] }, 'data.cities[0].name is missing'],
    [null, 'data is null'],
  ])('of a wrong shape are refused by field and value: %j', (data, complaint) => {
    const error = refusal(() => analyticsOf(data))
    expect(error).toMatchObject({ code: 'API_RESPONSE_INVALID', retry: 'backoff' })
    expect(error.message).toContain(complaint)
  })
})

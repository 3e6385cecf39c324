import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApiError } from '../../../src/source/api-error.ts'
import { createEcho } from '../../../src/source/echo.ts'
import { parseAnswer } from '../../../src/source/parse-answer.ts'
import { readAnalyticsLists } from '../../../src/source/read-analytics-lists.ts'
import { readRows } from '../../../src/source/read-rows.ts'
import {
  accountAnswer,
  analyticsAnswer,
  qrCodeRow,
  qrCodesAnswer,
  scanRow,
  scansAnswer,
} from '../../../src/source/schemas.ts'
import { toAccount, toAnalytics, toQrCode, toScan } from '../../../src/source/to-model.ts'

const key = `qrs_${'3f2a'.repeat(16)}`
const call = {
  endpoint: 'GET /qr-codes/{id}/scans',
  label: 'GET /qr-codes/q1/scans',
  keyLabel: 'qrs_3f2a…',
  echo: createEcho(key),
}
const scan = { id: 's1', scanned_at: '2026-03-14T09:26:53.589Z' }

const readScans = (data: unknown) => {
  const body = JSON.stringify({ success: true, data })
  const parsed = parseAnswer(scansAnswer, body, 200, call).data
  return readRows(scanRow, { body, path: ['data'], parsed, echo: call.echo })
}
const scanOf = (row: object) => {
  const [landed] = readScans([row]).rows.map((read) => toScan(read, 'q1'))
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
  it('needs an id and a time; other fields may be null, and the code is the requested one', () => {
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

  it('keeps known fields as they were sent', () => {
    const sent = {
      ...scan,
      qr_code_id: 'q2',
      os: 'iOS',
      is_unique: false,
      country: 'DE',
      scanned_at: '2026-03-14T09:26:53.589123Z',
    }
    expect(scanOf(sent)).toMatchObject(sent)
  })

  it('keeps every unknown field, and lets none of them become a prototype', () => {
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
    [{ scanned_at: scan.scanned_at }, 'id is missing (expected string, received undefined)'],
    [{ ...scan, id: 7.5 }, 'id is 7.5 (expected string, received number)'],
    [{ ...scan, scanned_at: null }, 'scanned_at is null (expected string, received null)'],
    [{ ...scan, scanned_at: 'noon' }, 'scanned_at is "noon" (expected an RFC 3339 date-time with a zone)'],
    [{ ...scan, is_unique: 'yes' }, 'is_unique is "yes" (expected boolean, received string)'],
    [{ ...scan, city: { name: key } }, 'city is {"name":"qrs_3f2a…"} (expected string, received object)'],
    [null, 'the row is null (expected object, received null)'],
  ])('with a wrong shape is set aside by field and value, and the others are read: %j', (row, complaint) => {
    const { rows, setAside } = readScans([scan, row, { ...scan, id: 's2' }])
    expect(rows.map(({ id }) => id)).toEqual(['s1', 's2'])
    expect(setAside).toMatchObject([{ json: JSON.stringify(row), reason: complaint }])
  })

  it('with a huge or hostile value causes no huge or hostile message', () => {
    const { setAside } = readScans([{ ...scan, os: [`\u001b[31m${'x'.repeat(100_000)}`] }])
    const [{ reason } = { reason: '' }] = setAside
    expect(reason.length).toBeGreaterThan(10)
    expect(reason.length).toBeLessThan(400)

    expect(reason).not.toMatch(/[\u0000-\u001f]/)
  })
})

describe('a response', () => {
  it.each(['null', '[]', '{}', '{"data":{}}', '{"success":false,"data":[]}', '<html>', ''])(
    '%j is refused',
    (body) => {
      expect(refusal(() => parseAnswer(scansAnswer, body, 200, call)).code).toBe('API_RESPONSE_INVALID')
    },
  )

  it('may omit pagination, or parts of it', () => {
    const parse = (rest: object) =>
      parseAnswer(qrCodesAnswer, JSON.stringify({ data: [], ...rest }), 200, call)
    expect(parse({}).pagination).toBeUndefined()
    expect(parse({ pagination: { total: 3 } }).pagination).toEqual({ total: 3 })
    expect(parse({ pagination: { total: '3' } }).pagination).toEqual({ total: 3 })
    expect(refusal(() => parse({ pagination: { total: -3 } })).message).toContain('pagination.total is -3')
  })
})

describe('a QR code', () => {
  const readCodes = (row: object) => {
    const body = JSON.stringify({ data: [row] })
    const parsed = parseAnswer(qrCodesAnswer, body, 200, call).data
    return readRows(qrCodeRow, { body, path: ['data'], parsed, echo: call.echo })
  }
  const codeOf = (row: object) => readCodes(row).rows.map(toQrCode)[0]

  it('needs only an id', () => {
    const absent = Object.entries(codeOf({ id: 'q1' }) ?? {}).filter(([, value]) => value === null)
    expect(absent).toHaveLength(12)
  })

  it('keeps its customizations and unknown fields', () => {
    const render_customizations = { dot_color: '#0F172A', constructor: 'x' }
    expect(codeOf({ id: 'q1', render_customizations, folder: { id: 1 } })).toMatchObject({
      render_customizations,
      extra: { folder: { id: 1 } },
    })
    expect(readCodes({ id: 'q1', render_customizations: ['x'] }).setAside).toMatchObject([
      { id: 'q1', reason: 'render_customizations is ["x"] (expected object)' },
    ])
  })
})

describe('an account', () => {
  const usage = { api_calls_this_month: 1834, api_calls_monthly_limit: 5000 }
  const accountOf = (data: object) =>
    toAccount(parseAnswer(accountAnswer, JSON.stringify({ data }), 200, call).data)

  it('needs its calls, because the budget depends on them', () => {
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
  const analyticsOf = (sent: unknown) => {
    const body = JSON.stringify({ data: sent })
    const { data } = parseAnswer(analyticsAnswer, body, 200, call)
    return toAnalytics(data, asked, readAnalyticsLists(data, { body, echo: call.echo, mask: undefined }))
  }

  it('need nothing: an absent part is null, an empty list, or as requested', () => {
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

  it('keep known fields, with the lists as dimensions, and omit unknown ones', () => {
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
    [{ series: [{ date: '2026-02-30', scans: 1 }] }, 'date is "2026-02-30" (expected a date'],
    [{ series: [{ date: '2026-03-14T00:00:00Z', scans: 1 }] }, 'date is "2026-03-14T00'],
    [{ series: [{ date: '2026-03-14', scans: -1 }] }, 'scans is -1 '],
    [{ series: [{ date: '2026-03-14', scans: 1, unique_scans: -1 }] }, 'unique_scans is -1 '],
    [{ series: [{ date: '2026-03-14' }] }, 'scans is missing'],
    [{ devices: [{ name: 'mobile', scans: -2 }] }, 'devices: scans is -2 '],
    [{ cities: [{ scans: 2 }] }, 'cities: name is missing'],
  ])('set aside an invalid day or share, and keep the others: %j', (data, complaint) => {
    const good = { browsers: [{ name: 'Safari', scans: '7' }] }
    const { breakdowns, setAside } = analyticsOf({ ...good, ...data })
    expect(breakdowns).toEqual([{ dimension: 'browser', name: 'Safari', scans: 7 }])
    expect(setAside?.map(({ reason }) => reason)).toEqual([expect.stringContaining(complaint)])
  })

  it.each([
    [{ series: {} }, 'data.series is {}'],
    [{ total_scans: -1 }, 'data.total_scans is -1 '],
    [{ unique_scans: 1.5 }, 'data.unique_scans is 1.5 '],
    [{ from: 'yesterday' }, 'data.from is "yesterday" (expected a date'],
    [{ to: '2026-3-4' }, 'data.to is "2026-3-4" (expected a date'],
    [null, 'data is null'],
  ])('with a wrong shape are refused by field and value: %j', (data, complaint) => {
    const error = refusal(() => analyticsOf(data))
    expect(error).toMatchObject({ code: 'API_RESPONSE_INVALID', retry: 'backoff' })
    expect(error.message).toContain(complaint)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callsLeftByDay, forecastLeft } from '../../../src/report/burn-down-chart.ts'
import { foreignText, markup } from '../../../src/report/markup.ts'
import { reportPage } from '../../../src/report/page.ts'
import { drawScansPerDay, weeklyMeans } from '../../../src/report/scans-per-day-chart.ts'
import { codeScansOf, differenceOf, refusedRowOf, reportDataOf } from '../../support/report/report-data.ts'

/** The text that a reader sees: no tags, decoded entities, one space between words. */
function textOf(html: string): string {
  return html
    .replace(/<style>.*?<\/style>/s, '')
    .replaceAll(/<(title|desc)[ >].*?<\/\1>/g, '')
    .replaceAll(/<\/?time[^>]*>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll(/\s+/g, ' ')
}

const pageOf = (...given: Parameters<typeof reportDataOf>) => reportPage(reportDataOf(...given))
const textOfPage = (...given: Parameters<typeof reportDataOf>) => textOf(pageOf(...given))

describe('text from the account', () => {
  it('is escaped, whatever it is, between tags and in attributes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { markup: html } = markup`<p title="${text}">${text}</p>`
        const inside = /^<p title="([^"<>]*)">([^"<>]*)<\/p>$/.exec(html)
        expect(inside?.[1]).toBe(inside?.[2])
        const shown = (inside?.[2] ?? '')
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&#39;', "'")
          .replaceAll('&amp;', '&')
        expect(shown).toBe(text.replaceAll(/[^\P{Cc}\t\n\r]/gu, '\u{fffd}'))
      }),
    )
  })

  it.each([
    '<script>alert(1)</script>',
    `"><svg onload='alert(1)'>`,
    '</title></style><script>alert(1)</script>',
    '&lt;b&gt;',
  ])('%s: appears literally as the name of a code, a connector or a row, and as a reason', (text) => {
    const harmless = pageOf()
    const html = pageOf({
      connector: text,
      codes: {
        ...reportDataOf().codes,
        codes: [codeScansOf(0, { name: text }), codeScansOf(1, { name: null, id: text })],
      },
      rejects: {
        rows: 1,
        reasons: [{ destination: 'a', stream: 'b', reason: text, rows: 1, last_refused_at: '2026-11-16' }],
        latest: [refusedRowOf({ id: text, reason: text })],
      },
      completeness: { ...reportDataOf().completeness, differences: [differenceOf({ name: text })] },
    })
    const escaped = markup`${text}`.markup
    expect(html.split(escaped).length - 1).toBeGreaterThan(8)
    expect(html).not.toContain(text)
    const elements = (page: string, name: string) => page.split(`<${name}`).length - 1
    for (const name of ['script', 'style', 'svg', 'title', 'b>']) {
      expect(elements(html, name), name).toBe(elements(harmless, name))
    }
  })

  it('is cut between visible characters, and cannot change the direction of the text around it', () => {
    const family = '👨‍👩‍👧'
    expect(foreignText(family.repeat(3), 2).markup).toBe(`<bdi>${family}${family}…</bdi>`)
    expect(foreignText('مرحبا', 80).markup).toBe('<bdi>مرحبا</bdi>')
    expect(foreignText('x'.repeat(1_000_000)).markup).toHaveLength(212)
  })
})

it('the page loads nothing, and its policy forbids browsers to load anything', () => {
  const html = pageOf()
  expect(html).not.toMatch(/\bsrc=|url\(|@import|<script|https?:/)
  expect(html).toContain(
    `content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:"`,
  )
})

it('each chart has a name, a description, and a table with its numbers', () => {
  const html = pageOf()
  const charts = html.split('<svg').slice(1)
  expect(charts).toHaveLength(6)
  for (const chart of charts) {
    const [, name] = /role="img" aria-labelledby="(.*?)-title"/.exec(chart) ?? []
    expect(chart).toContain(`aria-describedby="${name ?? '?'}-desc"`)
    expect(chart).toMatch(new RegExp(`<title id="${name ?? '?'}-title">.+</title>`))
    expect(chart).toMatch(new RegExp(`<desc id="${name ?? '?'}-desc">.+</desc>`))
  }
  expect(html.match(/<summary>The numbers: .*?<\/summary>\s*<table/g)).toHaveLength(3)
  const ids = [...html.matchAll(/ id="(.*?)"/g)].map(([, id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

describe('the burn-down', () => {
  const { calls } = reportDataOf()
  const nowMs = Date.parse(reportDataOf().made_at)

  it('falls by the calls of each day to what is left now', () => {
    const points = callsLeftByDay(calls, nowMs)
    expect(points[0]).toEqual({ atMs: Date.parse('2026-11-01'), left: 5_000 })
    expect(points[1]).toEqual({ atMs: Date.parse('2026-11-02'), left: 4_900 })
    expect(points.at(-1)).toEqual({ atMs: nowMs, left: 3_450 })
  })

  it("subtracts others' calls from the start, and ends at what is left", () => {
    const points = callsLeftByDay({ ...calls, calls_this_month: 1_650, calls_of_others: 100 }, nowMs)
    expect(points[0]?.left).toBe(4_900)
    expect(points.at(-1)?.left).toBe(3_350)
  })

  it('shows the forecast from its first day, and never below zero', () => {
    expect(forecastLeft(calls, Date.parse('2026-11-16'))).toBe(3_500)
    const forecast = {
      made_at: '2026-11-11',
      calls_left: 5_000,
      calls_in_30_days: 30_000,
      history_calls: 0,
      first_analytics_calls: 0,
    }
    expect(forecastLeft({ ...calls, forecast }, Date.parse('2026-11-10'))).toBeNull()
    expect(forecastLeft({ ...calls, forecast }, Date.parse('2026-11-12'))).toBe(4_000)
    expect(forecastLeft({ ...calls, forecast }, Date.parse('2026-11-30'))).toBe(0)
    expect(forecastLeft({ ...calls, forecast: null }, nowMs)).toBeNull()
  })

  it('of a new account begins after its first sync, whose calls are no overspending', () => {
    const firstDay = { starts_at: '2026-11-16T00:00:00.000Z', calls: 700 }
    const forecast = {
      made_at: '2026-11-16T06:00:00Z',
      calls_left: 4_700,
      calls_in_30_days: 950,
      history_calls: 350,
      first_analytics_calls: 50,
    }
    const ofNewcomer = { ...calls, calls_this_month: 700, days: [firstDay], forecast }
    const [hourLater, now] = [Date.parse('2026-11-16T06:00:00Z'), Date.parse('2026-11-16T12:00:00Z')]
    // 300 were made before, 400 for older scans and first analytics are made at once, and the other 600 in 30 days.
    expect(forecastLeft(ofNewcomer, hourLater)).toBe(4_300)
    expect(forecastLeft(ofNewcomer, now)).toBe(4_295)
    expect(textOf(pageOf({ calls: ofNewcomer }))).toContain(
      '4,300 calls of 5,000 left until 2026-12-01; by the forecast it would be 4,295.',
    )
  })

  it('says how to make a forecast if there is none, and draws none', () => {
    const html = pageOf({ calls: { ...calls, forecast: null } })
    expect(textOf(html)).toContain(
      '3,450 calls of 5,000 left until 2026-12-01. There is no forecast of this month to compare with yet',
    )
    expect(html).not.toMatch(/class="(key )?forecast"/)
    expect(textOf(pageOf())).toContain(
      '3,450 calls of 5,000 left until 2026-12-01; by the forecast it would be 3,450.',
    )
  })

  it('ends at zero if the month is spent', () => {
    const spent = { ...calls, calls_this_month: 5_200, calls_of_others: 3_650 }
    expect(textOfPage({ calls: spent })).toContain('Calls left 0 of 5,000 until 2026-12-01')
    expect(callsLeftByDay(spent, nowMs).at(-1)?.left).toBe(0)
  })
})

it('the axis of bars names only days that have one', () => {
  const month = drawScansPerDay(reportDataOf().scans)(800).content.markup
  expect(month).toContain('>12 Nov</text>')
  expect(month, 'the day after the last bar').not.toContain('17 Nov')
  const days = ['2026-11-14', '2026-11-15', '2026-11-16'].map((day) => ({ day, scans: 1 }))
  const ofThree = drawScansPerDay({ waiting: 0, days })(800).content.markup
  expect(ofThree).toContain('>16 Nov</text>')
  expect(ofThree).not.toContain('17 Nov')
})

it('says which scans the lags are of', () => {
  const text = textOfPage({})
  expect(text).toContain(
    'Of 40 scans landed since 2026-10-17, without those from before the connector was set up: half within 12 min',
  )
  expect(text).toContain('From scan to landed 12 min for half of the scans since the set-up; 95 % within 2 h')
})

it('a seven-day mean begins on the seventh day', () => {
  const days = [7, 0, 0, 0, 0, 0, 0, 7, 14].map((scans) => ({ day: '', scans }))
  expect(weeklyMeans(days)).toEqual([...Array<null>(6).fill(null), 1, 1, null])
})

describe('an account', () => {
  const empty = reportDataOf()
  it('without a scan gets a sentence instead of a chart', () => {
    const html = pageOf({
      lags: { ...empty.lags, scans: 0, mean_lag_h: null, p50_lag_h: null, p95_lag_h: null },
      scans: { days: empty.scans.days.map(({ day }) => ({ day, scans: 0 })), waiting: 3 },
      codes: {
        ...empty.codes,
        codes: [codeScansOf(0, { recent_scans: 0, landed_scans: 0, last_scanned_at: null })],
        total: { codes: 1, recent_scans: 0, landed_scans: 0 },
      },
    })
    const text = textOf(html)
    expect(text).toContain('No scan that came after the connector was set up was landed since 2026-10-17.')
    expect(text).toContain(
      'No scan of 2026-10-18 to 2026-11-16 is landed. 3 scans more are known and not landed yet.',
    )
    expect(text).toContain('None of 1 code was scanned since 2026-10-18.')
    expect(html).not.toMatch(/id="(lag-histogram|scans-per-day)/)
    expect(html).not.toMatch(/NaN|Infinity|undefined|null/)
  })

  it('with one code has a chart with one code', () => {
    const code = codeScansOf(0, { recent_scans: 1, landed_scans: 1 })
    const total = { codes: 1, recent_scans: 1, landed_scans: 1 }
    const text = textOfPage({ codes: { ...empty.codes, codes: [code], total } })
    expect(text).toContain(
      'The only code has 1 scan since 2026-10-18. The most scanned codes Code Scans Menu 0 1 ',
    )
    expect(text).toContain('All codes (1)')
    const others = textOfPage({ codes: { ...empty.codes, codes: [code], total: { ...total, codes: 2 } } })
    expect(others).toContain('One of 2 codes was scanned, 1 time, since 2026-10-18.')
  })

  it('with many codes says how many it leaves out', () => {
    const text = textOfPage({
      codes: {
        since: empty.codes.since,
        codes: Array.from({ length: 1_000 }, (_, index) => codeScansOf(index)),
        total: { codes: 10_000, recent_scans: 30_500, landed_scans: 40_900 },
        left_out: { codes: 9_000, recent_scans: 500, landed_scans: 900 },
      },
    })
    expect(text).toContain('The 20 most scanned of 10,000 codes have 600 of 30,500 scans since 2026-10-18.')
    expect(text).toContain('The first 1,000 of 10,000 codes')
    expect(text).toContain('Left out, as a page of all would be too large: 9,000 codes with 500 of the scans')
  })

  it('with refused rows shows the reasons, and how many rows it leaves out', () => {
    const text = textOfPage({
      rejects: {
        rows: 1_200,
        reasons: [
          {
            destination: 'crm',
            stream: 'scans',
            reason: 'no code',
            rows: 1_000,
            last_refused_at: '2026-11-16',
          },
        ],
        latest: [refusedRowOf()],
      },
    })
    expect(text).toContain('Refused rows 1,200 see why below')
    expect(text).toContain('no code crm scans 1,000 2026-11-16 00:00')
    expect(text).toContain('Left out: 200 rows with other reasons, which “qrsync rejects list” shows.')
    expect(text).toContain('The last 1 of them')
  })

  it('with lost scans says so at the top and in its section', () => {
    const text = textOfPage({
      completeness: {
        codes: 2,
        complete_codes: 1,
        landed_scans: 79,
        missing: { pending: 0, late: 0, not_handed_out: 0, gone_with_code: 0, unexplained: 1 },
        differences: [differenceOf()],
      },
    })
    expect(text).toContain('Complete codes 1 of 2; 1 scan missing')
    expect(text).toContain('1 scan is missing without an explanation.')
    expect(text).toContain('Menu 10 9 1 missing without an explanation')
  })

  it('with an empty destination and an unknown plan says so', () => {
    const text = textOfPage({ plan: null, destinations: [{ name: 'crm', type: 'hubspot', streams: [] }] })
    expect(text).toContain('plan not known yet · calls of 2026-11-01 to 2026-12-01')
    expect(text).toContain('crm hubspot No rows for it have landed yet.')
  })
})

import { describe, expect, it } from 'vitest'
import { links, webUrl } from '../../../src/report/live/links.ts'
import { ago, describeUpToDate, trend, until } from '../../../src/report/live/words.ts'
import type { UpToDate } from '../../../src/report/scans/scans-data.ts'
import { countryName } from '../../../src/report/scans/audience-sections.ts'

const nowMs = Date.parse('2026-11-28T12:00:00Z')
const before = (ms: number) => nowMs - ms
const minuteMs = 60_000
const textOf = ({ markup }: { markup: string }) => markup.replaceAll(/<[^>]*>/g, '').replaceAll('&#39;', "'")
const upToDate = (given: Partial<UpToDate> = {}): UpToDate => ({
  listed_at: '2026-11-28T11:58:00.000Z',
  waiting_scans: 0,
  older_scans: 0,
  waits: null,
  ...given,
})
const say = (given: Partial<UpToDate>) => {
  const { tone, text } = describeUpToDate(upToDate(given), nowMs)
  return [tone, textOf(text)]
}

describe('up to date as of', () => {
  it('says until when, what is on the way, and why it waits', () => {
    expect(say({})).toEqual(['ok', 'Up to date as of 2 minutes ago (2026-11-28 11:58 UTC).'])
    expect(say({ waiting_scans: 1 })).toEqual([
      'busy',
      'Up to date as of 2 minutes ago (2026-11-28 11:58 UTC), but for 1 scan that is on the way.',
    ])
    expect(say({ older_scans: 1_200 })).toEqual([
      'busy',
      'Up to date as of 2 minutes ago (2026-11-28 11:58 UTC). 1,200 older scans, from before qrsync was set up, are still to come.',
    ])
    expect(say({ waiting_scans: 65, waits: { reason: 'month', until: '2026-12-01T00:00:00.000Z' } })).toEqual(
      [
        'bad',
        "Up to date as of 2 minutes ago (2026-11-28 11:58 UTC), but for 65 scans that are on the way. The month's calls are used up until 2026-12-01 00:00 UTC; then qrsync continues automatically.",
      ],
    )
    expect(say({ listed_at: null })).toEqual([
      'busy',
      'Nothing has been fetched yet: the first sync reads the list of codes.',
    ])
  })

  it('times are in everyday words', () => {
    expect(ago(before(59_000), nowMs)).toBe('just now')
    expect(ago(nowMs + 5_000, nowMs)).toBe('just now')
    expect(ago(before(minuteMs), nowMs)).toBe('1 minute ago')
    expect(ago(before(47 * 60 * minuteMs), nowMs)).toBe('47 hours ago')
    expect(ago(before(48 * 60 * minuteMs), nowMs)).toBe('on 26 Nov')
    expect(until(nowMs + 90 * minuteMs, nowMs)).toBe('in 2 hours')
    expect(until(nowMs - 1, nowMs)).toBe('in a moment')
  })
})

it('a trend never divides by zero', () => {
  const say = (now: number, then: number) => textOf(trend(now, then, 30)).replaceAll(/\s+/g, ' ')
  expect(say(112, 100)).toBe('▲ 12% more than in the 30 days before')
  expect(say(88, 100)).toBe('▼ 12% less than in the 30 days before')
  expect(say(2_000, 100)).toBe('▲ 20 times more than in the 30 days before')
  expect(say(5, 5)).toBe('as many as in the 30 days before')
  expect(say(1_004, 1_000)).toBe('about as many as in the 30 days before')
  expect(say(996, 1_000)).toBe('about as many as in the 30 days before')
  expect(say(1_005, 1_000)).toBe('▲ 1% more than in the 30 days before')
  expect(say(5, 0)).toBe('there were none in the 30 days before')
  expect(say(0, 0)).toBe('none in the 30 days before')
  expect(say(0, 5)).toBe('▼ 100% less than in the 30 days before')
})

it('an address is a link only if it leads to the web', () => {
  expect(webUrl('https://example.com/a b')).toBe('https://example.com/a%20b')
  for (const url of [
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'x',
    null,
  ]) {
    expect(webUrl(url), String(url)).toBeNull()
  }
})

it('a code is found by any id, and an unknown country stays as it is', () => {
  const path = links.code('acme', 'a/b?c&d#e', 7)
  expect(new URL(path, 'http://page').searchParams.get('id')).toBe('a/b?c&d#e')
  expect(countryName('DE')).toBe('Germany')
  for (const other of ['QQ', 'Germany', 'a-very-long-tag', '<b>', '']) expect(countryName(other)).toBe(other)
})

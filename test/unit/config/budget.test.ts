import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { settingsOf } from '../../../src/config/settings/code-settings.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { Config } from '../../../src/config/schema.ts'

const folder = mkdtempSync(join(tmpdir(), 'qrsync-config-'))
const file = join(folder, 'qrsync.yaml')

afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** A file with these settings from line 4 on. */
function load(settings: string): Config {
  const key = `qrs_${'0123456789abcdef'.repeat(4)}`
  const good = `connector: acme\nsource: {key: ${key}}\ndestinations: {a: {type: duckdb, path: a.duckdb}}\n`
  writeFileSync(file, good + settings)
  return loadConfig(file, {})
}

const refused = (message: string): unknown =>
  expect.objectContaining({ code: 'CONFIG_INVALID', message: `${file}:${message}` })

describe('budget.spare', () => {
  it.each([
    ['0%', 0],
    ['5%', 0.05],
    ['12.5%', 0.125],
    ['50%', 0.5],
  ])('accepts a share: %s', (written, share) => {
    expect(load(`budget:\n  spare: ${written}`).budget.spare).toBe(share)
  })

  it('is optional', () => {
    expect(load('budget: {}').budget.spare).toBe(0.05)
  })

  it.each([
    ['50.1%', ' (found "50.1%")'],
    ['-1%', ' (found "-1%")'],
    ['5 percent', ' (found "5 percent")'],
    ["''", ' (found "")'],
    ['0.05', ' (found 0.05)'],
    ['[5%]', ''],
  ])('is refused: %s', (written, found) => {
    expect(() => load(`budget:\n  spare: ${written}`)).toThrow(
      refused(`5: budget.spare: a share of the month's calls from 0% to 50%, such as 5%${found}`),
    )
  })
})

describe('budget.share', () => {
  it.each([
    ['1%', 0.01],
    ['80%', 0.8],
    ['99.5%', 0.995],
    ['100%', 1],
  ])('accepts a share: %s', (written, share) => {
    expect(load(`budget:\n  share: ${written}`).budget).toEqual({ share, spare: 0.05 })
  })

  it.each(['0%', '0.9%', '100.1%', '101%', '1000%', 'all'])('is refused: %s', (written) => {
    expect(() => load(`budget:\n  share: ${written}`)).toThrow(
      refused(
        `5: budget.share: a share of the month's calls from 1% to 100%, such as 80% (found "${written}")`,
      ),
    )
  })
})

it.each([
  ['analytics: "yes"', '4: analytics: true or false (found "yes")'],
  ['analytics: 1', '4: analytics: true or false (found 1)'],
  ['budget: {shares: 5%}', '4: budget.shares: there is no such setting; did you mean share?'],
])('%s is refused', (written, message) => {
  expect(() => load(written)).toThrow(refused(message))
})

describe('codes', () => {
  it.each([
    ['1m', 60_000],
    ['15m', 15 * 60_000],
    ['hourly', 3_600_000],
    ['daily', 86_400_000],
    ['weekly', 7 * 86_400_000],
  ])('accept a freshness of %s', (written, freshnessMs) => {
    expect(load(`codes:\n  - {match: a, freshness: ${written}}`).codes).toEqual([
      { match: 'a', freshnessMs, priority: 1 },
    ])
  })

  it.each([0.1, 1, 100])('accept the priority %d', (priority) => {
    expect(load(`codes:\n  - {match: a, priority: ${priority}}`).codes).toEqual([
      { match: 'a', freshnessMs: null, priority },
    ])
  })

  const freshnessRule =
    'a time from 1 minute to a year, such as 15m or 6h, or one of hourly, daily and weekly'
  const either = 'either freshness (scans land within this time) or priority (the weight of a waiting scan)'
  const matchRule = 'the id of a code, or its name with * for any text; in quotes'
  const priorityRule = 'a number from 0.1 to 100'

  it.each([
    ['neither', '{match: a}', `codes.1: ${either}`],
    ['both', '{match: a, freshness: 1h, priority: 2}', `codes.1: ${either}`],
    ['a time too short', '{match: a, freshness: 59s}', `codes.1.freshness: ${freshnessRule} (found "59s")`],
    ['another word', '{match: a, freshness: soon}', `codes.1.freshness: ${freshnessRule} (found "soon")`],
    ['a time too long', '{match: a, freshness: 2y}', `codes.1.freshness: ${freshnessRule} (found "2y")`],
    ['a bare number', '{match: a, freshness: 15}', `codes.1.freshness: ${freshnessRule} (found 15)`],
    ['a priority too low', '{match: a, priority: 0}', `codes.1.priority: ${priorityRule} (found 0)`],
    ['a priority too high', '{match: a, priority: 101}', `codes.1.priority: ${priorityRule} (found 101)`],
    ['no number', '{match: a, priority: high}', `codes.1.priority: ${priorityRule} (found "high")`],
    ['nobody matched', '{priority: 2}', 'codes.1.match: is missing'],
    ['an empty match', '{match: "", priority: 2}', `codes.1.match: ${matchRule} (found "")`],
    ['a number as a match', '{match: 2026, priority: 2}', `codes.1.match: ${matchRule} (found 2026)`],
    [
      'a setting too many',
      '{match: a, priority: 2, x: 1}',
      'codes.1.x: there is no such setting, only match, freshness and priority',
    ],
    ['no entry', 'VIP', 'codes.1: settings, each as "name: value" (found "VIP")'],
  ])('are refused, with the line of their entry: %s', (_what, entry, message) => {
    expect(() => load(`codes:\n  - {match: good, priority: 2}\n  - ${entry}`)).toThrow(
      refused(`6: ${message}`),
    )
  })

  it.each([
    ['{match: a, priority: 2}', ''],
    ['', ' (found nothing)'],
  ])('are refused if they are not a list: %j', (written, found) => {
    expect(() => load(`codes: ${written}`)).toThrow(
      refused(`4: codes: a list, each entry with match and either freshness or priority${found}`),
    )
  })
})

describe('the rule of a code', () => {
  const priorityOf = (match: string, code: { id: string; name: string | null }) =>
    settingsOf([{ match, freshnessMs: null, priority: 5 }], code).priority

  it('is that of the first matching entry, and of no other', () => {
    const codes = [
      { match: 'qr_7', freshnessMs: 900_000, priority: 1 },
      { match: 'Summer *', freshnessMs: null, priority: 5 },
      { match: '*', freshnessMs: 3_600_000, priority: 1 },
    ]
    expect(settingsOf(codes, { id: 'qr_7', name: 'Summer sale' })).toEqual({ priority: 1, targetMs: 900_000 })
    expect(settingsOf(codes, { id: 'qr_8', name: 'Summer sale' })).toEqual({ priority: 5, targetMs: null })
    expect(settingsOf(codes, { id: 'qr_9', name: null })).toEqual({ priority: 1, targetMs: 3_600_000 })
  })

  it.each([[[]], [[{ match: 'other', freshnessMs: 900_000, priority: 1 }]]])(
    'is empty if no entry matches: %j',
    (codes) => {
      expect(settingsOf(codes, { id: 'qr_1', name: 'Menu' })).toEqual({ priority: 1, targetMs: null })
    },
  )

  it.each([
    ['summer *', 'SUMMER Sale'],
    ['*sale', 'Summer Sale'],
    ['s*r*e', 'Summer Sale'],
    ['Menu (1+1) [new]?', 'menu (1+1) [new]?'],
    ['!Sale', '!sale'],
    [String.raw`5\* Hotel`, '5* hotel'],
    ['Kraków*', 'KRAKO\u0301W main square'],
    ['two*lines', 'two\nlines'],
  ])('the name matches: %s', (match, name) => {
    expect(priorityOf(match, { id: 'qr_1', name })).toBe(5)
  })

  it.each([
    ['Summer', 'Summer Sale'],
    ['Summer *', 'Late Summer Sale'],
    ['!Sale', 'Menu'],
    [String.raw`5\* Hotel`, '5 star hotel'],
    ['a.c', 'abc'],
  ])('the name does not match: %s', (match, name) => {
    expect(priorityOf(match, { id: 'qr_1', name })).toBe(1)
  })

  it('an id matches only if it is complete and in the same case', () => {
    expect(priorityOf('qr_1', { id: 'qr_1', name: null })).toBe(5)
    expect(priorityOf('qr_*', { id: 'qr_1', name: null })).toBe(1)
    expect(priorityOf('QR_1', { id: 'qr_1', name: null })).toBe(1)
  })

  it('a pattern with many stars is matched quickly', () => {
    const startedMs = performance.now()
    expect(priorityOf(`${'a*'.repeat(200)}b`, { id: 'qr_1', name: 'a'.repeat(5_000) })).toBe(1)
    expect(performance.now() - startedMs).toBeLessThan(500)
  })
})

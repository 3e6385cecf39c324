import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deliver } from '../../../activities/delivery/deliver.ts'
import type { Destination } from '../../../src/destinations/destination.ts'
import {
  linkSummaryOf,
  readCodeSummaries,
  sumLinkKeys,
} from '../../../src/ledger/summaries/read-summaries.ts'
import { lastScans } from '../../../src/ledger/base/migrations/until-0020/0018-last-scans.ts'
import { emptyRollup } from '../../../src/ledger/summaries/rollup.ts'
import { rollUpScans } from '../../../src/ledger/summaries/roll-up-scans.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { LandedRow } from '../../../src/streams/streams.ts'
import type { CodeSummary, LinkRule, LinkSummary } from '../../../src/streams/summaries.ts'
import type { Scan } from '../../../src/streams/scans.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { landCodes, landNewScans } from '../../support/ledger/filled-ledger.ts'
import { codeOf, scanOf } from '../../support/ledger/landed-rows.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { atOnce } from '../../support/destinations/with-upsert.ts'

const dayMs = 24 * 3_600_000
const nowMs = Date.parse('2026-03-31T12:00:00Z')
const connector = 'test'
const never = () => false
const parsed = <Row>(rows: LandedRow[]) => rows.map(({ json }) => JSON.parse(json) as Row)

async function codeSummaries(ledger: Ledger, atMs = nowMs): Promise<CodeSummary[]> {
  await rollUpScans(ledger, connector, atMs, never)
  const rows: LandedRow[] = []
  for await (const part of readCodeSummaries(ledger, connector, atMs)) rows.push(...part)
  return parsed(rows)
}

const unlisted = { scan_count: null, last_scanned_at: null }

describe.each(ledgerKinds)('summaries on %s', (kind) => {
  let ledger: Ledger
  beforeEach(async () => {
    ledger = await temporaryLedger(kind)
  })
  afterEach(() => ledger.destroy())

  it('equal a count of all scans, in whatever order and portions the scans land', async () => {
    const code = fc.constantFrom('code-1', 'code-2', 'code-3')
    const scan = fc.record({
      qr_code_id: code,
      daysAgo: fc.integer({ min: 0, max: 40 }),
      is_unique: fc.constantFrom(true, false, null),
      device_type: fc.constantFrom('mobile', 'desktop', '__proto__', null),
      country: fc.constantFrom('PL', 'DE', null),
      city: fc.constantFrom('Kraków', 'Köln', null),
    })
    let world = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(scan, { maxLength: 30 }), { maxLength: 4 }), async (portions) => {
        world += 1
        const id = (name: string) => `${name}-${world}`
        const codes = [1, 2, 3].map((seq) => ({ ...codeOf(seq), id: id(`code-${seq}`), ...unlisted }))
        await landCodes(ledger, codes, nowMs)
        const all: Scan[] = []
        for (const portion of portions) {
          const scans = portion.map(({ daysAgo, ...fields }, index) =>
            scanOf({
              ...fields,
              id: id(`scan-${all.length + index}`),
              qr_code_id: id(fields.qr_code_id),
              scanned_at: new Date(nowMs - daysAgo * dayMs).toISOString(),
            }),
          )
          await landNewScans(ledger, scans, nowMs)
          all.push(...scans)
          await rollUpScans(ledger, connector, nowMs, never)
        }
        const found = (await codeSummaries(ledger)).filter((summary) => summary.id.endsWith(`-${world}`))
        expect(found.map(withoutNames)).toEqual(codes.map((each) => counted(each.id, all)))
      }),
      { numRuns: kind === 'sqlite' ? 40 : 8 },
    )
  })

  it('are as fresh as the list, and include deleted codes', async () => {
    const lastScan = '2026-03-31T11:59:00.000Z'
    await landCodes(ledger, [{ ...codeOf(1), scan_count: 9, last_scanned_at: lastScan }], nowMs)
    await landNewScans(ledger, [scanOf({ qr_code_id: 'code-1', scanned_at: '2026-03-30T10:00:00Z' })], nowMs)
    expect(await codeSummaries(ledger)).toMatchObject([
      {
        total_scans: 9,
        scans_last_7_days: 1,
        last_scanned_at: lastScan,
        status: 'active',
        first_scanned_at: '2026-03-30T10:00:00.000Z',
      },
    ])
    await landCodes(ledger, [{ ...codeOf(1), deleted_at: '2026-03-31T11:59:30Z' }], nowMs)
    expect(await codeSummaries(ledger)).toMatchObject([{ status: 'deleted' }])
  })

  it('never show a total below the landed scans: the list may be older, or its count may have fallen', async () => {
    const url = (customer: string) => `https://x.example/?email=${customer}`
    const code = (seq: number, scan_count: number | null) => ({
      ...codeOf(seq),
      scan_count,
      last_scanned_at: null,
      destination_url: url('ann'),
    })
    await landCodes(ledger, [code(1, 2), code(2, 60), code(3, null)], nowMs)
    const scans = ['code-1', 'code-1', 'code-1', 'code-2', 'code-3'].map((qr_code_id, index) =>
      scanOf({ id: `scan-${index}`, qr_code_id, scanned_at: '2026-03-30T10:00:00Z' }),
    )
    await landNewScans(ledger, scans, nowMs)
    const totals = async () => (await codeSummaries(ledger)).map(({ total_scans: total }) => total)
    expect(await totals()).toEqual([3, 60, 1])
    await landCodes(ledger, [code(1, 0), code(2, 0)], nowMs)
    expect(await totals()).toEqual([3, 1, 1])
    const rules: LinkRule[] = [{ name: 'contacts.email', source: { parameter: 'email' } }]
    const sums = await sumLinkKeys(ledger, connector, rules)
    const record = linkSummaryOf({ rule: 'contacts.email', record: '301' }, [...sums.values()], nowMs)
    expect(parsed<LinkSummary>([record])).toMatchObject([{ codes: 3, total_scans: 5 }])
  })

  it('of a linked record name its codes and the last scan of any of them', async () => {
    const rules: LinkRule[] = [{ name: 'contacts.email', source: { parameter: 'email' } }]
    const code = (seq: number, name: string | null) => ({
      ...codeOf(seq),
      name,
      destination_url: 'https://x.example/?email=ann@x.example',
      ...unlisted,
    })
    await landCodes(ledger, [code(1, 'Poster'), code(2, null), code(3, 'Flyer'), code(4, 'Flyer')], nowMs)
    const scan = (id: string, seq: number, time: string, city: string) =>
      scanOf({ id, qr_code_id: `code-${seq}`, scanned_at: `2026-03-30T${time}:00Z`, city })
    await landNewScans(
      ledger,
      [scan('b', 3, '10:00', 'Köln'), scan('a', 1, '10:00', 'Kraków'), scan('c', 2, '09:00', 'Brno')],
      nowMs,
    )
    await rollUpScans(ledger, connector, nowMs, never)
    const sums = await sumLinkKeys(ledger, connector, rules)
    const record = linkSummaryOf({ rule: 'contacts.email', record: '301' }, [...sums.values()], nowMs)
    expect(parsed<LinkSummary>([record])).toMatchObject([
      { codes: 4, code_names: ['Flyer', 'Poster', 'code-2'], last_code: 'Flyer', last_city: 'Köln' },
    ])
  })

  it('are rebuilt from the landed scans for a ledger whose version stored no last scan', async () => {
    await landCodes(ledger, [{ ...codeOf(1), ...unlisted }], nowMs)
    await landNewScans(ledger, [scanOf({ id: 'a' }), scanOf({ id: 'b', city: 'Köln' })], nowMs)
    await rollUpScans(ledger, connector, nowMs, never)
    const before = emptyRollup()
    await ledger
      .updateTable('code_rollups')
      .set({ rollup: JSON.stringify({ ...before, scans: 2, last: undefined }) })
      .execute()
    await lastScans.up(ledger)
    expect(await codeSummaries(ledger)).toMatchObject([{ total_scans: 2, last_city: 'Köln' }])
  })

  it('by link: add up the codes of a key, and the keys of a record', async () => {
    const rules: LinkRule[] = [
      { name: 'contacts.email', source: { parameter: 'email' } },
      { name: 'companies.customer', source: { field: 'customer_id' } },
    ]
    const code = (seq: number, url: string, customer?: unknown) => ({
      ...codeOf(seq),
      destination_url: url,
      scan_count: 10 * seq,
      extra: customer === undefined ? null : { customer_id: customer },
    })
    await landCodes(
      ledger,
      [
        code(1, 'https://x.example/?email=Ann%40X.example', 17),
        code(2, 'https://y.example/a?b=c&email=ann@x.example', 17),
        code(3, 'https://y.example/?email=&x', { no: 'key' }),
        code(4, 'no url'),
        code(5, 'https://y.example/', 'a/b#c'),
      ],
      nowMs,
    )
    await rollUpScans(ledger, connector, nowMs, never)
    const sums = await sumLinkKeys(ledger, connector, rules)
    expect([...sums]).toMatchObject([
      [
        'contacts.email/ann@x.example',
        { key: 'ann@x.example', codes: [{ id: 'code-1' }, { id: 'code-2' }], scanCount: 30 },
      ],
      [
        'companies.customer/17',
        { rule: 'companies.customer', key: '17', codes: [{ id: 'code-1' }, { id: 'code-2' }], scanCount: 30 },
      ],
      ['companies.customer/a/b#c', { rule: 'companies.customer', key: 'a/b#c', codes: [{ id: 'code-5' }] }],
    ])
    const record = { rule: 'companies.customer', record: '301' }
    const ofRecord = (...ids: string[]) =>
      parsed<LinkSummary>([
        linkSummaryOf(
          record,
          ids.flatMap((id) => sums.get(id) ?? []),
          nowMs,
        ),
      ])
    expect(ofRecord('companies.customer/17', 'companies.customer/a/b#c')).toMatchObject([
      { id: 'companies.customer#301', ...record, codes: 3, total_scans: 80 },
    ])
    expect(ofRecord()).toMatchObject([{ codes: 0, total_scans: 0, first_scanned_at: null }])
  })
})

describe('a destination that keeps records', () => {
  it('gets what changed, once, and the next day what the day has changed', async () => {
    const ledger = await temporaryLedger()
    const sent: string[][] = []
    const destination: Destination = {
      streams: ['code_summaries'],
      batch: { rows: 2, characters: 4_000_000 },
      gatherMs: 0,
      check: () => Promise.resolve({ identity: 'memory', needs: [] }),
      plan: () => Promise.resolve([]),
      apply: () => Promise.resolve([]),
      identity: () => Promise.resolve('memory'),
      fingerprints: { of: (_, row) => row.json },
      write: (_, rows) => {
        sent.push(rows.map(({ id }) => id))
        return atOnce(
          rows,
          rows.filter(({ id }) => id === 'code-3').map(({ id }) => ({ id, reason: 'no' })),
        )
      },
      close: () => Promise.resolve(),
    }
    const clock = { nowMs }
    const deps = activityDeps({
      ledger,
      api: {} as never,
      destinations: new Map([['crm', destination]]),
      clock: { now: () => clock.nowMs, sleep: () => Promise.resolve() },
    })
    const sentNow = async () => {
      sent.length = 0
      await deliver(deps, { destination: 'crm' }, new AbortController().signal)
      return sent.flat()
    }
    const code = (seq: number) => ({ ...codeOf(seq), ...unlisted })
    await landCodes(ledger, [1, 2, 3, 4, 5].map(code), nowMs)
    expect(await sentNow()).toEqual(['code-1', 'code-2', 'code-3', 'code-4', 'code-5'])
    expect(await sentNow()).toEqual([])
    await landNewScans(ledger, [scanOf({ qr_code_id: 'code-4', scanned_at: '2026-03-31T10:00:00Z' })], nowMs)
    await landCodes(ledger, [{ ...code(2), name: 'Renamed' }], nowMs)
    expect(await sentNow(), 'the refused one is not tried again so soon').toEqual(['code-2', 'code-4'])
    expect(sent, 'what is changed goes together, whatever lies between').toHaveLength(1)
    await landCodes(ledger, [{ ...code(5), render_customizations: { dot_color: '#fff' } }], nowMs)
    expect(await sentNow(), 'no field of the record has changed').toEqual([])
    clock.nowMs += 6 * dayMs
    expect(await sentNow(), 'the refused one is tried again after a day').toEqual(['code-3'])
    expect(await sentNow(), 'and then once a day').toEqual([])
    clock.nowMs += dayMs
    expect((await sentNow()).toSorted(), 'the scan of code-4 is no longer of the last 7 days').toEqual([
      'code-3',
      'code-4',
    ])
    await ledger.destroy()
  })
})

const named = new Set(['name', 'destination_url', 'short_url', 'status'])
const withoutNames = (summary: CodeSummary) =>
  Object.fromEntries(Object.entries(summary).filter(([field]) => !named.has(field)))

/** Counts in the simplest way. */
function counted(id: string, all: readonly Scan[]) {
  const scans = all.filter((scan) => scan.qr_code_id === id)
  const times = scans.map((scan) => scan.scanned_at).toSorted()
  const told = scans.filter((scan) => scan.is_unique !== null)
  const [last] = scans.toSorted(
    (a, b) => Date.parse(b.scanned_at) - Date.parse(a.scanned_at) || (a.id < b.id ? 1 : -1),
  )
  const since = (days: number) => `${new Date(nowMs - (days - 1) * dayMs).toISOString().slice(0, 10)}T00`
  return {
    id,
    total_scans: scans.length,
    unique_scans: told.length === 0 ? null : told.filter((scan) => scan.is_unique).length,
    scans_last_7_days: times.filter((time) => time >= since(7)).length,
    scans_last_30_days: times.filter((time) => time >= since(30)).length,
    first_scanned_at: times[0] ?? null,
    last_scanned_at: times.at(-1) ?? null,
    top_device: most(scans.map((scan) => scan.device_type)),
    top_country: most(scans.map((scan) => scan.country)),
    last_device: last?.device_type ?? null,
    last_country: last?.country ?? null,
    last_city: last?.city ?? null,
  }
}

function most(names: (string | null)[]): string | null {
  const told = names.filter((name) => name !== null)
  const times = (name: string) => told.filter((each) => each === name).length
  return [...new Set(told)].toSorted((a, b) => times(b) - times(a) || (a < b ? -1 : 1))[0] ?? null
}

import { describe, expect, it } from 'vitest'
import { readAudience } from '../../../src/insight/report/read-audience.ts'
import { readCodeData, readScansData } from '../../../src/insight/report/read-scans-data.ts'
import { readScanTotals } from '../../../src/insight/report/read-scan-totals.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { Scan } from '../../../src/streams/scans.ts'
import { landCodes } from '../../support/ledger/filled-ledger.ts'
import { codeOf, scanOf } from '../../support/ledger/landed-rows.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const connector = 'test'
const nowMs = Date.parse('2026-03-10T15:20:00Z')
const scope = { connector, days: 7, nowMs }

type Given = Partial<Scan> & { qr_code_id: string; scanned_at: string }

async function insertScans(ledger: Ledger, given: readonly Given[]): Promise<void> {
  const rows = given.map((fields, index) => ({
    connector,
    seq: index + 1,
    id: `scan-${index}`,
    qr_code_id: fields.qr_code_id,
    row: JSON.stringify(scanOf({ id: `scan-${index}`, ...fields })),
    scanned_at_ms: Date.parse(fields.scanned_at),
    landed_at_ms: nowMs,
  }))
  await ledger.insertInto('scans').values(rows).execute()
}

const spring = 'https://example.com/?utm_campaign=spring&utm_source=flyer'
const codes = [
  { ...codeOf(0), name: 'Menu', destination_url: spring },
  { ...codeOf(1), name: 'Poster', destination_url: `${spring}&x=1` },
  { ...codeOf(2), name: 'Sticker', destination_url: 'no address' },
]
const at = (time: string) => ({ scanned_at: `2026-${time}Z` })
const [menu, poster, sticker] = [{ qr_code_id: 'code-0' }, { qr_code_id: 'code-1' }, { qr_code_id: 'code-2' }]

describe.each(ledgerKinds)('on %s', (kind) => {
  it('a period is compared with the same time before it, and each share is counted', async () => {
    const ledger = await temporaryLedger(kind)
    await landCodes(ledger, codes, nowMs)
    await insertScans(ledger, [
      // The period: 4 to 10 March.
      { ...menu, ...at('03-04T00:00:00'), country: 'DE', device_type: 'mobile', is_unique: true },
      { ...menu, ...at('03-10T15:19:00'), country: 'DE', device_type: 'tablet', is_unique: false },
      { ...poster, ...at('03-10T15:00:00'), country: 'FR', device_type: 'mobile', is_unique: true },
      { ...sticker, ...at('03-10T01:00:00'), country: null, device_type: null, is_unique: null },
      // Before: 25 February to 3 March, until 15:20 of that day.
      { ...menu, ...at('02-25T00:00:00'), is_unique: true },
      { ...menu, ...at('03-03T15:19:00'), is_unique: true },
      { ...menu, ...at('03-03T15:21:00') },
      { ...menu, ...at('02-24T23:59:59') },
    ])
    const { audience, byCode, byDay } = await readAudience(ledger, scope)
    expect(audience.since).toBe('2026-03-04T00:00:00.000Z')
    expect(audience.period).toEqual({ scans: 4, unique_scans: 2, codes: 3 })
    expect(audience.previous).toEqual({ scans: 2, unique_scans: 2, codes: 1 })
    expect(byCode.get('code-2')).toMatchObject({ scans: 1, uniqueScans: null })
    expect([...byDay.values()].toSorted()).toEqual([1, 3])
    expect(audience.countries).toEqual([
      { name: 'DE', scans: 2 },
      { name: null, scans: 1 },
      { name: 'FR', scans: 1 },
    ])
    expect(audience.devices).toEqual([
      { name: 'mobile', scans: 2 },
      { name: null, scans: 1 },
      { name: 'tablet', scans: 1 },
    ])
    expect(audience.hours.map((scans, hour) => [hour, scans]).filter(([, scans]) => scans)).toEqual([
      [0, 1],
      [1, 1],
      [15, 2],
    ])
    expect(audience.campaigns).toEqual([
      {
        campaign: 'spring',
        source: 'flyer',
        medium: null,
        codes: 2,
        scans: 3,
        unique_scans: 2,
        previous_scans: 2,
      },
      {
        campaign: null,
        source: null,
        medium: null,
        codes: 1,
        scans: 1,
        unique_scans: null,
        previous_scans: 0,
      },
    ])
    expect(await readScanTotals(ledger, [connector, 'other'], { days: 7, nowMs })).toEqual(
      new Map([[connector, { scans: 4, previousScans: 2 }]]),
    )
    await ledger.destroy()
  })

  it('one code has its own numbers, and an unknown one has none', async () => {
    const ledger = await temporaryLedger(kind)
    await landCodes(ledger, codes, nowMs)
    await insertScans(ledger, [
      { ...menu, ...at('03-10T15:00:00'), country: 'DE' },
      { ...poster, ...at('03-10T15:00:00'), country: 'FR' },
    ])
    const account = { ledger, state: await readConnector(ledger, connector), share: 1 }
    const data = await readCodeData(account, 'code-0', { days: 7, nowMs })
    expect(data).toMatchObject({
      code: { id: 'code-0', name: 'Menu', destination_url: spring, recent_scans: 1 },
      audience: { countries: [{ name: 'DE', scans: 1 }], period: { scans: 1 } },
    })
    expect(data?.scans.days).toHaveLength(7)
    expect(data?.scans.days.at(-1)).toEqual({ day: '2026-03-10', scans: 1 })
    expect(await readCodeData(account, 'code-9', { days: 7, nowMs })).toBeNull()
    await ledger.destroy()
  })

  it('scans with text that no database can read are counted too', async () => {
    const ledger = await temporaryLedger(kind)
    await landCodes(ledger, codes, nowMs)
    await insertScans(ledger, [
      { ...menu, ...at('03-10T15:00:00'), country: 'DE', referrer: 'a\0b' },
      { ...menu, ...at('03-10T15:00:01'), country: 'DE', referrer: '\ud83d' },
      { ...menu, ...at('03-10T15:00:02'), country: 'DE', referrer: '\\u0000 as it is written' },
    ])
    const { audience } = await readAudience(ledger, scope)
    expect(audience.period.scans).toBe(3)
    expect(audience.countries?.find(({ name }) => name === 'DE')?.scans).toBeGreaterThan(0)
    await ledger.destroy()
  })

  it('an account without codes or scans has no numbers', async () => {
    const ledger = await temporaryLedger(kind)
    const account = { ledger, state: await readConnector(ledger, connector), share: 1 }
    const data = await readScansData(account, { days: 30, nowMs })
    expect(data).toMatchObject({
      up_to_date: { listed_at: null, waiting_scans: 0, older_scans: 0, waits: null },
      codes: { codes: [], total: { codes: 0, recent_scans: 0 } },
      audience: {
        period: { scans: 0, unique_scans: null, codes: 0 },
        campaigns: [],
        countries: null,
        devices: [],
      },
    })
    await ledger.destroy()
  })
})

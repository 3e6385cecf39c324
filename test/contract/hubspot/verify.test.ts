import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deliver } from '../../../activities/delivery/deliver.ts'
import { compareScans, compareTotals } from '../../../src/cli/verify/compare-destination.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { landCodes, landNewScans } from '../../support/ledger/filled-ledger.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { callsTo, codeRow, destinationTo } from '../../support/destinations/hubspot-world.ts'
import { codeOf, scanOf } from '../../support/ledger/landed-rows.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const nowMs = Date.parse('2026-03-31T12:00:00Z')
const connector = 'test'
const name = 'crm'

describe('verify compares HubSpot with the ledger', () => {
  let fake: FakeHubSpot
  let ledger: Ledger

  beforeEach(async () => {
    fake = await startFakeHubSpot({ limits: { tenSecondly: 1_000_000 } })
    ledger = await temporaryLedger()
  })

  afterEach(async () => {
    expect(fake.violations, 'requests as HubSpot publishes them').toEqual([])
    await fake.close()
    await ledger.destroy()
  })

  type Crm = ReturnType<typeof destinationTo>

  async function deliverAll(crm: Crm) {
    const deps = activityDeps({ ledger, api: {} as never, destinations: new Map([[name, crm]]) })
    for (let isDone = false; !isDone;) {
      ;({ isDone } = await deliver(deps, { destination: name, isUrgent: true }, new AbortController().signal))
    }
  }

  /** Lands two codes, the first with all scans but one. */
  async function land(scans: number) {
    const code = (number: number) => ({ ...codeOf(number), scan_count: null, last_scanned_at: null })
    await landCodes(ledger, [code(1), code(2)], nowMs)
    await landNewScans(
      ledger,
      Array.from({ length: scans }, (_, number) =>
        scanOf({ id: `scan-${number}`, qr_code_id: number === 0 ? 'code-2' : 'code-1' }),
      ),
      nowMs,
    )
  }

  const compared = (crm: Crm) => ({
    ledger,
    connector,
    name,
    destination: crm,
    codeIds: ['code-1', 'code-2'],
  })

  test.each([40, 1_000])(
    'by the records of its %i scans, page by page or with one search per code',
    async (scans) => {
      await land(scans)
      const crm = destinationTo(fake, { scans: true })
      await deliverAll(crm)
      expect(await compareScans(compared(crm))).toEqual({ scans, gaps: [] })
      expect(callsTo(fake, '/search')).toBe(scans === 40 ? 1 : 3)
      expect(await compareTotals(compared(crm))).toEqual({ records: 2, gaps: [] })
    },
  )

  test('by records and not by the total that qrsync wrote: missing records are reported', async () => {
    await land(40)
    await deliverAll(destinationTo(fake, { scans: true }))
    // Another account, which the ledger does not know yet: it has the totals, and no record of a scan.
    const other = await startFakeHubSpot({ limits: { tenSecondly: 1_000_000 } })
    const crm = destinationTo(other, { scans: true })
    await crm.apply()
    await crm.upsert('code_summaries', [codeRow(1, { total_scans: 39 }), codeRow(2, { total_scans: 1 })])
    expect(await compareTotals(compared(crm))).toMatchObject({ gaps: [] })
    expect(await compareScans(compared(crm))).toMatchObject({
      scans: 0,
      gaps: [
        { id: 'code-1', of: 'scans', landed: 39, there: 0, missing: 39, refused: 0, waiting: 0 },
        { id: 'code-2', of: 'scans', landed: 1, there: 0, missing: 1 },
      ],
    })
    await other.close()
  })

  test('refused scans count as refused, not as missing', async () => {
    await land(40)
    const crm = destinationTo(fake, { scans: true })
    fake.refuse(({ properties }) => ['scan-3', 'scan-4'].includes(properties['qrsync_scan_id'] ?? ''))
    await deliverAll(crm)
    expect(await compareScans(compared(crm))).toMatchObject({
      scans: 38,
      gaps: [{ id: 'code-1', landed: 39, there: 37, refused: 2, missing: 0, waiting: 0, more: 0 }],
    })
  })

  test('a refused total counts as refused, not as missing', async () => {
    await land(40)
    const crm = destinationTo(fake)
    await deliverAll(crm)
    fake.refuse(({ properties }) => properties['qrsync_total_scans'] === '40')
    await landNewScans(ledger, [scanOf({ id: 'new', qr_code_id: 'code-1' })], nowMs)
    await deliverAll(crm)
    expect(await compareTotals(compared(crm))).toMatchObject({
      gaps: [{ id: 'code-1', of: 'total', landed: 40, there: 39, refused: 1, missing: 0, waiting: 0 }],
    })
  })

  test('without records of scans it compares only the totals with the ledger', async () => {
    await land(40)
    const crm = destinationTo(fake)
    await deliverAll(crm)
    expect(await compareScans(compared(crm))).toBeNull()
    expect(await compareTotals(compared(crm))).toEqual({ records: 2, gaps: [] })
    await crm.upsert('code_summaries', [codeRow(1, { total_scans: 7 })])
    expect(await compareTotals(compared(crm))).toMatchObject({
      gaps: [{ id: 'code-1', of: 'total', landed: 39, there: 7, missing: 32, waiting: 0 }],
    })
    await landNewScans(ledger, [scanOf({ id: 'new', qr_code_id: 'code-2' })], nowMs)
    expect(await compareTotals(compared(crm)), 'the next delivery writes them').toMatchObject({
      gaps: [
        { id: 'code-1', waiting: 32, missing: 0 },
        { id: 'code-2', waiting: 1, missing: 0 },
      ],
    })
  })
})

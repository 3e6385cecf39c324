import { describe, expect, it } from 'vitest'
import { streams } from '../../../src/streams/streams.ts'
import { readDifferences } from '../../../src/insight/read-differences.ts'
import { readActions } from '../../../src/ledger/connector/audit-trail.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { eraseCode } from '../../../src/ledger/erasure/erase-code.ts'
import { readErasedAtMs } from '../../../src/ledger/erasure/erasures.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { QrCode } from '../../../src/streams/qr-codes.ts'
import { operator } from '../../support/ledger/operator.ts'
import { ledgerKinds, type LedgerKind } from '../../support/ledger/temporary-ledger.ts'
import { ModelApi } from '../../support/source/model-api.ts'
import { dayMs, hourMs, planMonth } from '../../support/worlds/planned-month.ts'

const startMs = Date.parse('2026-11-01T00:00:00Z')

function scan(api: ModelApi, code: QrCode, fromMs: number, count: number): void {
  for (let index = 0; index < count; index++) {
    const atMs = fromMs + index * 60_000
    api.addScan(code, atMs, `${code.id}-${atMs}`)
  }
}

/** Some codes with scans from before and after the connector was set up, and the first of them. */
async function world(kind: LedgerKind) {
  const api = new ModelApi()
  Object.assign(api, { perPage: 20, plan: 'pro', perMonth: 5_000 })
  const secret = api.addCode()
  for (let index = 0; index < 4; index++) api.addCode()
  for (const code of api.codes) scan(api, code, startMs - 5 * dayMs, 30)
  const month = await planMonth(api, { startMs, kind, hasAnalytics: true })
  const { ledger, connector } = month.deps
  const erase = () =>
    eraseCode(ledger, { connector, qrCodeId: secret.id, destinations: [] }, operator, month.now())
  return { api, month, secret, ledger, connector, erase }
}

/** Every table that mentions a text in any column. */
async function tablesWith(ledger: Ledger, text: string): Promise<string[]> {
  const found: string[] = []
  for (const { name } of await ledger.introspection.getTables()) {
    const rows = await ledger
      .selectFrom(name as 'scans')
      .selectAll()
      .execute()
    if (JSON.stringify(rows).includes(text)) found.push(name)
  }
  return found.toSorted()
}

const landedIds = async (ledger: Ledger) =>
  (await ledger.selectFrom('scans').select('id').orderBy('id').execute()).map(({ id }) => id)

describe.each(ledgerKinds)('an erased code in a ledger on %s', (kind) => {
  it('leaves no row, is never fetched again, and changes nothing for other codes', async () => {
    const { api, month, secret, ledger, connector, erase } = await world(kind)
    await month.runUntil(startMs + dayMs)
    expect((await landedIds(ledger)).length).toBe(api.scans.length)
    expect(await tablesWith(ledger, secret.id)).toContain('analytics_daily')

    await erase()
    const left = ['audit_trail', 'calls', 'erased_codes']
    expect(await tablesWith(ledger, secret.id)).toEqual(left)

    const callsBefore = api.calls.length
    for (let hour = 0; hour < 72; hour++) {
      for (const code of api.codes) scan(api, code, month.now(), 2)
      await month.runUntil(month.now() + hourMs)
    }
    // A full pass of the list shows it again, as the API still has it.
    await ledger.updateTable('list_passes').set({ full_listed_at_ms: null }).execute()
    await month.runUntil(month.now() + 2 * dayMs)
    const expected = api.scans.filter(({ qr_code_id: id }) => id !== secret.id).map(({ id }) => id)
    expect(await landedIds(ledger)).toEqual(expected.toSorted())
    expect(await tablesWith(ledger, secret.id)).toEqual(left)
    expect(api.calls.slice(callsBefore).filter((call) => call.includes(secret.id))).toEqual([])
    expect(api.calls.length).toBeGreaterThan(callsBefore)

    const state = await readConnector(ledger, connector)
    expect(await readDifferences(ledger, state, month.now())).toMatchObject({
      codes: 4,
      complete_codes: 4,
      lost_scans: 0,
    })
    expect(await readErasedAtMs(ledger, { connector, qrCodeId: secret.id })).toBe(startMs + dayMs)
    expect(await readActions(ledger, connector, 9)).toMatchObject([{ action: 'erase', qrCodeId: secret.id }])
    await ledger.destroy()
  })

  it('does not come back with a page that was under way', async () => {
    const { api, month, secret, ledger, erase } = await world(kind)
    let erasing: Promise<void> | null = null
    const scansOf = api.scansOf?.bind(api)
    expect(scansOf).toBeUndefined()
    const listScans = api.listScans.bind(api)
    api.listScans = async (...asked) => {
      const page = await listScans(...asked)
      if (JSON.stringify(asked).includes(secret.id)) await (erasing ??= erase())
      return page
    }
    await month.runUntil(startMs + hourMs).catch((error: unknown) => {
      expect(String(error)).toContain(`the ledger has no code ${secret.id}`)
    })
    expect(erasing).not.toBeNull()
    await month.runUntil(startMs + 2 * dayMs)
    expect(await tablesWith(ledger, secret.id)).toEqual(['audit_trail', 'calls', 'erased_codes'])
    expect((await landedIds(ledger)).length).toBe(api.scans.length - 30)
    await ledger.destroy()
  })
})

it('covers every stream', () => {
  for (const stream of Object.values(streams)) {
    expect('qr_code_id' in stream.columns || stream === streams.qr_codes).toBe(true)
  }
})

import { afterEach, beforeEach, expect, describe, it } from 'vitest'
import { scansAgain } from '../../../src/ledger/base/migrations/until-0020/0019-scans-again.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { readDelivery } from '../../../src/ledger/deliveries/deliveries.ts'
import { settleBatch } from '../../../src/ledger/deliveries/settle-batch.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

describe.each(ledgerKinds)('on %s, a ledger of a version that sent fewer fields of a scan', (kind) => {
  let ledger: Ledger

  beforeEach(async () => {
    ledger = await temporaryLedger(kind)
  })
  afterEach(() => ledger.destroy())

  it('sends all scans again to a CRM, and to no other destination', async () => {
    const deliver = (destination: string, stream: 'scans' | 'code_summaries', fingerprint?: string) => {
      const row = { seq: 7, id: 'a', json: '{}' }
      const fingerprints = new Map(fingerprint === undefined ? [] : [[row.id, fingerprint]])
      const move = { fromSeq: 0, upToSeq: 7, isLast: true, readAtMs: 1_000 }
      const batch = { resets: 0, rows: [row], rejected: [], fingerprints, move }
      return settleBatch(ledger, { connector: 'test', destination, stream }, batch, 1_000)
    }
    await deliver('crm', 'scans', 'x')
    await deliver('crm', 'code_summaries', 'x')
    await deliver('warehouse', 'scans')
    await scansAgain.up(ledger)
    const watermark = async (destination: string, stream: 'scans' | 'code_summaries') =>
      (await readDelivery(ledger, { connector: 'test', destination, stream }))?.watermarkSeq
    expect(await watermark('crm', 'scans')).toBe(0)
    expect(await watermark('crm', 'code_summaries')).toBe(7)
    expect(await watermark('warehouse', 'scans')).toBe(7)
  })
})

import { describe, expect, it } from 'vitest'
import { readActions } from '../../../src/ledger/connector/audit-trail.ts'
import { pauseHistory } from '../../../src/ledger/connector/connector-state.ts'
import { resetDelivery } from '../../../src/ledger/deliveries/reset-delivery.ts'
import { requestReplay } from '../../../src/ledger/deliveries/rejects.ts'
import { operator } from '../../support/ledger/operator.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

describe.each(ledgerKinds)('the audit trail on %s', (kind) => {
  it('holds each action manually, with who and what, the most recent first', async () => {
    const ledger = await temporaryLedger(kind)
    const connector = 'test'
    const reject = { connector, destination: 'crm', stream: 'scans', row_id: 'a', seq: 1, attempts: 1 }
    await ledger
      .insertInto('rejects')
      .values({ ...reject, reason: 'no', rejected_at_ms: 1, fingerprint: null })
      .execute()
    await pauseHistory(ledger, connector, 1, operator)
    await pauseHistory(ledger, connector, null, { via: 'page', user: null })
    await resetDelivery(ledger, { connector, destination: 'crm', resend: false }, operator)
    await resetDelivery(ledger, { connector, destination: 'bi', resend: true, why: 'verify --fix' }, operator)
    await requestReplay(ledger, { connector, destination: 'crm' }, operator)
    // Nothing is replayed, so nothing was done.
    await requestReplay(ledger, { connector, destination: 'bi' }, operator)

    const nothing = {
      atMs: 0,
      via: 'command',
      user: 'tester',
      destination: null,
      qrCodeId: null,
      details: null,
    }
    const recorded = await readActions(ledger, connector, 10)
    expect(recorded.map((action) => ({ ...action, atMs: 0 }))).toEqual([
      { ...nothing, action: 'replay', destination: 'crm', details: '1 row' },
      { ...nothing, action: 'resend', destination: 'bi', details: 'verify --fix' },
      { ...nothing, action: 'refill', destination: 'crm' },
      { ...nothing, action: 'resume backfill', via: 'page', user: null },
      { ...nothing, action: 'pause backfill' },
    ])
    expect((await readActions(ledger, connector, 2)).map(({ action }) => action)).toEqual([
      'replay',
      'resend',
    ])
    expect(await readActions(ledger, 'other', 10)).toEqual([])
    await ledger.destroy()
  })

  it('an action that fails leaves no record', async () => {
    const ledger = await temporaryLedger(kind)
    const reset = { connector: 'unknown', destination: 'crm', resend: false }
    await expect(resetDelivery(ledger, reset, operator)).rejects.toThrow('has no connector unknown')
    expect(await readActions(ledger, 'unknown', 10)).toEqual([])
    await ledger.destroy()
  })
})

import { describe, expect, it } from 'vitest'
import { countRejectsByStream } from '../../../src/insight/count-rejects-by-stream.ts'
import { hasReplays, replayDue } from '../../../src/ledger/deliveries/rejects.ts'
import { landNewScans } from '../../support/ledger/filled-ledger.ts'
import { scanOf } from '../../support/ledger/landed-rows.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { connector, destination, hourMs, startMs, takeAll } from '../../support/ledger/vitals-world.ts'

describe.each(ledgerKinds)('a refused row (%s)', (kind) => {
  it('is sent again after a day, and after another day if it is refused again, without a new alert', async () => {
    const ledger = await temporaryLedger(kind)
    try {
      const key = { connector, destination, stream: 'scans' } as const
      await landNewScans(ledger, [scanOf()], startMs)
      for (const refusedMs of [startMs, startMs + 24 * hourMs]) {
        await takeAll(ledger, 'scans', refusedMs, ['scan-1'])
        const [counted] = await countRejectsByStream(ledger, [connector])
        expect(counted).toMatchObject({ rows: 1, lastNewRejectMs: refusedMs === startMs ? startMs : null })
        await replayDue(ledger, key, refusedMs + 24 * hourMs - 1)
        expect(await hasReplays(ledger, key)).toBe(false)
        await replayDue(ledger, key, refusedMs + 24 * hourMs)
        expect(await hasReplays(ledger, key)).toBe(true)
      }
    } finally {
      await ledger.destroy()
    }
  })
})

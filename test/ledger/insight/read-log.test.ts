import { expect, it } from 'vitest'
import { readLog } from '../../../src/insight/explain/read-log.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

it('the log says how many rows a call has brought, in the right number', async () => {
  const ledger = await temporaryLedger('sqlite')
  const call = {
    connector: 'test',
    endpoint: 'GET /me',
    purpose: 'identify' as const,
    qr_code_id: null,
    sent_at_ms: 0,
    settled_at_ms: 0,
    window_until_ms: 0,
    outcome: 'ok' as const,
    http_status: 200,
    retry_after_ms: null,
  }
  await ledger
    .insertInto('calls')
    .values([0, 1, 2].map((rows) => ({ ...call, rows })))
    .execute()
  const entries = await readLog(ledger, 'test', { limit: 10, onlyProblems: false })
  expect(entries.map(({ text }) => text.split(', ').at(-1)).sort()).toEqual(['0 rows', '1 row', '2 rows'])
  await ledger.destroy()
})

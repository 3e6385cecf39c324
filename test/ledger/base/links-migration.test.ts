import { expect, test } from 'vitest'
import { readWaitingKeys, hasDueLooks, readLinkKeys } from '../../../src/ledger/summaries/link-keys.ts'
import { lookRequests } from '../../../src/ledger/base/migrations/0029-look-requests.ts'
import { links } from '../../../src/ledger/base/migrations/until-0020/0013-links.ts'
import { temporaryLedger, ledgerKinds } from '../../support/ledger/temporary-ledger.ts'

const place = { connector: 'test', destination: 'crm' }

test.each(ledgerKinds)(
  'a ledger of an older version looks up every confirmed key again, on %s',
  async (kind) => {
    const ledger = await temporaryLedger(kind)
    await ledger.schema.dropTable('link_keys').execute()
    const confirmed = (stream: string, id: string) => ({ ...place, stream, row_id: id, fingerprint: 'f' })
    await ledger
      .insertInto('confirmations')
      .values([
        confirmed('link_summaries', 'contacts.email/ada@example.com'),
        confirmed('link_summaries', 'companies.customer/a/b#c'),
        confirmed('code_summaries', 'code-1'),
      ])
      .execute()
    await ledger
      .insertInto('deliveries')
      .values({
        ...place,
        stream: 'link_summaries',
        watermark_seq: 9,
        delivered_rows: 2,
        updated_at_ms: 1,
        drained_at_ms: 1,
      })
      .execute()
    await links.up(ledger)
    await lookRequests.up(ledger)
    expect([...(await readLinkKeys(ledger, place)).values()]).toMatchObject([
      { rule: 'companies.customer', key: 'a/b#c', recordId: null, lookedAtMs: 0 },
      { rule: 'contacts.email', key: 'ada@example.com', recordId: null, lookedAtMs: 0 },
    ])
    expect(await hasDueLooks(ledger, place, Date.now())).toBe(true)
    expect((await readWaitingKeys(ledger, place)).keys, 'none was looked up yet').toBe(0)
    expect(await ledger.selectFrom('confirmations').select('row_id').execute()).toEqual([
      { row_id: 'code-1' },
    ])
    expect(await ledger.selectFrom('deliveries').select('watermark_seq').execute()).toEqual([
      { watermark_seq: 0 },
    ])
    await ledger.destroy()
  },
)

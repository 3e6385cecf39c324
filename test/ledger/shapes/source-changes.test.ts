import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { holdLease } from '../../../activities/sync/hold-lease.ts'
import { noObserver } from '../../../activities/observer.ts'
import type { ActivityDeps } from '../../../activities/deps.ts'
import {
  describeSourceChanges,
  missingFields,
  toSourceChange,
} from '../../../src/cli/views/source-changes.ts'
import { describeSourceChange } from '../../../src/insight/source/describe-source-change.ts'
import { readSourceChanges } from '../../../src/ledger/shapes/note-shapes.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { lookOnce } from '../../../src/observability/alerts/alert-watch.ts'
import { slackChannel } from '../../../src/observability/alerts/chat-channels.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { createApiClient, type ApiClient } from '../../../src/source/client.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { hourMs, startMs, watchedIn } from '../../support/ledger/vitals-world.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../../support/observability/webhook-receiver.ts'

const connector = 'test'
const scan = { id: '1', scanned_at: '2026-03-14T00:00:00Z', city: 'Kyoto', is_unique: true }
const usage = { api_calls_this_month: 1, api_calls_monthly_limit: 5_000 }

const channelTo = (webhook: string) => slackChannel({ name: 'slack', webhook, atLeast: 'info' })

describe.each(ledgerKinds)('changes of the API (%s)', (kind) => {
  let ledger: Ledger
  let webhook: WebhookReceiver
  let api: ApiClient
  let rows: object[]
  let account: object
  const server = createServer((request, response) => {
    const isAccount = request.url === '/me'
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ success: true, data: isAccount ? account : rows }))
  })

  beforeEach(async () => {
    ledger = await temporaryLedger(kind)
    webhook = await startWebhookReceiver()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    api = createApiClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: `qrs_${'0'.repeat(64)}` })
    rows = Array.from({ length: 20 }, () => scan)
    account = { account_id: 'a', plan: 'pro', usage }
  })
  afterEach(async () => {
    await api.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await webhook[Symbol.asyncDispose]()
    await ledger.destroy()
  })

  /** A slice of a sync that makes two calls. */
  async function slice(nowMs: number, code = 'code-1'): Promise<void> {
    const clock = { now: () => nowMs, sleep: () => Promise.resolve() }
    const deps = { ledger, connector, clock, api, observer: noObserver, dueMs: () => null }
    const { signal } = new AbortController()
    await holdLease(deps as unknown as ActivityDeps, { signal, isManual: false }, async () => {
      await api.me()
      await api.listScans(code, { page: 1, perPage: 100 })
      return { calls: 2, landed: 0, isDone: true, wait: null }
    })
  }
  const look = (nowMs: number) =>
    lookOnce(
      { watched: [watchedIn(ledger)], channels: [channelTo(webhook.url)], logger: createLogger() },
      nowMs,
    )
  /** The lines of `status`: reported changes, and what needs attention. */
  const status = async (nowMs: number) => {
    const changes = (await readSourceChanges(ledger, [connector], nowMs - 24 * hourMs)).map(toSourceChange)
    return { reported: describeSourceChanges(changes), problems: missingFields(changes) }
  }
  const texts = () => webhook.bodies.map((body) => (body as { text: string }).text)

  it('are reported once, with what happens to the field; a missing field is reported until it is back', async () => {
    await slice(startMs)
    await look(startMs)
    expect(texts()).toEqual([])

    rows = rows.map((row) => ({ ...row, campaign: 'spring', is_unique: 1 }))
    account = { ...account, usage: { ...usage, api_calls_per_minute: 60 } }
    await slice(startMs + 1_000)
    await slice(startMs + 2_000)
    await look(startMs + 3_000)
    await look(startMs + 4_000)
    expect(texts().toSorted()).toEqual([
      '*qrsync test, me.usage.api_calls_per_minute: new field*\nThe API sends the new field ' +
        'me.usage.api_calls_per_minute (number). qrsync does not store it. What it stores is unchanged.',
      '*qrsync test, scans.campaign: new field*\nThe API sends the new field scans.campaign (text). ' +
        'It goes to the column `extra` (in BigQuery with `new_fields: columns`, to one of its own), unless `privacy` drops it; no row is lost.',
      '*qrsync test, scans.is_unique: new type of a field*\nThe API sends scans.is_unique as number, which it did not do ' +
        'before. qrsync reads it if that loses nothing; otherwise it sets the row aside ("qrsync rejects list").',
    ])

    const changed = await status(startMs + 4_000)
    expect(changed.problems).toEqual([])
    expect(changed.reported.map((text) => text.replace(/\. .*$/, ''))).toEqual([
      'API        since 2026-11-10 12:00 UTC: The API sends the new field me.usage.api_calls_per_minute (number)',
      'API        since 2026-11-10 12:00 UTC: The API sends the new field scans.campaign (text)',
      'API        since 2026-11-10 12:00 UTC: The API sends scans.is_unique as number, which it did not do before',
    ])

    rows = rows.map((row) => ({ ...row, city: undefined }))
    await slice(startMs + 5_000)
    const lateMs = startMs + 2 * hourMs
    expect((await status(lateMs)).problems).toEqual([
      'since 2026-11-10 12:00 UTC: The API no longer sends scans.city. It is empty (null) in new rows; no row is lost.',
    ])
    await look(lateMs)
    expect(texts().slice(3)).toEqual([
      '*qrsync test, scans.city: missing field*\nThe API no longer sends scans.city. ' +
        'It is empty (null) in new rows; no row is lost.',
    ])
    const [missing] = await readSourceChanges(ledger, [connector], lateMs)
    expect(missing).toMatchObject({ field: 'city', kind: 'missing', noticedAtMs: startMs + 5_000 })

    rows = rows.map((row) => ({ ...row, city: 'Kyoto' }))
    await slice(lateMs)
    await look(lateMs)
    // A new field is not reported as gone.
    expect(texts().slice(4)).toEqual([
      '*qrsync test, scans.city: missing field*: over at 2026-11-10T14:00:00Z, after it began at 2026-11-10T14:00:00Z.',
    ])
    expect(await readSourceChanges(ledger, [connector], lateMs)).toEqual([])
    expect((await status(lateMs)).problems).toEqual([])
  })

  it('that concern required fields are reported as such', async () => {
    await slice(startMs)
    rows = rows.map((row) => ({ ...row, id: undefined }))
    await slice(startMs + 1_000)
    const [change] = await readSourceChanges(ledger, [connector], startMs)
    expect(change && describeSourceChange(change)).toBe(
      'The API no longer sends scans.id. Rows need it: they are set aside until it is back ("qrsync rejects list").',
    )
  })
})

import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { readLog } from '../../../src/insight/explain/read-log.ts'
import { lookOnce } from '../../../src/observability/alerts/alert-watch.ts'
import { slackChannel } from '../../../src/observability/alerts/chat-channels.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { landNewScans } from '../../support/ledger/filled-ledger.ts'
import { scanOf } from '../../support/ledger/landed-rows.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { hourMs, minuteMs, startMs, takeAll, watchedIn } from '../../support/ledger/vitals-world.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../../support/observability/webhook-receiver.ts'

const channelTo = (webhook: string) => slackChannel({ name: 'slack', webhook, atLeast: 'info' })

describe.each(ledgerKinds)('the webhook (%s)', (kind) => {
  let ledger: Ledger
  let webhook: WebhookReceiver
  let log = ''
  const logger = createLogger({
    stream: new Writable({
      write(chunk: Buffer, _encoding, done) {
        log += chunk.toString()
        done()
      },
    }),
  })
  beforeEach(async () => {
    log = ''
    ledger = await temporaryLedger(kind)
    webhook = await startWebhookReceiver()
  })
  afterEach(async () => {
    await webhook[Symbol.asyncDispose]()
    await ledger.destroy()
  })

  const look = (nowMs: number) =>
    lookOnce({ watched: [watchedIn(ledger)], channels: [channelTo(webhook.url)], logger }, nowMs)
  const texts = () => webhook.bodies.map((body) => (body as { text: string }).text)
  const getStuck = () => landNewScans(ledger, [scanOf()], startMs)
  const stuckMs = startMs + 16 * minuteMs

  it('gets one message when a condition begins and one when it ends, however many workers run or restart', async () => {
    await getStuck()
    await look(startMs + minuteMs)
    expect(texts()).toEqual([])
    await Promise.all([look(stuckMs), look(stuckMs), look(stuckMs)])
    await look(stuckMs + minuteMs)
    expect(texts()).toEqual([
      '*qrsync test, crm: destination stuck*\ncrm has accepted nothing for 16 minutes; 1 rows wait. qrsync retries ' +
        'automatically, and no row is lost; the Temporal UI and "qrsync check" show why it fails.',
    ])
    expect(webhook.bodies).toEqual(texts().map((text) => ({ text })))

    await takeAll(ledger, 'scans', stuckMs + 2 * minuteMs)
    await Promise.all([look(stuckMs + 3 * minuteMs), look(stuckMs + 3 * minuteMs)])
    await look(stuckMs + 4 * minuteMs)
    expect(texts().slice(1)).toEqual([
      '*qrsync test, crm: destination stuck*: over at 2026-11-10T12:19:00Z, after it began at 2026-11-10T12:16:00Z.',
    ])
    const logged = async (onlyProblems: boolean) =>
      (await readLog(ledger, 'test', { limit: 100, onlyProblems })).filter(({ kind }) => kind === 'alert')
    expect(await logged(false)).toEqual([
      {
        at: '2026-11-10T12:16:00.000Z',
        kind: 'alert',
        is_problem: true,
        text: expect.stringMatching(
          /^crm: destination stuck: crm has accepted nothing for 16 minutes/,
        ) as string,
      },
      {
        at: '2026-11-10T12:19:00.000Z',
        kind: 'alert',
        is_problem: false,
        text: 'crm: destination stuck: over at 2026-11-10T12:19:00Z, after it began at 2026-11-10T12:16:00Z.',
      },
    ])
    expect((await logged(true)).map(({ at }) => at)).toEqual(['2026-11-10T12:16:00.000Z'])
  })

  it('gets its messages later and in order after an outage; meanwhile the log reports it without the URL', async () => {
    await getStuck()
    webhook.answer(500)
    await look(stuckMs)
    await takeAll(ledger, 'scans', stuckMs + minuteMs)
    await look(stuckMs + minuteMs)
    const tried = webhook.bodies.length
    expect(log).toContain('the webhook did not accept a message: it answered 500; retrying in a minute')
    expect(log).not.toContain('hidden')
    webhook.answer(200)
    await look(stuckMs + 2 * minuteMs)
    expect(
      texts()
        .slice(tried)
        .map((text) => text.includes('over at')),
    ).toEqual([false, true])
    await look(stuckMs + 3 * minuteMs)
    expect(webhook.bodies.length).toBe(tried + 2)
  })

  it('is left alone for as long as it asks (Retry-After), and gets no message that is a day old', async () => {
    await getStuck()
    webhook.answer(429, { 'retry-after': '300' })
    await look(stuckMs)
    await look(stuckMs + 4 * minuteMs)
    expect(webhook.bodies.length).toBe(1)
    await look(stuckMs + 5 * minuteMs)
    expect(webhook.bodies.length).toBe(2)
    webhook.answer(200)
    await look(stuckMs + 25 * hourMs)
    expect(webhook.bodies.length).toBe(2)
  })

  it('is retried within an hour, whatever Retry-After says, and whatever time an earlier version stored', async () => {
    await getStuck()
    webhook.answer(429, { 'retry-after': '86400' })
    await look(stuckMs)
    await look(stuckMs + 59 * minuteMs)
    expect(webhook.bodies.length).toBe(1)
    webhook.answer(200)
    await look(stuckMs + hourMs)
    expect(webhook.bodies.length).toBe(2)
    await takeAll(ledger, 'scans', stuckMs + 2 * hourMs)
    webhook.answer(500)
    await look(stuckMs + 2 * hourMs)
    await ledger
      .updateTable('alert_messages')
      .set({ due_at_ms: stuckMs + 10_000 * hourMs })
      .execute()
    webhook.answer(200)
    await look(stuckMs + 2 * hourMs + minuteMs)
    expect(texts().at(-1)).toContain('over at')
    expect(await ledger.selectFrom('alert_messages').selectAll().execute()).toEqual([])
  })

  it('that refuses a message delays no other message, and each failed attempt is counted', async () => {
    await getStuck()
    webhook.answer(400)
    let failures = 0
    const watch = {
      watched: [watchedIn(ledger)],
      channels: [channelTo(webhook.url)],
      logger,
      failures: { inc: () => (failures += 1) },
    }
    await lookOnce(watch, stuckMs)
    await takeAll(ledger, 'scans', stuckMs + minuteMs)
    await lookOnce(watch, stuckMs + minuteMs)
    expect(texts().map((text) => text.includes('over at'))).toEqual([false, false, true])
    expect(failures).toBe(3)
    webhook.answer(500)
    await lookOnce(watch, stuckMs + 2 * minuteMs)
    expect(webhook.bodies.length, 'a webhook that is away is asked once').toBe(4)
  })

  it('that does not exist costs only a line in the log', async () => {
    await getStuck()
    await webhook[Symbol.asyncDispose]()
    await look(stuckMs)
    expect(log).toContain('the webhook did not accept a message: ECONNREFUSED')
    expect(log).not.toContain('hidden')
    webhook = await startWebhookReceiver()
  })
  it('gets only messages of its severity, and a channel that is down delays no other', async () => {
    const other = await startWebhookReceiver()
    try {
      await getStuck()
      webhook.answer(503)
      const channels = [
        channelTo(webhook.url),
        slackChannel({ name: 'other', webhook: other.url, atLeast: 'critical' }),
      ]
      const watch = { watched: [watchedIn(ledger)], channels, logger }
      await lookOnce(watch, stuckMs)
      // Refused rows are a warning.
      await takeAll(ledger, 'qr_codes', stuckMs, ['code-1'])
      await lookOnce(watch, stuckMs + minuteMs)
      webhook.answer(200)
      await lookOnce(watch, stuckMs + 2 * minuteMs)
      const told = ({ bodies }: WebhookReceiver) =>
        bodies.map((body) =>
          /: (.*)\*(: over)?/
            .exec((body as { text: string }).text)
            ?.slice(1)
            .join(''),
        )
      expect(told(other)).toEqual(['destination stuck', 'destination stuck: over'])
      const late = told(webhook).slice(2)
      expect(late[0]).toBe('destination stuck')
      expect(late.toSorted()).toEqual(['destination stuck', 'destination stuck: over', 'rows rejected'])
    } finally {
      await other[Symbol.asyncDispose]()
    }
  })
})

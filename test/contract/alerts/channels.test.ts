import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, it } from 'vitest'
import { slackChannel, teamsChannel } from '../../../src/observability/alerts/chat-channels.ts'
import type { AlertEvent } from '../../../src/observability/alerts/channel.ts'
import { emailChannel } from '../../../src/observability/alerts/email-channel.ts'
import { postJson } from '../../../src/observability/alerts/post-json.ts'
import { pagerDutyChannel } from '../../../src/observability/alerts/pagerduty-channel.ts'
import { signedWebhookChannel } from '../../../src/observability/alerts/signed-webhook-channel.ts'
import { startWebhookReceiver } from '../../support/observability/webhook-receiver.ts'

const began: AlertEvent = {
  id: '5f0e9f0e-1b7a-4f5e-9d5f-5d6f0d0c0a01',
  connector: 'acme',
  condition: 'destination stuck',
  destination: 'crm',
  severity: 'critical',
  state: 'began',
  atMs: Date.parse('2026-11-10T12:00:00Z'),
  beganAtMs: null,
  text: 'crm has accepted nothing for 16 minutes; <b> & 42 rows wait.',
}
const over: AlertEvent = {
  ...began,
  state: 'over',
  beganAtMs: began.atMs - 60_000,
  text: 'over at 2026-11-10T12:00:00Z, after it began at 2026-11-10T11:59:00Z.',
}
const long: AlertEvent = {
  ...began,
  connector: 'c'.repeat(300),
  destination: 'd'.repeat(1_000),
  text: '\u{1F4F1}'.repeat(20_000),
}

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** Answers like a vendor that checks what it receives with its published rules. */
async function receive(refuses: (body: string) => string | null, accepted = 200) {
  const requests: { body: string; headers: Record<string, string> }[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const problem = refuses(body)
      requests.push({ body, headers: request.headers as Record<string, string> })
      response.writeHead(problem === null ? accepted : 400).end(problem ?? 'ok')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hidden`
  return { url, requests, last: () => JSON.parse(requests.at(-1)?.body ?? 'null') as unknown }
}

describe('Slack', () => {
  it('receives at most 40,000 characters of text, and shows no value of ours as a link or a mention', async () => {
    const slack = await receive((body) => {
      const { text: shown } = JSON.parse(body) as { text?: unknown }
      if (typeof shown !== 'string' || shown === '') return 'no_text'
      return shown.length > 40_000 ? 'msg_too_long' : null
    })
    const channel = slackChannel({ name: 'slack', webhook: slack.url, atLeast: 'info' })
    await channel.send(began)
    expect(slack.last()).toEqual({
      text: '*qrsync acme, crm: destination stuck*\ncrm has accepted nothing for 16 minutes; &lt;b&gt; &amp; 42 rows wait.',
    })
    await channel.send(over)
    expect(slack.last()).toEqual({
      text: '*qrsync acme, crm: destination stuck*: over at 2026-11-10T12:00:00Z, after it began at 2026-11-10T11:59:00Z.',
    })
    await channel.send(long)
  })
})

describe('Teams', () => {
  it('receives one Adaptive Card of at most 28 KB', async () => {
    const teams = await receive((body) => {
      if (Buffer.byteLength(body) > 28 * 1024) return 'too large'
      const { type, attachments } = JSON.parse(body) as {
        type?: string
        attachments?: {
          contentType?: string
          content?: { type?: string; version?: string; body?: unknown[] }
        }[]
      }
      const [card] = attachments ?? []
      const isCard =
        type === 'message' &&
        attachments?.length === 1 &&
        card?.contentType === 'application/vnd.microsoft.card.adaptive' &&
        card.content?.type === 'AdaptiveCard' &&
        /^1\.\d$/.test(card.content.version ?? '') &&
        (card.content.body?.length ?? 0) > 0
      return isCard ? null : 'not a card'
    }, 202)
    const channel = teamsChannel({ name: 'teams', webhook: teams.url, atLeast: 'info' })
    await channel.send(began)
    expect(JSON.stringify(teams.last())).toContain('qrsync acme, crm: destination stuck')
    expect(JSON.stringify(teams.last())).toContain('Attention')
    await channel.send(over)
    expect(JSON.stringify(teams.last())).toContain('Good')
    await channel.send(long)
  })
})

describe('PagerDuty', () => {
  it('receives the trigger and the resolve of a problem under one key, within the limits of events', async () => {
    const pagerDuty = await receive((body) => {
      if (Buffer.byteLength(body) > 512 * 1024) return 'too large'
      const event = JSON.parse(body) as {
        routing_key: string
        event_action: string
        dedup_key: string
        payload: { summary: string; source: string; severity: string; timestamp: string }
      }
      const { summary, source, severity, timestamp } = event.payload
      const isValid =
        event.routing_key.length === 32 &&
        ['trigger', 'acknowledge', 'resolve'].includes(event.event_action) &&
        event.dedup_key.length <= 255 &&
        summary.length > 0 &&
        summary.length <= 1_024 &&
        source.length > 0 &&
        ['critical', 'error', 'warning', 'info'].includes(severity) &&
        !Number.isNaN(Date.parse(timestamp))
      return isValid ? null : 'invalid event'
    }, 202)
    const channel = pagerDutyChannel({
      routing_key: 'a'.repeat(32),
      url: pagerDuty.url,
      at_least: 'critical',
    })
    await channel.send(began)
    const key = 'qrsync/acme/crm/destination stuck'
    expect(pagerDuty.last()).toMatchObject({ event_action: 'trigger', dedup_key: key })
    await channel.send(over)
    expect(pagerDuty.last()).toMatchObject({ event_action: 'resolve', dedup_key: key })
    await channel.send(long)
  })
})

describe('a signed webhook', () => {
  it('passes the check of another implementation of Standard Webhooks', async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    const receiver = await receive(() => null)
    const channel = signedWebhookChannel({ webhook: receiver.url, secret, at_least: 'info' })
    await channel.send(began)
    const { body = '', headers = {} } = receiver.requests.at(-1) ?? {}
    expect(new Webhook(secret).verify(body, headers)).toEqual({
      type: 'alert.began',
      timestamp: '2026-11-10T12:00:00.000Z',
      data: {
        connector: 'acme',
        condition: 'destination stuck',
        destination: 'crm',
        severity: 'critical',
        began_at: null,
        text: began.text,
      },
    })
    expect(headers['webhook-id']).toBe(began.id)
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow('No matching signature')
  })
})

describe('e-mail', () => {
  async function startSmtp(accepts = true) {
    const mails: string[] = []
    const server = new SMTPServer({
      authOptional: false,
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
      onAuth({ username, password }, _session, done) {
        if (username === 'qrsync' && password === 'hidden') done(null, { user: username })
        else done(new Error('wrong password: hidden'))
      },
      onData(stream, _session, done) {
        void text(stream).then((mail) => {
          mails.push(mail)
          done(accepts ? null : Object.assign(new Error('no such mailbox'), { responseCode: 550 }))
        })
      },
    })
    server.listen(0, '127.0.0.1')
    await once(server.server, 'listening')
    closers.push(
      () =>
        new Promise<void>((resolve) => {
          server.close(resolve)
        }),
    )
    const { port } = server.server.address() as AddressInfo
    const channelWith = (password: string) =>
      emailChannel({
        smtp: `smtp://qrsync:${password}@127.0.0.1:${port}`,
        sender: 'qrsync@example.com',
        to: ['a@example.com', 'b@example.com'],
        at_least: 'warning',
      })
    return { mails, channelWith }
  }

  it('arrives as plain text, with a subject that names the problem and its severity', async () => {
    const { mails, channelWith } = await startSmtp()
    await channelWith('hidden').send(began)
    await channelWith('hidden').send({ ...over, condition: 'destination\r\nBcc: evil@example.com' })
    const [first = '', second = ''] = mails
    expect(first).toContain('Subject: [critical] qrsync acme, crm: destination stuck\r\n')
    expect(first).toContain('To: a@example.com, b@example.com\r\n')
    expect(first).toContain('Content-Type: text/plain')
    expect(first).toContain('crm has accepted nothing for 16 minutes; <b> & 42 rows wait.')
    expect(second).toMatch(/^Subject: \[over\] qrsync acme/m)
    const [head = ''] = second.split('\r\n\r\n')
    expect(head).not.toMatch(/^Bcc:/m)
  })

  it('that the server refuses reports the refusal without the password', async () => {
    const open = await startSmtp()
    const failure = (sent: Promise<void>) =>
      sent.then(
        () => null,
        (error: unknown) => error,
      )
    const wrong = await failure(open.channelWith('wrong').send(began))
    expect(wrong).toMatchObject({ name: 'WebhookFailure', isRefusal: false })
    expect(String(wrong)).toMatch(/the mail server did not accept a message: it answered 535/)
    expect(String(wrong)).not.toContain('hidden')
    const refusing = await startSmtp(false)
    expect(await failure(refusing.channelWith('hidden').send(began))).toMatchObject({ isRefusal: true })
  })
})

it('a webhook that redirects is an error, and no other address gets the message', async () => {
  await using elsewhere = await startWebhookReceiver()
  await using webhook = await startWebhookReceiver()
  for (const status of [301, 302, 303, 307, 308]) {
    webhook.answer(status, { location: elsewhere.url })
    await expect(postJson(webhook.url, '{}')).rejects.toThrow(`it answered ${status}`)
  }
  expect([webhook.bodies.length, elsewhere.bodies.length]).toEqual([5, 0])
})

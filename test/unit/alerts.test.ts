import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Ledger } from '../../src/ledger/base/schema.ts'
import { lookOnce } from '../../src/observability/alert-watch.ts'
import { conditionsOf } from '../../src/observability/conditions.ts'
import { createLogger } from '../../src/observability/logger.ts'
import type { Vitals } from '../../src/observability/vitals.ts'
import { landNewScans } from '../support/filled-ledger.ts'
import { scanOf } from '../support/landed-rows.ts'
import { ledgerKinds, temporaryLedger } from '../support/temporary-ledger.ts'
import {
  connector,
  destination,
  hourMs,
  minuteMs,
  startMs,
  takeAll,
  watchedIn,
} from '../support/vitals-world.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'

const month = { key: '2026-11', startMs: Date.parse('2026-11-01'), endMs: Date.parse('2026-12-01') }
const well: Vitals = {
  months: [
    {
      ...{ connector, callsPerMonth: 5_000, spent: 1_500, others: 0, planned: 1_500, month },
      ...{ syncedAtMs: startMs, syncDueMs: startMs, syncFailure: null, clockSkewMs: 1_000 },
      ...{ pausedSinceMs: null, pauseText: null },
    },
  ],
  waiting: [{ connector, codes: 250, scans: 0, lostScans: 0, codesBeyondTarget: 0 }],
  backlogs: [
    {
      ...{ connector, destination, rowsBehind: 0, oldestLandedMs: null, deliveredAtMs: startMs },
      gatherMs: 0,
    },
  ],
  rejects: [],
  streamFailures: [],
  failing: [{ connector, codes: 0, codesSinceMs: null, outages: [], outageSinceMs: null }],
  setAside: [{ connector, rows: 0 }],
  targetChanges: [],
}
const [standing, waiting, backlog] = [well.months[0], well.waiting[0], well.backlogs[0]]
if (!standing || !waiting || !backlog) throw new Error('not there')

const namesOf = (vitals: Partial<Vitals>, nowMs = startMs, on: { condition: string }[] = []) =>
  conditionsOf(
    { ...well, ...vitals },
    on.map((alert) => ({ connector, destination: '', beganAtMs: startMs, ...alert })),
    nowMs,
  ).map(({ condition }) => condition)

describe('what needs a person', () => {
  it('nothing, where all is well', () => {
    expect(namesOf({})).toEqual([])
  })

  it('an API, or codes, that fail for ten minutes', () => {
    const failing = (given: Partial<Vitals['failing'][number]>) => ({
      failing: [{ connector, codes: 0, codesSinceMs: null, outages: [], outageSinceMs: null, ...given }],
    })
    const out = failing({
      outages: [{ what: 'the API', code: 'API_UNAVAILABLE' }],
      outageSinceMs: startMs - 10 * minuteMs,
    })
    expect(namesOf(out)).toEqual(['API failing'])
    expect(namesOf(out, startMs - 1)).toEqual([])
    const codes = failing({ codes: 2, codesSinceMs: startMs - 10 * minuteMs })
    expect(namesOf(codes)).toEqual(['codes failing'])
    expect(namesOf(codes, startMs - 1)).toEqual([])
  })

  it('a pause of ten minutes that the API has asked for', () => {
    const paused = {
      months: [
        { ...standing, pausedSinceMs: startMs - 10 * minuteMs, pauseText: "The month's calls are used up." },
      ],
    }
    expect(namesOf(paused)).toEqual(['calls paused'])
    expect(namesOf(paused, startMs - 1)).toEqual([])
  })

  it('scans that the API counts and does not return', () => {
    expect(namesOf({ waiting: [{ ...waiting, lostScans: 2 }] })).toEqual(['scans missing'])
  })

  it('a destination that is another one than before', () => {
    const change = { connector, destination, before: 'HubSpot account 1', now: 'HubSpot account 2' }
    expect(namesOf({ targetChanges: [change] })).toEqual(['destination changed'])
  })

  it('rows of the API that are set aside', () => {
    expect(namesOf({ setAside: [{ connector, rows: 2 }] })).toEqual(['rows set aside'])
  })

  it('a budget more than a tenth of the month ahead of its pace, until it is within a twentieth', () => {
    const spent = (calls: number) => ({ months: [{ ...standing, spent: calls }] })
    const on = [{ condition: 'budget ahead of pace' }]
    expect(namesOf(spent(2_000))).toEqual([])
    expect(namesOf(spent(2_001))).toEqual(['budget ahead of pace'])
    expect(namesOf(spent(1_751), startMs, on)).toEqual(['budget ahead of pace'])
    expect(namesOf(spent(1_750), startMs, on)).toEqual([])
  })

  it('a sync an hour overdue; one that waits until a named time is not', () => {
    expect(namesOf({}, startMs + hourMs)).toEqual([])
    expect(namesOf({}, startMs + hourMs + 1)).toEqual(['sync overdue'])
    const waits = { months: [{ ...standing, syncDueMs: startMs + 24 * hourMs }] }
    expect(namesOf(waits, startMs + 24 * hourMs)).toEqual([])
  })

  it('a sync that cannot go on: at once, and not as overdue later', () => {
    const failed = { months: [{ ...standing, syncFailure: 'API_KEY_REJECTED' }] }
    expect(namesOf(failed)).toEqual(['sync failed'])
    expect(namesOf(failed, startMs + 2 * hourMs)).toEqual(['sync failed'])
  })

  it('a clock that is wrong by a minute', () => {
    const skewed = (clockSkewMs: number) => ({ months: [{ ...standing, clockSkewMs }] })
    expect(namesOf(skewed(59_999))).toEqual([])
    expect(namesOf(skewed(-60_000))).toEqual(['clock wrong'])
  })

  it('a freshness target that is missed', () => {
    expect(namesOf({ waiting: [{ ...waiting, codesBeyondTarget: 1 }] })).toEqual(['freshness target missed'])
  })

  it('a destination that has rows to take and takes none; not one that gathers, nor one that has much to take', () => {
    const nowMs = startMs + hourMs
    const at = (given: object) =>
      namesOf({ months: [], backlogs: [{ ...backlog, rowsBehind: 5, ...given }] }, nowMs)
    expect(at({ oldestLandedMs: nowMs - 16 * minuteMs })).toEqual(['destination stuck'])
    expect(at({ oldestLandedMs: nowMs - 14 * minuteMs })).toEqual([])
    expect(at({ oldestLandedMs: nowMs - 16 * minuteMs, gatherMs: 5 * minuteMs })).toEqual([])
    expect(at({ oldestLandedMs: startMs, deliveredAtMs: nowMs - minuteMs })).toEqual([])
    expect(at({ oldestLandedMs: startMs, deliveredAtMs: null })).toEqual(['destination stuck'])
  })

  it('a stream that a destination has not taken for a quarter of an hour, while the others go on', () => {
    const failure = {
      ...{
        connector,
        destination,
        stream: 'scans' as const,
        code: 'DESTINATION_UNAVAILABLE',
        message: 'no such table',
      },
      ...{ attempts: 9, sinceMs: startMs, failedAtMs: startMs, retryAtMs: startMs },
    }
    const at = (nowMs: number) => namesOf({ months: [], streamFailures: [failure] }, nowMs)
    expect(at(startMs + 15 * minuteMs)).toEqual([])
    expect(at(startMs + 16 * minuteMs)).toEqual(['stream failing'])
  })

  it('rows refused in the last hour, once for each destination', () => {
    const reject = { connector, destination, stream: 'scans', rows: 2, lastRejectedMs: startMs }
    const rejects = [reject, { ...reject, stream: 'qr_codes' }, { ...reject, destination: 'other' }]
    expect(namesOf({ rejects })).toEqual(['rows rejected', 'rows rejected'])
    expect(namesOf({ months: [], rejects }, startMs + hourMs + 1)).toEqual([])
  })
})

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
    lookOnce({ watched: [watchedIn(ledger)], webhook: webhook.url, logger }, nowMs)
  const texts = () => webhook.bodies.map((body) => (body as { text: string }).text)
  const getStuck = () => landNewScans(ledger, [scanOf()], startMs)
  const stuckMs = startMs + 16 * minuteMs

  it('is told once when a condition begins and once when it ends, by however many workers and after however many restarts', async () => {
    await getStuck()
    await look(startMs + minuteMs)
    expect(texts()).toEqual([])
    await Promise.all([look(stuckMs), look(stuckMs), look(stuckMs)])
    await look(stuckMs + minuteMs)
    expect(texts()).toEqual([
      '*qrsync test, crm: destination stuck*\ncrm has taken nothing for 16 minutes; 1 rows wait. It is tried again by ' +
        'itself, and no row is lost; the Temporal UI and "qrsync check" show what it fails of.',
    ])
    expect(webhook.bodies).toEqual(texts().map((text) => ({ text })))

    await takeAll(ledger, 'scans', stuckMs + 2 * minuteMs)
    await Promise.all([look(stuckMs + 3 * minuteMs), look(stuckMs + 3 * minuteMs)])
    await look(stuckMs + 4 * minuteMs)
    expect(texts().slice(1)).toEqual([
      '*qrsync test, crm: destination stuck*: over at 2026-11-10T12:19:00Z, after it began at 2026-11-10T12:16:00Z.',
    ])
  })

  it('is told later, in order, when it was away; meanwhile the log says so, and nothing of its URL', async () => {
    await getStuck()
    webhook.answer(500)
    await look(stuckMs)
    await takeAll(ledger, 'scans', stuckMs + minuteMs)
    await look(stuckMs + minuteMs)
    const tried = webhook.bodies.length
    expect(log).toContain(
      'the webhook did not take a message: it answered 500; it is tried again in a minute',
    )
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

  it('is left alone for as long as it asks (Retry-After), and not told what is a day old', async () => {
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

  it('waits for an hour at most, whatever Retry-After says, and not for a time stored by an earlier version', async () => {
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

  it('a message that it refuses holds up no other, and each failed attempt is counted', async () => {
    await getStuck()
    webhook.answer(400)
    let failures = 0
    const watch = {
      watched: [watchedIn(ledger)],
      webhook: webhook.url,
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

  it('costs nothing but a line in the log when nobody is there', async () => {
    await getStuck()
    await webhook[Symbol.asyncDispose]()
    await look(stuckMs)
    expect(log).toContain('the webhook did not take a message: ECONNREFUSED')
    expect(log).not.toContain('hidden')
    webhook = await startWebhookReceiver()
  })
})

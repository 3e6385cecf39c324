import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deliver } from '../../../activities/delivery/deliver.ts'
import type { CallWindow } from '../../../src/destinations/call-pacer.ts'
import type { Destination } from '../../../src/destinations/destination.ts'
import { readDelivery, readPendingRows } from '../../../src/ledger/deliveries/deliveries.ts'
import { countRejects } from '../../../src/ledger/deliveries/rejects.ts'
import { resetDelivery } from '../../../src/ledger/deliveries/reset-delivery.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { settleBatch } from '../../../src/ledger/deliveries/settle-batch.ts'
import { takeVendorCall } from '../../../src/ledger/calls/vendor-calls.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import type { DeliveredStream } from '../../../src/streams/streams.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { fillLedger, landNewScans } from '../../support/ledger/filled-ledger.ts'
import { scanOf } from '../../support/ledger/landed-rows.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { atOnce } from '../../support/destinations/with-upsert.ts'
import { operator } from '../../support/ledger/operator.ts'

const startMs = Date.parse('2026-03-31T12:00:00Z')
const connector = 'test'
const key = { connector, destination: 'bi', stream: 'scans' } as const
const minuteMs = 60_000

describe.each(ledgerKinds)('deliveries on %s', (kind) => {
  let ledger: Ledger
  beforeEach(async () => {
    ledger = await temporaryLedger(kind)
  })
  afterEach(() => ledger.destroy())

  it('a watermark moves only from the position where its batch was read', async () => {
    await fillLedger(ledger, { codes: 1, scans: 20, nowMs: startMs })
    const settled = async (batch: Awaited<ReturnType<typeof readPendingRows>>) => {
      await settleBatch(ledger, key, { ...batch, rejected: [], fingerprints: new Map() }, startMs)
      return (await readDelivery(ledger, key))?.watermarkSeq
    }
    const stale = await readPendingRows(ledger, key, 5, startMs)
    expect(await settled(await readPendingRows(ledger, key, 10, startMs))).toBe(10)
    expect(await settled(stale), 'reported by a worker that was taken for dead').toBe(10)
    const last = await readPendingRows(ledger, key, 10, startMs)
    await resetDelivery(ledger, { connector, destination: 'bi', resend: false }, operator)
    expect(await settled(last), 'read before somebody asked for all of it').toBe(0)
  })

  it('a batch that was read before a reset settles nothing, even the first one', async () => {
    await fillLedger(ledger, { codes: 1, scans: 5, nowMs: startMs })
    const rejected = [{ id: 'gone', reason: 'no' }]
    const settle = (batch: Awaited<ReturnType<typeof readPendingRows>>) =>
      settleBatch(ledger, key, { ...batch, rejected, fingerprints: new Map() }, startMs)
    // Written to a table that is emptied before the answer arrives.
    const written = await readPendingRows(ledger, key, 10, startMs)
    await resetDelivery(ledger, { connector, destination: 'bi', resend: true }, operator)
    await settle(written)
    expect((await readDelivery(ledger, key))?.watermarkSeq ?? 0).toBe(0)
    expect(await countRejects(ledger, { connector })).toBe(0)
    await settle(await readPendingRows(ledger, key, 10, startMs))
    expect((await readDelivery(ledger, key))?.watermarkSeq).toBe(5)
  })

  it("a vendor's calls stay within every window, from any worker at any time", async () => {
    const windows: CallWindow[] = [
      { name: '10 seconds', windowMs: 10_000, calls: 7 },
      { name: 'day', windowMs: 24 * 3_600_000, calls: 40 },
    ]
    let account = 0
    const pauses = fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 10, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(pauses, async (pausesMs) => {
        account += 1
        const takenAt: number[] = []
        let nowMs = startMs
        for (const pauseMs of pausesMs) {
          nowMs += pauseMs
          const waitMs = await takeVendorCall(ledger, `account-${account}`, windows, nowMs)
          if (waitMs === 0) takenAt.push(nowMs)
          else if (waitMs < minuteMs) nowMs += waitMs
        }
        for (const { windowMs, calls } of windows) {
          for (const at of takenAt) {
            expect(
              takenAt.filter((other) => other > at - windowMs && other <= at).length,
            ).toBeLessThanOrEqual(calls)
          }
        }
        expect(takenAt.length).toBeGreaterThanOrEqual(7)
      }),
      { numRuns: kind === 'sqlite' ? 40 : 8 },
    )
  })

  it('four processes at once share the windows of an account', async () => {
    const windows = [{ name: '10 seconds', windowMs: 10_000, calls: 50 }]
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => takeVendorCall(ledger, 'shared', windows, startMs)),
    )
    expect(answers.filter((waitMs) => waitMs === 0)).toHaveLength(50)
    expect(await takeVendorCall(ledger, 'another', windows, startMs)).toBe(0)
  })
})

describe('a destination that gathers', () => {
  it('gets waiting rows together when its time ends, or at once if a command waits', async () => {
    const ledger = await temporaryLedger()
    const sent: [DeliveredStream, number][] = []
    const clock = { nowMs: startMs }
    const destination: Destination = {
      streams: ['qr_codes', 'scans'],
      batch: { rows: 50, characters: 4_000_000 },
      gatherMs: 5 * minuteMs,
      check: () => Promise.resolve({ identity: 'memory', needs: [] }),
      plan: () => Promise.resolve([]),
      apply: () => Promise.resolve([]),
      identity: () => Promise.resolve('memory'),
      write: (stream, rows) => {
        sent.push([stream, rows.length])
        return atOnce(rows)
      },
      close: () => Promise.resolve(),
    }
    const deps = activityDeps({
      ledger,
      api: {} as never,
      destinations: new Map([['bi', destination]]),
      clock: { now: () => clock.nowMs, sleep: () => Promise.resolve() },
    })
    const run = async (isUrgent = false) => {
      sent.length = 0
      const slice = await deliver(deps, { destination: 'bi', isUrgent }, new AbortController().signal)
      return { sent: [...sent], isDone: slice.isDone, gatherUntilMs: slice.gatherUntilMs }
    }
    const land = (id: string) => landNewScans(ledger, [scanOf({ id, qr_code_id: 'code-0' })], clock.nowMs)

    await fillLedger(ledger, { codes: 2, scans: 60, nowMs: startMs })
    expect(await run(), 'at first nothing is waited for').toEqual({
      sent: [
        ['qr_codes', 2],
        ['scans', 50],
        ['scans', 10],
      ],
      isDone: true,
    })
    clock.nowMs += minuteMs
    await land('new-1')
    const until = startMs + 5 * minuteMs
    expect(await run()).toEqual({ sent: [], isDone: true, gatherUntilMs: until })
    clock.nowMs = until
    await land('new-2')
    expect(await run()).toEqual({ sent: [['scans', 2]], isDone: true })
    await land('new-3')
    expect(await run(true)).toEqual({ sent: [['scans', 1]], isDone: true })
    expect(await run(true), 'nothing is left').toEqual({ sent: [], isDone: true })
    await ledger.destroy()
  })
})

describe('a destination that fails sometimes', () => {
  it('ends a slice that settled rows without an error, so that its delays start again; a slice that settled none ends with the error', async () => {
    const ledger = await temporaryLedger()
    const failure = new ConnectorError('DESTINATION_UNAVAILABLE', 'Destination bi: down', {
      retry: 'backoff',
    })
    let calls = 0
    const destination: Destination = {
      streams: ['scans'],
      batch: { rows: 50, characters: 4_000_000 },
      gatherMs: 0,
      check: () => Promise.resolve({ identity: 'memory', needs: [] }),
      plan: () => Promise.resolve([]),
      apply: () => Promise.resolve([]),
      identity: () => Promise.resolve('memory'),
      async *write(_, rows) {
        calls += 1
        if (calls === 2 || calls === 3) throw failure
        yield* atOnce(rows)
      },
      close: () => Promise.resolve(),
    }
    const deps = activityDeps({ ledger, api: {} as never, destinations: new Map([['bi', destination]]) })
    const run = () => deliver(deps, { destination: 'bi' }, new AbortController().signal)
    await fillLedger(ledger, { codes: 2, scans: 70, nowMs: startMs })
    expect(await run()).toMatchObject({ delivered: 50, isDone: false })
    await expect(run()).rejects.toBe(failure)
    expect(await run()).toMatchObject({ delivered: 20, isDone: true })
    await ledger.destroy()
  })
})

describe('long rows', () => {
  it('are read few at a time, so that memory does not grow with their size', async () => {
    const ledger = await temporaryLedger()
    await fillLedger(ledger, { codes: 1, scans: 1, nowMs: startMs })
    const referrer = 'x'.repeat(1_000_000)
    for (let index = 0; index < 10; index++) {
      await landNewScans(ledger, [scanOf({ id: `long-${index}`, qr_code_id: 'code-0', referrer })], startMs)
    }
    const sizes: number[] = []
    const ids: string[] = []
    for (let isLast = false; !isLast;) {
      const pending = await readPendingRows(ledger, key, 5_000, startMs)
      const { rows, move } = pending
      sizes.push(rows.reduce((sum, { json }) => sum + json.length, 0))
      ids.push(...rows.map(({ id }) => id))
      await settleBatch(ledger, key, { ...pending, rejected: [], fingerprints: new Map() }, startMs)
      isLast = move.isLast
    }
    expect(new Set(ids).size).toBe(11)
    expect(ids).toHaveLength(11)
    expect(Math.max(...sizes)).toBeLessThan(4_100_000)
    await ledger.destroy()
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deliver } from '../../../activities/delivery/deliver.ts'
import type { Destination, Outcome } from '../../../src/destinations/destination.ts'
import { readDelivery } from '../../../src/ledger/deliveries/deliveries.ts'
import { countRejects, readRejects, requestReplay } from '../../../src/ledger/deliveries/rejects.ts'
import { resetDelivery } from '../../../src/ledger/deliveries/reset-delivery.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { readTarget } from '../../../src/ledger/deliveries/targets.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import type { DeliveredStream, LandedRow } from '../../../src/streams/streams.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { fillLedger, landCodes } from '../../support/ledger/filled-ledger.ts'
import { codeOf } from '../../support/ledger/landed-rows.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { operator } from '../../support/ledger/operator.ts'

const nowMs = Date.parse('2026-03-31T12:00:00Z')
const place = { connector: 'test', destination: 'bi' }
const scans = { ...place, stream: 'scans' } as const

const down = new ConnectorError('DESTINATION_UNAVAILABLE', 'Destination bi: down', { retry: 'backoff' })

/** A destination in memory; the test provides `write`. */
function destinationOf(
  stream: DeliveredStream,
  write: (rows: readonly LandedRow[]) => AsyncIterable<readonly Outcome[]>,
  more: Partial<Destination> = {},
): Destination {
  return {
    streams: [stream],
    batch: { rows: 10, characters: 4_000_000 },
    gatherMs: 0,
    check: () => Promise.resolve({ identity: 'memory', needs: [] }),
    plan: () => Promise.resolve([]),
    apply: () => Promise.resolve([]),
    identity: () => Promise.resolve('memory'),
    write: (_, rows) => write(rows),
    close: () => Promise.resolve(),
    ...more,
  }
}

const confirmed = ({ id }: LandedRow): Outcome => ({ id, is: 'confirmed' })

describe.each(ledgerKinds)('rows that are sent to a destination, on %s', (kind) => {
  let ledger: Ledger
  beforeEach(async () => {
    ledger = await temporaryLedger(kind)
  })
  afterEach(() => ledger.destroy())

  const run = (destination: Destination) =>
    deliver(
      activityDeps({ ledger, api: {} as never, destinations: new Map([['bi', destination]]) }),
      { destination: 'bi', isUrgent: true },
      new AbortController().signal,
    )
  const watermark = async () => (await readDelivery(ledger, scans))?.watermarkSeq

  it('are settled as outcomes arrive: a failure after 3 of 10 rows leaves 3 settled, and only the others are sent again', async () => {
    await fillLedger(ledger, { codes: 1, scans: 10, nowMs })
    const sent: number[][] = []
    let isDown = true
    const destination = destinationOf('scans', async function* (rows) {
      sent.push(rows.map(({ seq }) => seq))
      await Promise.resolve()
      if (!isDown) {
        yield rows.map(confirmed)
        return
      }
      isDown = false
      yield rows.slice(0, 2).map(confirmed)
      yield rows.slice(2, 3).map(({ id }) => ({ id, is: 'rejected', reason: 'no' }))
      throw down
    })
    expect(await run(destination)).toMatchObject({ delivered: 2, rejected: 1 })
    expect(await watermark()).toBe(3)
    expect(await countRejects(ledger, place)).toBe(1)
    expect(await run(destination)).toMatchObject({ delivered: 7, rejected: 0, isDone: true })
    expect(sent).toEqual([
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      [4, 5, 6, 7, 8, 9, 10],
    ])
  })

  it('never let the watermark pass a row without an outcome, in whatever order outcomes arrive', async () => {
    await fillLedger(ledger, { codes: 1, scans: 10, nowMs })
    const destination = destinationOf('scans', async function* (rows) {
      await Promise.resolve()
      yield rows.slice(5).map(confirmed)
      yield rows.slice(1, 3).map(confirmed)
      throw down
    })
    expect(await run(destination)).toMatchObject({ delivered: 7 })
    expect(await watermark()).toBe(0)
  })

  it('never let the watermark pass a row without an outcome if an id appears twice', async () => {
    await fillLedger(ledger, { codes: 1, scans: 5, nowMs })
    const [first] = await ledger.selectFrom('scans').selectAll().where('seq', '=', 1).execute()
    await ledger
      .updateTable('scans')
      .set({ id: first?.id ?? '' })
      .where('seq', '=', 4)
      .execute()
    const sent: number[] = []
    let isDown = true
    const destination = destinationOf('scans', async function* (rows) {
      await Promise.resolve()
      const latest = rows.filter(({ id, seq }) => id !== first?.id || seq === 4)
      const [second, ...others] = latest
      if (second === undefined) return
      const taken = isDown ? [second] : [second, ...others]
      sent.push(...taken.map(({ seq }) => seq))
      yield taken.map(confirmed)
      if (!isDown) return
      isDown = false
      throw down
    })
    await run(destination)
    expect(await watermark()).toBe(2)
    expect(await run(destination)).toMatchObject({ isDone: true })
    expect(sent.toSorted()).toEqual([2, 3, 4, 5])
  })

  it.each([
    ['no outcome of the last row', (rows: readonly LandedRow[]) => rows.slice(0, -1).map(confirmed)],
    ['no outcome at all', () => []],
    ['two of one row', (rows: readonly LandedRow[]) => [...rows, ...rows.slice(-1)].map(confirmed)],
    [
      'one of a row that was not sent',
      (rows: readonly LandedRow[]) => [...rows.map(confirmed), { id: 'x', is: 'confirmed' } as const],
    ],
  ])('each need an outcome: %s', async (_, outcomes) => {
    await fillLedger(ledger, { codes: 1, scans: 10, nowMs })
    const destination = destinationOf('scans', async function* (rows) {
      yield await Promise.resolve(outcomes(rows))
    })
    const end = await run(destination).then(
      ({ failures }) => failures?.[0]?.message,
      (error: unknown) => String(error),
    )
    expect(end).toMatch(/must account for every row/)
    expect((await watermark()) ?? 0).toBeLessThan(10)
  })

  it('include the refused row, and nothing else, in a replay of summaries', async () => {
    const sent: string[] = []
    let isRefused = true
    const destination = destinationOf(
      'code_summaries',
      async function* (rows) {
        sent.push(...rows.map(({ id }) => id))
        yield await Promise.resolve(
          rows.map((row): Outcome =>
            isRefused && row.id === 'code-2' ? { id: row.id, is: 'rejected', reason: 'no' } : confirmed(row),
          ),
        )
      },
      { fingerprints: { of: (_, row) => row.json } },
    )
    await landCodes(ledger, [1, 2, 3].map(codeOf), nowMs)
    await run(destination)
    expect(sent.splice(0)).toEqual(['code-1', 'code-2', 'code-3'])
    isRefused = false
    await run(destination)
    expect(sent.splice(0), 'nobody has asked for it').toEqual([])
    await requestReplay(ledger, place, operator)
    expect(await run(destination)).toMatchObject({ delivered: 1 })
    expect(sent).toEqual(['code-2'])
    expect(await readRejects(ledger, place, 10)).toEqual([])
  })

  it('go to a new account from the first row; the first account is recorded without that', async () => {
    await fillLedger(ledger, { codes: 1, scans: 10, nowMs })
    let identity = 'account 1'
    let sent = 0
    const destination = destinationOf(
      'scans',
      async function* (rows) {
        sent += rows.length
        yield await Promise.resolve(rows.map(confirmed))
      },
      { identity: () => Promise.resolve(identity) },
    )
    await run(destination)
    expect(sent).toBe(10)
    // An older version stored none.
    await ledger.deleteFrom('destination_targets').execute()
    await run(destination)
    expect(sent, 'adopted').toBe(10)
    identity = 'account 2'
    expect(await run(destination)).toMatchObject({ delivered: 10 })
    expect(sent).toBe(20)
    expect(await readTarget(ledger, place)).toMatchObject({ identity: 'account 2', before: 'account 1' })
    await run(destination)
    expect(sent).toBe(20)
    await resetDelivery(ledger, { ...place, resend: false }, operator)
  })

  it('are not sent from the first row because the account cannot be identified', async () => {
    await fillLedger(ledger, { codes: 1, scans: 10, nowMs })
    let sent = 0
    const destination = destinationOf(
      'scans',
      async function* (rows) {
        sent += rows.length
        yield await Promise.resolve(rows.map(confirmed))
      },
      { identity: () => Promise.resolve('account 1') },
    )
    await run(destination)
    await run({ ...destination, identity: () => Promise.reject(down) })
    await run(destination)
    expect(sent).toBe(10)
  })
})

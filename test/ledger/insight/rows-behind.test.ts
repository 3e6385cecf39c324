import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readDestination } from '../../../src/insight/read-destinations.ts'
import { readStreamStandings } from '../../../src/insight/report/read-stream-standings.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { requestReplay } from '../../../src/ledger/deliveries/rejects.ts'
import { resetDelivery } from '../../../src/ledger/deliveries/reset-delivery.ts'
import { settleBatch } from '../../../src/ledger/deliveries/settle-batch.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { isSummary, streamNames, type DeliveredStream } from '../../../src/streams/streams.ts'
import { readVitals } from '../../../src/observability/vitals.ts'
import { landCodes, landNewScans } from '../../support/ledger/filled-ledger.ts'
import { codeOf, scanOf } from '../../support/ledger/landed-rows.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import {
  connector,
  destination,
  hourMs,
  minuteMs,
  startMs,
  takeAll,
  watchedIn,
} from '../../support/ledger/vitals-world.ts'
import { operator } from '../../support/ledger/operator.ts'

/** The streams of each kind of destination. */
const kinds: Record<string, readonly DeliveredStream[]> = {
  'a warehouse': streamNames,
  'HubSpot with a record a code': ['code_summaries'],
  'HubSpot with records of scans, too': ['code_summaries', 'scans'],
  'HubSpot with linked records': ['code_summaries', 'link_summaries', 'link_codes'],
}

describe.each(ledgerKinds)('on %s', (kind) => {
  let ledger: Ledger
  beforeEach(async () => {
    ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 1_000 })
  })
  afterEach(() => ledger.destroy())

  /** The numbers of `status`, the report and the metrics. */
  async function told(streams: readonly DeliveredStream[]): Promise<number[]> {
    const state = await readConnector(ledger, connector)
    const status = await readDestination(ledger, connector, destination, streams)
    const standings = await readStreamStandings(ledger, state, destination, streams)
    const destinations = new Map([[destination, { streams, gatherMs: 0 }]])
    const { backlogs } = await readVitals(ledger, [watchedIn(ledger, { destinations })], startMs)
    return [
      status.rowsBehind,
      standings.reduce((sum, { rowsBehind }) => sum + rowsBehind, 0),
      backlogs[0]?.rowsBehind ?? NaN,
    ]
  }
  const everywhere = (rows: number) => [rows, rows, rows]

  const takeStreams = async (streams: readonly DeliveredStream[], nowMs: number) => {
    for (const stream of streams) await takeAll(ledger, stream, nowMs)
  }
  const scanAt = (id: string, code: number, landedMs: number) =>
    landNewScans(ledger, [scanOf({ id, qr_code_id: `code-${code}` })], landedMs)

  it.each(Object.entries(kinds))('%s: every reader gets the same number', async (_, streams) => {
    const summaries = streams.filter((stream) => isSummary(stream)).length
    const codes = summaries + (streams.includes('qr_codes') ? 1 : 0)
    const scans = streams.includes('scans') ? 1 : 0
    expect(await told(streams)).toEqual(everywhere(0))

    await landCodes(ledger, [codeOf(1), codeOf(2), codeOf(3)], startMs)
    await scanAt('a', 1, startMs)
    expect(await told(streams)).toEqual(everywhere(3 * codes + scans))

    await takeStreams(streams, startMs + minuteMs)
    expect(await told(streams)).toEqual(everywhere(0))

    // Two scans of one code, and one that comes again.
    await scanAt('b', 2, startMs + hourMs)
    await scanAt('c', 2, startMs + hourMs)
    await scanAt('a', 1, startMs + hourMs)
    expect(await told(streams)).toEqual(everywhere(summaries + 2 * scans))

    await landCodes(ledger, [{ ...codeOf(3), name: 'Other' }], startMs + 2 * hourMs)
    expect(await told(streams)).toEqual(everywhere(2 * summaries + (codes - summaries) + 2 * scans))

    await resetDelivery(ledger, { connector, destination, resend: false }, operator)
    expect(await told(streams)).toEqual(everywhere(3 * codes + 3 * scans))
  })

  it('a watermark that is followed only by known rows leaves nothing behind', async () => {
    await landCodes(ledger, [codeOf(1)], startMs)
    await scanAt('a', 1, startMs)
    const streams: DeliveredStream[] = ['scans', 'code_summaries']
    await takeStreams(streams, startMs + minuteMs)
    await scanAt('a', 1, startMs + hourMs)
    expect(await told(streams)).toEqual(everywhere(0))
  })

  it('a code that changes during a pass is behind after it', async () => {
    await landCodes(ledger, [codeOf(1), codeOf(2)], startMs)
    const { qr_codes_seq: upToSeq } = await readConnector(ledger, connector)
    await scanAt('a', 2, startMs + minuteMs)
    const move = { fromSeq: 0, upToSeq, isLast: true, readAtMs: startMs + 1_000 }
    const batch = { resets: 0, rows: [], rejected: [], fingerprints: new Map<string, string>(), move }
    const key = { connector, destination, stream: 'code_summaries' } as const
    await settleBatch(ledger, key, batch, startMs + 2 * minuteMs)
    expect(await told(['code_summaries'])).toEqual(everywhere(1))
    const standing = await readDestination(ledger, connector, destination, ['code_summaries'])
    expect(standing.completeAtMs).toBe(startMs + 1_000)
  })

  it('a replay of summaries compares every record again', async () => {
    await landCodes(ledger, [codeOf(1), codeOf(2)], startMs)
    await takeAll(ledger, 'code_summaries', startMs + minuteMs, ['code-2'])
    expect(await told(['code_summaries'])).toEqual(everywhere(0))
    await requestReplay(ledger, { connector }, operator)
    expect(await told(['code_summaries'])).toEqual(everywhere(2))
  })

  it('beyond 10,000 rows it is counted by position, and every reader still gets the same number', async () => {
    await landCodes(ledger, [codeOf(1), codeOf(2)], startMs)
    await takeAll(ledger, 'code_summaries', startMs + minuteMs)
    await ledger.updateTable('positions').set({ scans_seq: 10_002 }).execute()
    expect(await told(['scans'])).toEqual(everywhere(10_002))
    // More rows than that have changed, and any code may be among them.
    expect(await told(['code_summaries'])).toEqual(everywhere(2))
  })
})

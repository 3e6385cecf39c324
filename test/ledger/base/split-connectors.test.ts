import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { openRecorded, rowsOf, unpack } from './recorded/open-recorded.ts'
import { goOn, liveUntilStopped, type Continuation } from './recorded/recorded-life.ts'

const recorded = join(import.meta.dirname, 'recorded')
const { nowMs, next } = JSON.parse(readFileSync(join(recorded, 'ledger-14.json'), 'utf8')) as {
  nowMs: number
  next: Continuation
}

/** A ledger that the previous version has filled, in the middle of its work, opened by this version. */
describe.each(ledgerKinds)('a ledger with one table for all of a connector, on %s', (kind) => {
  let folder: string
  let file: string
  let before: Record<string, unknown>[]
  let opened: AsyncDisposableStack
  let ledger: Ledger

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'qrsync-recorded-'))
    file = join(folder, 'ledger.sqlite')
    unpack('ledger-14.sqlite', file)
    before = rowsOf(file, 'connectors')
    opened = new AsyncDisposableStack()
    ledger = await openRecorded({ kind, file, last: '0014-history-calls' }, opened)
    opened.defer(() => ledger.destroy())
  })

  afterEach(async () => {
    await opened.disposeAsync()
    rmSync(folder, { recursive: true })
  })

  it('keeps every value', async () => {
    expect(before.map(({ connector }) => connector)).toEqual(['test', 'held'])
    for (const values of before) {
      expect(Object.keys(values).length).toBeGreaterThan(40)
      // A later version builds the rollups again.
      const expected = { ...values, rolled_up_seq: 0 }
      expect(await readConnector(ledger, values['connector'] as string)).toEqual(expected)
    }
  })

  it('fetches nothing again: its next calls are those that the previous version would have made', async () => {
    const { api } = await liveUntilStopped(await temporaryLedger())
    const collecting = await ledger.selectFrom('qr_codes').select('id').where('cursor_page', '>', 1).execute()
    expect(collecting.length).toBeGreaterThan(3)
    expect(inOrder(await goOn(ledger, api, nowMs))).toEqual(inOrder(next))
  })
})

/** Parallel calls have no order. */
function inOrder({ calls, ...continuation }: Continuation) {
  return { ...continuation, calls: calls.map((call) => JSON.stringify(call)).toSorted() }
}

import { expect, test } from 'vitest'
import type { Destination } from '../../../src/destinations/destination.ts'
import { eraseCode } from '../../../src/ledger/erasure/erase-code.ts'
import { noteErased, readOpenErasures } from '../../../src/ledger/erasure/erasures.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { operator } from '../ledger/operator.ts'
import type { DestinationUnderTest } from './destination-under-test.ts'

const connector = 'test'
const erased = 'code-0'

/** A ledger with scans of some codes, whose delivery is tested. */
export interface ErasureWorld {
  ledger: Ledger
  destination: Destination
  /** Delivers everything to this destination, or through what stands before it. */
  deliverAll: (through?: Destination) => Promise<unknown>
  /** The destination, which writes in another way. */
  writingBy: (write: Destination['write']) => Destination
  isAllDelivered: () => Promise<boolean>
}

/** What becomes of a code that is erased, and of all others. */
export function erasureConformance(tested: DestinationUnderTest, world: () => ErasureWorld): void {
  async function keptOf(stream: 'scans' | 'qr_codes' | 'code_summaries'): Promise<string[]> {
    await world().destination.close()
    if (!tested.streams.includes(stream)) return []
    return (await tested.readBack(stream)).map(({ id }) => id).toSorted()
  }

  async function scanIdsOf(ledger: Ledger, isErased: boolean): Promise<string[]> {
    const rows = await ledger
      .selectFrom('scans')
      .select('id')
      .where('qr_code_id', isErased ? '=' : '!=', erased)
      .execute()
    return rows.map(({ id }) => id).toSorted()
  }

  const erase = (ledger: Ledger) =>
    eraseCode(ledger, { connector, qrCodeId: erased, destinations: ['tested'] }, operator, Date.now())

  test('an erased code is gone, everything else stays, and nothing is delivered twice', async () => {
    const { ledger, destination, deliverAll, isAllDelivered } = world()
    await deliverAll()
    const others = await scanIdsOf(ledger, false)
    expect((await scanIdsOf(ledger, true)).length).toBeGreaterThan(0)
    await erase(ledger)
    expect(await readOpenErasures(ledger, connector, new Set(['tested']))).toEqual([
      { destination: 'tested', qr_code_id: erased, problem: null },
    ])
    // The next delivery does it, wherever it runs.
    await deliverAll()
    expect(await readOpenErasures(ledger, connector, new Set(['tested']))).toEqual([])
    expect(await keptOf('scans')).toEqual(others)
    for (const stream of ['qr_codes', 'code_summaries'] as const) {
      expect(await keptOf(stream)).not.toContain(erased)
    }
    expect(await isAllDelivered()).toBe(true)
    await destination.erasure?.eraseCodes([erased])
    expect(await keptOf('scans'), 'erasing again erases nothing else').toEqual(others)
  })

  test('a batch that was under way during an erasure has its rows back there only until the second erasure', async () => {
    const { ledger, destination, deliverAll, writingBy, isAllDelivered } = world()
    const others = await scanIdsOf(ledger, false)
    let isErased = false
    const late = writingBy(async function* (stream, rows) {
      if (stream === 'scans' && !isErased) {
        isErased = true
        await erase(ledger)
        await destination.erasure?.eraseCodes([erased])
        await noteErased(ledger, { connector, destination: 'tested' }, [erased], Date.now())
      }
      yield* destination.write(stream, rows)
    })
    await deliverAll(late)
    expect((await keptOf('scans')).length, 'the batch came after the erasure').toBeGreaterThan(others.length)
    await deliverAll()
    await ledger.updateTable('erasures').set({ erased_at_ms: 0, due_at_ms: 0 }).execute()
    await deliverAll()
    expect(await keptOf('scans')).toEqual(others)
    expect(await ledger.selectFrom('erasures').selectAll().execute(), 'nothing is left to erase').toEqual([])
    expect(await isAllDelivered()).toBe(true)
  })

  test('an erasure stays open while the place that has the rows is away, and is done when it is back', async () => {
    const { ledger, destination, deliverAll } = world()
    await deliverAll()
    expect(await destination.erasure?.eraseCodes(['no-such-code'])).toBe(await destination.identity())
    await erase(ledger)
    await destination.close()
    const open = () => readOpenErasures(ledger, connector, new Set(['tested']))

    const elsewhere = await tested.make()
    await expect(elsewhere.erasure?.eraseCodes([erased])).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
    })
    expect(await elsewhere.plan(), 'nothing was created').not.toEqual([])
    await deliverAll(elsewhere)
    await ledger.updateTable('erasures').set({ due_at_ms: 0 }).execute()
    await deliverAll(elsewhere)
    expect(await open()).toMatchObject([
      { qr_code_id: erased, problem: expect.stringContaining('may still have it') as string },
    ])
    await elsewhere.close()

    await deliverAll(destination)
    expect(await open()).toEqual([])
    const left = await destination.counts?.countScans([erased])
    expect(left?.get(erased) ?? 0).toBe(0)
  })

  const { dropTable } = tested
  if (dropTable !== undefined) {
    test.runIf(tested.dropTable !== undefined)(
      'a missing table keeps the code only in that table',
      async () => {
        const { ledger, destination, deliverAll } = world()
        await deliverAll()
        const others = await scanIdsOf(ledger, false)
        await destination.close()
        await dropTable('analytics_daily')
        await expect(destination.erasure?.eraseCodes([erased])).rejects.toMatchObject({
          code: 'DESTINATION_UNAVAILABLE',
          message: expect.stringMatching(/table \S*analytics_daily\S* .*is missing/) as string,
        })
        expect(await keptOf('scans')).toEqual(others)
        expect(await keptOf('code_summaries')).not.toContain(erased)
      },
    )
  }

  test('a destination that is down erases when it is back, and says why until then', async () => {
    const { ledger, destination, deliverAll } = world()
    await deliverAll()
    const others = await scanIdsOf(ledger, false)
    await erase(ledger)
    await destination.close()
    const endOutage = await tested.beginOutage()
    const failed = await destination.erasure?.eraseCodes([erased]).then(
      () => null,
      (error: unknown) => error,
    )
    expect(failed).toMatchObject({
      code: expect.stringMatching(/^DESTINATION_(UNAVAILABLE|BUSY)$/) as string,
    })
    await endOutage()
    await deliverAll()
    expect(await readOpenErasures(ledger, connector, new Set(['tested']))).toEqual([])
    expect(await keptOf('scans')).toEqual(others)
  })
}
